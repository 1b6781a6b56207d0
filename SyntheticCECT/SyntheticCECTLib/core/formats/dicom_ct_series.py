"""Writes a synthetic CECT as a DICOM CT series that cannot pass for an acquired one.

CT Image Storage, because the values are HU and every viewer places it; Secondary Capture would lose HU and place, and
Enhanced CT would ask for acquisition parameters that a computed image does not have.

Format: DICOM PS3.3, A.3 CT Image IOD; codes of CID 7202 and 7203 (PS3.16).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom
import SimpleITK as sitk
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid
from pydicom.valuerep import format_number_as_ds

from ..version import RESEARCH_USE, VERSION
from .dicom_mark import PRODUCT, Maker, code, mark_synthetic
from .dicom_source import DicomSource

SERIES_NUMBER = 9001
"""High, so that a list of the study shows the acquired series first."""
WINDOW_HU = 200, 700


def write_ct_series(
    folder: Path,
    synthetic_cect: sitk.Image,
    maker: Maker,
    source: DicomSource | None,
    input_sha256: str,
    on_slice: Callable[[int, int], None] | None = None,
) -> list[Dataset]:
    """Writes one file a slice, ``synthetic_0001.dcm`` and so on.

    Args:
        folder: An existing, empty folder.
        synthetic_cect: HU; with a source on the grid of ``source.image``.
        maker: Model and time.
        source: The series that it was made from; ``None`` writes a research patient that nobody takes for a real one.
        input_sha256: Of the scan, names that patient.
        on_slice: Called with the number of slices written and their total.

    Returns:
        The headers, without pixels, in the order of the image's slices.
    """
    array = np.clip(np.rint(sitk.GetArrayViewFromImage(synthetic_cect)), -32768, 32767).astype("<i2")
    common = _common(synthetic_cect, maker, source, input_sha256)
    headers = []
    for k, plane in enumerate(array):
        one = Dataset()
        one.update(common)
        one.SOPInstanceUID, one.InstanceNumber = generate_uid(prefix=None), k + 1
        position = synthetic_cect.TransformIndexToPhysicalPoint((0, 0, k))
        one.ImagePositionPatient = [_decimal(coordinate) for coordinate in position]
        if source is not None:
            _refer(one, source, k)
        path = folder / f"synthetic_{k + 1:04d}.dcm"
        one.PixelData = plane.tobytes()
        _write(one, path)
        del one.PixelData
        headers.append(one)
        if on_slice is not None:
            on_slice(k + 1, len(array))
    return headers


def _common(image: sitk.Image, maker: Maker, source: DicomSource | None, input_sha256: str) -> Dataset:
    """What all slices of the series share."""
    one = source.patient_and_study() if source is not None else _research_patient(maker, input_sha256)
    for keyword in (
        "PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyDate", "StudyTime", "StudyID",
        "AccessionNumber", "ReferringPhysicianName", "PositionReferenceIndicator", "PatientPosition",
    ):  # fmt: skip
        if keyword not in one:
            setattr(one, keyword, "")
    if "FrameOfReferenceUID" not in one:
        one.FrameOfReferenceUID = generate_uid(prefix=None)
    direction = np.array(image.GetDirection()).reshape(3, 3)
    axial = abs(np.cross(direction[:, 0], direction[:, 1])[2]) > np.cos(np.radians(45))
    one.SOPClassUID, one.Modality = CTImageStorage, "CT"
    one.ImageType = ["DERIVED", "SECONDARY", "AXIAL" if axial else "OTHER"]
    one.SeriesInstanceUID, one.SeriesNumber = generate_uid(prefix=None), SERIES_NUMBER
    one.SeriesDescription = "SYNTHETIC CECT, research use"
    one.InstanceCreationDate = one.SeriesDate = one.ContentDate = maker.date
    one.InstanceCreationTime = one.SeriesTime = one.ContentTime = maker.time
    one.Manufacturer = one.ManufacturerModelName = PRODUCT
    one.SoftwareVersions = VERSION
    one.ImageComments = RESEARCH_USE
    one.DerivationDescription = (
        f"SYNTHETIC arterial contrast, computed by {maker.named}, added inside the heart to a CT without contrast agent. "
        "Voxels outside the heart are those of that CT. Not acquired; research use."
    )
    one.DerivationCodeSequence = [code("113042", "Pixel by pixel addition")]
    one.BurnedInAnnotation = source.header.get("BurnedInAnnotation", "NO") if source is not None else "NO"
    # No tube voltage and no acquisition belong to a value that was computed; the standard lets both be empty.
    one.KVP, one.AcquisitionNumber = None, None
    row_mm, column_mm, slice_mm = image.GetSpacing()[1], image.GetSpacing()[0], image.GetSpacing()[2]
    one.PixelSpacing = [_decimal(row_mm), _decimal(column_mm)]
    one.SpacingBetweenSlices = _decimal(slice_mm)
    one.SliceThickness = _decimal((source.slices[0].thickness_mm if source else None) or slice_mm)
    one.ImageOrientationPatient = [_decimal(cosine) for cosine in [*direction[:, 0], *direction[:, 1]]]
    one.Rows, one.Columns = image.GetSize()[1], image.GetSize()[0]
    one.SamplesPerPixel, one.PhotometricInterpretation, one.PixelRepresentation = 1, "MONOCHROME2", 1
    one.BitsAllocated, one.BitsStored, one.HighBit = 16, 16, 15
    one.RescaleIntercept, one.RescaleSlope, one.RescaleType = 0, 1, "HU"
    one.WindowCenter, one.WindowWidth = WINDOW_HU
    mark_synthetic(one, maker, source)
    return one


def _research_patient(maker: Maker, input_sha256: str) -> Dataset:
    """A patient and a study of their own, for a scan whose DICOM study is not at hand."""
    one = Dataset()
    one.PatientName, one.PatientID = "SYNTHETIC^RESEARCH", f"SYNTHETIC-{input_sha256[:12]}"
    one.StudyInstanceUID = generate_uid(prefix=None)
    one.StudyDate, one.StudyTime = maker.date, maker.time
    one.StudyDescription = "SYNTHETIC images, research use"
    return one


def _refer(one: Dataset, source: DicomSource, k: int) -> None:
    """To the slice in the same place: in the derivation, and for archives that follow references."""
    item = source.reference(k)
    item.PurposeOfReferenceCodeSequence = [code("121322", "Source image for image processing operation")]
    one.SourceImageSequence = [item]
    series = Dataset()
    series.SeriesInstanceUID = source.header.SeriesInstanceUID
    series.ReferencedInstanceSequence = [source.reference(k)]
    one.ReferencedSeriesSequence = [series]


def _write(one: Dataset, path: Path) -> None:
    one.file_meta = FileMetaDataset()
    one.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    one.file_meta.MediaStorageSOPClassUID = one.SOPClassUID
    one.file_meta.MediaStorageSOPInstanceUID = one.SOPInstanceUID
    pydicom.dcmwrite(path, one, enforce_file_format=True)


def _decimal(value: float) -> str:
    """A decimal string of at most 16 characters; twelve decimals hide the last bits of a rotation."""
    return format_number_as_ds(round(float(value), 12) + 0.0)
