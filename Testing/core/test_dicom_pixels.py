"""DICOM pixels come in as HU, however they are packed, or are refused."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import RLELossless

from SyntheticCECTLib.core.scan import read_scan
from Testing.core.small_scans import (
    chest,
    image_of,
    notices,
    pack_jpeg,
    refusal_of,
    same_geometry,
    save,
    values,
    write_series,
)


@pytest.mark.parametrize(
    "gone", [["RescaleSlope"], ["RescaleIntercept"], ["RescaleSlope", "RescaleIntercept"]]
)
def test_a_missing_rescale_is_refused(tmp_path: Path, gone: list[str]) -> None:
    write_series(tmp_path, chest(), **dict.fromkeys(gone))
    assert refusal_of(tmp_path).code == "no_rescale"


def test_values_that_are_not_hu_by_the_header_are_refused(tmp_path: Path) -> None:
    write_series(tmp_path, chest(), RescaleType="MGML")
    assert refusal_of(tmp_path).code == "not_hu"


def test_a_slice_with_another_rescale_is_named(tmp_path: Path) -> None:
    write_series(tmp_path, chest(), RescaleIntercept=lambda index: -1000 if index == 4 else -1024)
    assert "rescale_varies" in notices(read_scan(tmp_path))


@pytest.mark.parametrize("padding", [-2000, 63536, 3000])
def test_pixel_padding_becomes_air(tmp_path: Path, padding: int) -> None:
    stored = padding - 65536 if padding > 32767 else padding
    array = chest().astype(np.int32)
    array[:, :2, :] = array[:, -2:, :] = stored - 1024
    write_series(tmp_path, array, **({"PixelPaddingValue": padding} if padding < 32768 else {}))
    if padding > 32767:  # as scanners write it: the signed value with an unsigned tag type
        for path in tmp_path.iterdir():
            one = pydicom.dcmread(path)
            one.add_new("PixelPaddingValue", "US", padding)
            save(one, path)
    scan = read_scan(tmp_path)
    assert (values(scan)[:, :2] == -1024).all()
    assert np.array_equal(values(scan)[:, 2:-2], chest()[:, 2:-2])
    assert ("padding_replaced" in notices(scan)) is (stored < 0)


def test_padding_that_is_also_tissue_is_left_alone(tmp_path: Path) -> None:
    write_series(tmp_path, chest(), PixelPaddingValue=1024 + 40)
    assert np.array_equal(values(read_scan(tmp_path)), chest())


def test_colour_is_refused(tmp_path: Path) -> None:
    write_series(tmp_path, chest(), SamplesPerPixel=3, PhotometricInterpretation="RGB", PlanarConfiguration=0)
    assert refusal_of(tmp_path).code == "not_scalar"


@pytest.mark.parametrize("missing", [1, 50, 900])
def test_a_truncated_slice_is_refused(tmp_path: Path, missing: int) -> None:
    paths = write_series(tmp_path, chest())
    paths[6].write_bytes(paths[6].read_bytes()[:-missing])
    assert refusal_of(tmp_path).code in ("truncated_file", "missing_slices")


def test_slices_whose_pixels_were_moved_by_stray_bytes_are_refused(tmp_path: Path) -> None:
    paths = write_series(tmp_path, chest())
    data = paths[6].read_bytes()
    paths[6].write_bytes(data[:-500] + b"odd" + data[-500:])
    assert refusal_of(tmp_path).code == "truncated_file"
    paths[6].write_bytes(data + bytes(10))  # padding behind the pixels does no harm
    assert np.array_equal(values(read_scan(tmp_path)), chest())


def test_run_length_encoding_is_read(tmp_path: Path) -> None:
    for path in write_series(tmp_path, chest()):
        one = pydicom.dcmread(path)
        one.compress(RLELossless)
        one.save_as(path)
    assert np.array_equal(values(read_scan(tmp_path)), chest())


@pytest.mark.parametrize("compressor", ["JPEG", "JPEG2000"])
def test_jpeg_compression_is_read_by_gdcm(tmp_path: Path, compressor: str) -> None:
    for path in write_series(tmp_path, chest()):
        pack_jpeg(path, compressor)
    assert np.array_equal(values(read_scan(tmp_path)), chest())


def test_a_multi_frame_file_is_read(tmp_path: Path) -> None:
    one = pydicom.dcmread(write_series(tmp_path / "single", chest())[0])
    shutil.rmtree(tmp_path / "single")
    measures, orientation, transform = Dataset(), Dataset(), Dataset()
    measures.PixelSpacing, measures.SliceThickness = one.PixelSpacing, one.SliceThickness
    orientation.ImageOrientationPatient = one.ImageOrientationPatient
    transform.RescaleSlope, transform.RescaleIntercept, transform.RescaleType = 1, -1024, "HU"
    shared = Dataset()
    shared.PixelMeasuresSequence, shared.PlaneOrientationSequence = [measures], [orientation]
    shared.PixelValueTransformationSequence = [transform]
    frames = []
    for index in range(12):
        position, frame = Dataset(), Dataset()
        position.ImagePositionPatient = [-12.5, 30.25, -101.0 + 3 * index]
        frame.PlanePositionSequence = [position]
        frames.append(frame)
    for name in (
        "PixelSpacing",
        "ImageOrientationPatient",
        "ImagePositionPatient",
        "RescaleSlope",
        "RescaleIntercept",
    ):
        delattr(one, name)
    one.SOPClassUID = "1.2.840.10008.5.1.4.1.1.2.1"
    one.SharedFunctionalGroupsSequence, one.PerFrameFunctionalGroupsSequence = [shared], frames
    one.NumberOfFrames = 12
    one.PixelData = (chest().astype(np.int32) + 1024).astype("<i2").tobytes()
    save(one, tmp_path / "enhanced.dcm")
    scan = read_scan(tmp_path / "enhanced.dcm")
    assert np.array_equal(values(scan), chest())
    assert same_geometry(scan.image, image_of(chest()))
