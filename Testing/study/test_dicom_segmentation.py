"""DICOM segmentations, written by highdicom, come back voxel by voxel."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from SyntheticCECTLib.core.errors import InputRefused
from SyntheticCECTLib.study.dicom_segmentation import read_dicom_segmentation
from Testing.study.small_study import labels

highdicom = pytest.importorskip("highdicom", reason="highdicom is not installed")


def slices_of(image: sitk.Image) -> list[object]:
    """CT slices with the geometry of an image."""
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

    study, series, frame = generate_uid(), generate_uid(), generate_uid()
    direction = np.array(image.GetDirection()).reshape(3, 3)
    made = []
    for k in range(image.GetSize()[2]):
        one = Dataset()
        one.file_meta = FileMetaDataset()
        one.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        one.SOPClassUID, one.SOPInstanceUID = CTImageStorage, generate_uid()
        one.StudyInstanceUID, one.SeriesInstanceUID, one.FrameOfReferenceUID = study, series, frame
        one.PatientID, one.PatientName, one.PatientBirthDate, one.PatientSex = "1", "A^B", "", ""
        one.StudyDate, one.StudyTime, one.StudyID, one.AccessionNumber = "20240101", "120000", "1", "1"
        one.ReferringPhysicianName, one.Modality = "", "CT"
        one.SeriesNumber, one.InstanceNumber = 1, k + 1
        one.Columns, one.Rows = image.GetSize()[:2]
        one.PixelSpacing = [f"{image.GetSpacing()[1]:.10g}", f"{image.GetSpacing()[0]:.10g}"]
        one.SliceThickness = f"{image.GetSpacing()[2]:.10g}"
        one.ImageOrientationPatient = [f"{cosine:.10g}" for cosine in [*direction[:, 0], *direction[:, 1]]]
        position = image.TransformIndexToPhysicalPoint((0, 0, k))
        one.ImagePositionPatient = [f"{coordinate:.10g}" for coordinate in position]
        one.SamplesPerPixel, one.PhotometricInterpretation, one.PixelRepresentation = 1, "MONOCHROME2", 1
        one.BitsAllocated = one.BitsStored = 16
        one.HighBit = 15
        one.PixelData = bytes(2 * one.Rows * one.Columns)
        made.append(one)
    return made


def write_segmentation(path: Path, image: sitk.Image, names: tuple[str, str], codes: tuple[str, str]) -> None:
    from highdicom.sr.coding import CodedConcept
    from pydicom.uid import generate_uid

    descriptions = [
        highdicom.seg.SegmentDescription(
            number, name, CodedConcept("123037004", "SCT", "Anatomical Structure"), CodedConcept(code, "SCT", name),
            highdicom.seg.SegmentAlgorithmTypeValues.MANUAL,
        )
        for number, (name, code) in enumerate(zip(names, codes, strict=True), start=1)
    ]  # fmt: skip
    highdicom.seg.Segmentation(
        source_images=slices_of(image), pixel_array=sitk.GetArrayFromImage(image),
        segmentation_type=highdicom.seg.SegmentationTypeValues.BINARY, segment_descriptions=descriptions,
        series_instance_uid=generate_uid(), series_number=2, sop_instance_uid=generate_uid(), instance_number=1,
        manufacturer="test", manufacturer_model_name="test", software_versions="1", device_serial_number="1",
    ).save_as(path)  # fmt: skip


def turned() -> sitk.Image:
    """Rows from right to left, slices from head to feet."""
    image = labels()
    image.SetDirection((-1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, -1.0))
    return image


@pytest.mark.parametrize("mask", [labels(), turned()], ids=["axial", "turned"])
@pytest.mark.parametrize(
    ("names", "codes"),
    [(("one", "two"), ("82471001", "87878005")), (("Left Atrium", "LV cavity"), ("80891009", "80891009"))],
    ids=["by code", "by name"],
)
def test_chambers_come_back_where_they_were_drawn(
    tmp_path: Path, mask: sitk.Image, names: tuple[str, str], codes: tuple[str, str]
) -> None:
    write_segmentation(tmp_path / "seg.dcm", mask, names, codes)
    back = sitk.Resample(
        read_dicom_segmentation(tmp_path / "seg.dcm"), mask, sitk.Transform(), sitk.sitkNearestNeighbor
    )
    assert (sitk.GetArrayFromImage(back) == sitk.GetArrayFromImage(mask)).all()


def test_segmentation_of_something_else_is_refused_with_what_it_holds(tmp_path: Path) -> None:
    write_segmentation(tmp_path / "seg.dcm", labels(), ("liver", "spleen"), ("10200004", "78961009"))
    with pytest.raises(InputRefused, match="it has: liver, spleen"):
        read_dicom_segmentation(tmp_path / "seg.dcm")


def test_dicom_image_is_no_segmentation(tmp_path: Path) -> None:
    slices_of(labels())[0].save_as(tmp_path / "ct.dcm", enforce_file_format=True)  # type: ignore[attr-defined]
    with pytest.raises(InputRefused, match="is no segmentation"):
        read_dicom_segmentation(tmp_path / "ct.dcm")
