"""Every volume format comes in as HU on its own grid, or is refused with a reason."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from SyntheticCECTLib.core.formats import pixel_bytes
from SyntheticCECTLib.core.scan import read_scan
from Testing.core.small_scans import (
    DATA,
    chest,
    image_of,
    notices,
    oblique,
    refusal_of,
    same_geometry,
    values,
)

NAMES = ["a.nrrd", "a.nhdr", "a.nii", "a.nii.gz", "a.mha", "a.mhd"]
MIRRORED = (1, 0, 0, 0, -1, 0, 0, 0, 1)


@pytest.mark.parametrize("compressed", [False, True], ids=["raw", "compressed"])
@pytest.mark.parametrize("direction", [MIRRORED, oblique(), (0, 0, 1, 1, 0, 0, 0, 1, 0)])
@pytest.mark.parametrize("name", NAMES)
def test_every_format_is_read_as_simpleitk_reads_it(
    tmp_path: Path, name: str, direction: tuple[float, ...], compressed: bool
) -> None:
    path = tmp_path / name
    sitk.WriteImage(image_of(chest(), direction=direction), str(path), useCompression=compressed)
    scan = read_scan(path)
    expected = sitk.ReadImage(str(path))
    assert same_geometry(scan.image, expected, 1e-4)
    assert scan.image.GetPixelID() == sitk.sitkFloat32
    assert np.array_equal(values(scan), np.maximum(sitk.GetArrayFromImage(expected), -1024))


@pytest.mark.parametrize(
    "kind", [sitk.sitkInt16, sitk.sitkInt32, sitk.sitkInt64, sitk.sitkFloat32, sitk.sitkFloat64]
)
@pytest.mark.parametrize("name", ["a.nrrd", "a.nii.gz", "a.mha"])
def test_integers_and_floats_of_any_width_give_the_same_scan(tmp_path: Path, name: str, kind: int) -> None:
    sitk.WriteImage(sitk.Cast(image_of(chest()), kind), str(tmp_path / name))
    assert np.array_equal(values(read_scan(tmp_path / name)), chest())


def test_the_hash_is_that_of_the_file(tmp_path: Path) -> None:
    sitk.WriteImage(image_of(chest()), str(tmp_path / "a.nrrd"))
    assert (
        read_scan(tmp_path / "a.nrrd").sha256
        == hashlib.sha256((tmp_path / "a.nrrd").read_bytes()).hexdigest()
    )


def test_the_hash_of_a_header_includes_its_data_file(tmp_path: Path) -> None:
    sitk.WriteImage(image_of(chest()), str(tmp_path / "a.mhd"))
    whole = (tmp_path / "a.mhd").read_bytes() + (tmp_path / "a.raw").read_bytes()
    assert read_scan(tmp_path / "a.mhd").sha256 == hashlib.sha256(whole).hexdigest()


def test_the_description_names_grid_and_format_but_not_the_file(tmp_path: Path) -> None:
    sitk.WriteImage(image_of(chest()), str(tmp_path / "jane_doe.nrrd"))
    assert (
        read_scan(tmp_path / "jane_doe.nrrd").description
        == "NRRD, 24 x 20 x 12 voxels of 0.800 x 0.900 x 3.000 mm"
    )


@pytest.mark.parametrize(("padding", "named"), [(-2048, True), (-3024, True), (-1030, False)])
def test_padding_becomes_air_and_is_named(tmp_path: Path, padding: int, named: bool) -> None:
    array = chest()
    array[:, 0, :] = padding
    sitk.WriteImage(image_of(array), str(tmp_path / "a.nrrd"))
    scan = read_scan(tmp_path / "a.nrrd")
    assert np.array_equal(values(scan), np.maximum(array, -1024))
    assert ("padding_replaced" in notices(scan)) is named
    if named:
        assert str(padding) in scan.notices[0].message


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("name", ["a.nrrd", "a.nii", "a.mha"])
def test_values_that_are_not_finite_are_refused(tmp_path: Path, name: str, bad: float) -> None:
    array = chest().astype(np.float32)
    array[3, 4, 5:8] = bad
    sitk.WriteImage(image_of(array), str(tmp_path / name))
    refusal = refusal_of(tmp_path / name)
    assert refusal.code == "not_finite"
    assert "3 of" in refusal.message


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (lambda hu: np.clip(hu + 200, 0, 255).astype(np.uint8), "8-bit"),
        (lambda hu: (hu + 1100).astype(np.uint16), "offset"),
        (lambda hu: (hu / 1000).astype(np.float32), "normalised"),
        (lambda hu: np.maximum(hu, -100), "air"),
        (lambda hu: np.full_like(hu, -1000), "soft tissue"),
        (lambda hu: np.zeros_like(hu), "8-bit"),
    ],
    ids=["8 bit", "no offset", "scaled", "no air", "only air", "all zero"],
)
def test_values_that_cannot_be_a_chest_ct_are_refused_with_the_likely_cause(
    tmp_path: Path, change, word: str
) -> None:
    sitk.WriteImage(image_of(change(chest())), str(tmp_path / "a.nrrd"))
    refusal = refusal_of(tmp_path / "a.nrrd")
    assert refusal.code == "not_hu"
    assert word in refusal.message


@pytest.mark.parametrize("name", ["a.nrrd", "a.nii.gz", "a.mha"])
def test_a_fourth_dimension_of_one_is_dropped(tmp_path: Path, name: str) -> None:
    sitk.WriteImage(sitk.JoinSeries(image_of(chest())), str(tmp_path / name))
    scan = read_scan(tmp_path / name)
    assert np.array_equal(values(scan), chest())
    assert same_geometry(scan.image, image_of(chest()), 1e-4)


@pytest.mark.parametrize("name", ["a.nrrd", "a.nii.gz", "a.mha"])
def test_several_volumes_colour_and_single_slices_are_refused(tmp_path: Path, name: str) -> None:
    path, image = tmp_path / name, image_of(chest())
    sitk.WriteImage(sitk.JoinSeries([image, image]), str(path))
    assert refusal_of(path).code == "several_volumes"
    grey = sitk.Cast(image, sitk.sitkUInt8)
    sitk.WriteImage(sitk.Compose(grey, grey, grey), str(path))
    assert refusal_of(path).code == "not_scalar"
    sitk.WriteImage(image[:, :, 3:4], str(path))
    assert refusal_of(path).code == "single_slice"
    sitk.WriteImage(image[:, :, 3], str(path))
    assert refusal_of(path).code == "single_slice"


@pytest.mark.parametrize("compressed", [False, True], ids=["raw", "compressed"])
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("missing", [1, 5, 700])
def test_a_truncated_file_is_refused(tmp_path: Path, name: str, compressed: bool, missing: int) -> None:
    path = tmp_path / name
    sitk.WriteImage(image_of(chest()), str(path), useCompression=compressed)
    largest = max(tmp_path.iterdir(), key=lambda file: file.stat().st_size)
    largest.write_bytes(largest.read_bytes()[:-missing])
    assert refusal_of(path).code == "truncated_file"


@pytest.mark.parametrize("name", ["a.nrrd", "a.nii", "a.mha"])
def test_more_voxels_than_the_header_promises_are_refused(tmp_path: Path, name: str) -> None:
    sitk.WriteImage(image_of(chest()), str(tmp_path / name))
    with (tmp_path / name).open("ab") as file:
        file.write(b"\1\2\3\4")
    assert refusal_of(tmp_path / name).code == "bad_header"


def test_a_damaged_compressed_stream_is_refused_by_its_checksum(tmp_path: Path) -> None:
    path = tmp_path / "a.nrrd"
    sitk.WriteImage(image_of(chest()), str(path), useCompression=True)
    data = bytearray(path.read_bytes())
    data[-6] ^= 0xFF  # inside the gzip trailer
    path.write_bytes(data)
    assert refusal_of(path).code == "truncated_file"


def test_a_decompression_bomb_is_stopped(tmp_path: Path) -> None:
    import zlib

    stream = zlib.compressobj(wbits=31)
    bomb = b"".join([stream.compress(bytes(1 << 20)) for _ in range(64)]) + stream.flush()
    assert len(pixel_bytes.inflate(bomb, 1000, "NRRD")) == 1001


def test_the_scale_of_a_nifti_header_is_applied(tmp_path: Path) -> None:
    path = tmp_path / "a.nii"
    sitk.WriteImage(image_of(chest() + 1024), str(path))
    data = bytearray(path.read_bytes())
    data[112:120] = np.array([1.0, -1024.0], "<f4").tobytes()
    path.write_bytes(data)
    assert np.array_equal(values(read_scan(path)), chest())


def test_what_is_no_scan_is_refused(tmp_path: Path) -> None:
    assert refusal_of(tmp_path / "absent.nrrd").code == "not_found"
    (tmp_path / "empty.nrrd").touch()
    assert refusal_of(tmp_path / "empty.nrrd").code == "empty_file"
    (tmp_path / "text.nrrd").write_text("hello " * 100)
    assert refusal_of(tmp_path / "text.nrrd").code == "unknown_format"
    (tmp_path / "none").mkdir()
    assert refusal_of(tmp_path / "none").code == "empty_folder"
    (tmp_path / "none" / "readme.txt").write_text("hello")
    assert refusal_of(tmp_path / "none").code == "no_scan"


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file_is_refused(tmp_path: Path) -> None:
    sitk.WriteImage(image_of(chest()), str(tmp_path / "a.nrrd"))
    (tmp_path / "a.nrrd").chmod(0)
    assert refusal_of(tmp_path / "a.nrrd").code == "unreadable"


def test_series_are_for_dicom_only(tmp_path: Path) -> None:
    sitk.WriteImage(image_of(chest()), str(tmp_path / "a.nrrd"))
    assert refusal_of(tmp_path / "a.nrrd", "3").code == "series_not_found"


@pytest.mark.skipif(not DATA.is_dir(), reason="needs the real scans in ../shared/data")
@pytest.mark.parametrize(
    "name", ["cptac_c3n00249_late/ct.nrrd", "lidc_0001_cta/ct.nrrd", "lungdx_a0002_native_thick/ct.nrrd"]
)
def test_real_scans_are_read_as_simpleitk_reads_them(name: str) -> None:
    scan, expected = read_scan(DATA / name), sitk.ReadImage(str(DATA / name))
    assert same_geometry(scan.image, expected, 1e-9)
    assert np.array_equal(values(scan), np.maximum(sitk.GetArrayViewFromImage(expected), -1024))
    assert scan.notices == ()
