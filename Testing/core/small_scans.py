"""Small chest-like scans and the files that hold them, for the tests of everything that reads."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

from SyntheticCECTLib.core.errors import InputRefused
from SyntheticCECTLib.core.scan import Scan, read_scan

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
"""Real scans, where a checkout has them beside it."""


def chest(shape: tuple[int, int, int] = (12, 20, 24), seed: int = 0) -> np.ndarray:
    """int16 HU (K, J, I): air around a body with two lungs; no two voxels' neighbourhoods alike."""
    k, j, i = (np.linspace(-1, 1, size) for size in shape)
    body = (j[:, None] ** 2 + i[None, :] ** 2 < 0.9)[None] & (k[:, None, None] < 2)
    lungs = (((np.abs(i) - 0.45) / 0.3)[None, :] ** 2 + (j / 0.5)[:, None] ** 2 < 1)[None] & body
    hu = np.where(lungs, -850, np.where(body, 40, -1000))
    noise = np.random.default_rng(seed).integers(-20, 20, shape)
    return np.maximum(hu + noise + (k * 10).astype(int)[:, None, None], -1020).astype(np.int16)


def image_of(
    array_kji: np.ndarray,
    spacing: tuple[float, float, float] = (0.8, 0.9, 3.0),
    origin: tuple[float, float, float] = (-12.5, 30.25, -101.0),
    direction: tuple[float, ...] = (1, 0, 0, 0, 1, 0, 0, 0, 1),
) -> sitk.Image:
    image = sitk.GetImageFromArray(array_kji)
    image.SetSpacing(spacing)
    image.SetOrigin(origin)
    image.SetDirection(direction)
    return image


def oblique() -> tuple[float, ...]:
    """A direction matrix turned about all three axes, by less than 45 degrees."""
    turn = sitk.Euler3DTransform()
    turn.SetRotation(0.2, -0.3, 0.15)
    return turn.GetMatrix()


def same_geometry(one: sitk.Image, other: sitk.Image, tolerance: float = 1e-5) -> bool:
    return one.GetSize() == other.GetSize() and all(
        np.allclose(getattr(one, get)(), getattr(other, get)(), atol=tolerance)
        for get in ("GetSpacing", "GetOrigin", "GetDirection")
    )


def write_series(
    folder: Path, array_kji: np.ndarray, name: str = "slice", /, **changes: object
) -> list[Path]:
    """Writes a CT series of one file a slice; ``changes`` set header elements, None deletes one.

    An element given as a function gets the slice's index. ``SpacingMm`` (row, column, slice) and
    ``Step`` (the vector from slice to slice) change the geometry.
    """
    folder.mkdir(parents=True, exist_ok=True)
    row_mm, column_mm, slice_mm = changes.pop("SpacingMm", (0.9, 0.8, 3.0))  # type: ignore[misc]
    step = np.array(changes.pop("Step", (0.0, 0.0, slice_mm)), dtype=float)
    common = {"SeriesInstanceUID": generate_uid(), "StudyInstanceUID": generate_uid()}
    paths = []
    for index, plane in enumerate(array_kji):
        one = Dataset()
        one.SOPClassUID, one.SOPInstanceUID = CTImageStorage, generate_uid()
        one.PatientName, one.PatientID = "Doe^Jane", "ID-4711"
        one.Modality, one.ImageType = "CT", ["ORIGINAL", "PRIMARY", "AXIAL"]
        one.SeriesNumber, one.SeriesDescription, one.KVP = 3, "thorax 3mm", 120
        one.InstanceNumber = index + 1
        one.SliceThickness, one.PixelSpacing = slice_mm, [row_mm, column_mm]
        one.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
        one.ImagePositionPatient = [
            round(float(x), 6) for x in np.array([-12.5, 30.25, -101.0]) + index * step
        ]
        one.Rows, one.Columns = plane.shape
        one.SamplesPerPixel, one.PhotometricInterpretation = 1, "MONOCHROME2"
        one.BitsAllocated, one.BitsStored, one.HighBit, one.PixelRepresentation = 16, 16, 15, 1
        one.RescaleSlope, one.RescaleIntercept = 1, -1024
        one.PixelData = (plane.astype(np.int32) + 1024).astype("<i2").tobytes()
        for key, value in {**common, **changes}.items():
            value = value(index) if callable(value) else value
            if value is None:
                delattr(one, key)
            else:
                setattr(one, key, value)
        paths.append(folder / f"{name}{index:03d}.dcm")
        save(one, paths[-1])
    return paths


def save(dataset: Dataset, path: Path) -> None:
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    pydicom.dcmwrite(path, dataset, enforce_file_format=True)


def pack_jpeg(path: Path, compressor: str = "JPEG2000") -> None:
    """Compresses the pixels of a CT slice without loss, as GDCM does it."""
    writer = sitk.ImageFileWriter()
    writer.SetImageIO("GDCMImageIO")
    writer.SetFileName(str(path.with_suffix(".packed")))
    writer.UseCompressionOn()
    writer.SetCompressor(compressor)
    one = pydicom.dcmread(path)
    writer.Execute(sitk.GetImageFromArray(one.pixel_array))
    packed = pydicom.dcmread(path.with_suffix(".packed"))
    path.with_suffix(".packed").unlink()
    assert packed.file_meta.TransferSyntaxUID.is_compressed
    for name in ("PixelData", "BitsStored", "HighBit", "PixelRepresentation"):
        setattr(one, name, getattr(packed, name))
    one["PixelData"].is_undefined_length = True
    one.file_meta.TransferSyntaxUID = packed.file_meta.TransferSyntaxUID
    one.save_as(path)


def refusal_of(path: Path, series: str | None = None) -> InputRefused:
    """Why a scan is not read: one line, and what to do."""
    with pytest.raises(InputRefused) as refusal:
        read_scan(path, series)
    assert "\n" not in str(refusal.value) and refusal.value.remedy
    return refusal.value


def values(scan: Scan) -> np.ndarray:
    return sitk.GetArrayFromImage(scan.image)


def notices(scan: Scan) -> dict[str, str]:
    """Messages by code."""
    return {notice.code: notice.message for notice in scan.notices}
