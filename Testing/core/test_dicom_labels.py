"""DICOM segmentations, written by highdicom, come back voxel by voxel."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from SyntheticCECTLib.core.errors import InputRefused
from SyntheticCECTLib.core.formats.label_file import read_labels, read_mask
from Testing.core.damage import damaged
from Testing.core.small_scans import oblique, same_geometry
from Testing.small_case import labels

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


NAMES, CODES = ("one", "two"), ("82471001", "87878005")


def write_segmentation(
    path: Path,
    image: sitk.Image,
    names: tuple[str, str] = NAMES,
    codes: tuple[str, str] = CODES,
    fractional: bool = False,
) -> None:
    from highdicom.sr.coding import CodedConcept
    from pydicom.uid import generate_uid

    descriptions = [
        highdicom.seg.SegmentDescription(
            number, name, CodedConcept("123037004", "SCT", "Anatomical Structure"), CodedConcept(code, "SCT", name),
            highdicom.seg.SegmentAlgorithmTypeValues.MANUAL,
        )
        for number, (name, code) in enumerate(zip(names, codes, strict=True), start=1)
    ]  # fmt: skip
    kind = highdicom.seg.SegmentationTypeValues
    pixels = sitk.GetArrayFromImage(image)
    if fractional:
        pixels = np.stack([pixels == 1, pixels == 2], axis=-1).astype(np.float32)
        pixels = np.where(pixels > 0, 0.8, 0.3)  # nowhere sure, nowhere zero
    highdicom.seg.Segmentation(
        source_images=slices_of(image), pixel_array=pixels,
        segmentation_type=kind.FRACTIONAL if fractional else kind.BINARY, segment_descriptions=descriptions,
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
    [(NAMES, CODES), (("Left Atrium", "LV cavity"), ("80891009", "80891009"))],
    ids=["by code", "by name"],
)
def test_chambers_come_back_where_they_were_drawn(
    tmp_path: Path, mask: sitk.Image, names: tuple[str, str], codes: tuple[str, str]
) -> None:
    write_segmentation(tmp_path / "seg.dcm", mask, names, codes)
    back = sitk.Resample(read_labels(tmp_path / "seg.dcm"), mask, sitk.Transform(), sitk.sitkNearestNeighbor)
    assert (sitk.GetArrayFromImage(back) == sitk.GetArrayFromImage(mask)).all()


def apart() -> sitk.Image:
    """Chambers with slices between them that hold neither."""
    array = np.zeros(labels().GetSize()[::-1], np.uint8)
    array[1:3, 4:9, 5:20], array[8:10, 10:30, 3:7] = 1, 2
    image = sitk.GetImageFromArray(array)
    image.CopyInformation(labels())
    image.SetDirection(oblique())
    return image


@pytest.mark.parametrize("fractional", [False, True], ids=["binary", "fractional"])
def test_labels_come_onto_the_scans_grid_across_slices_without_any(tmp_path: Path, fractional: bool) -> None:
    write_segmentation(tmp_path / "seg.dcm", apart(), fractional=fractional)
    back = read_labels(tmp_path / "seg.dcm", apart())
    assert same_geometry(back, apart(), 0)
    assert np.array_equal(sitk.GetArrayFromImage(back), sitk.GetArrayFromImage(apart()))


def test_all_segments_make_the_mask(tmp_path: Path) -> None:
    write_segmentation(tmp_path / "seg.dcm", apart(), ("heart", "fat"), ("80891009", "55603005"))
    mask = read_mask(tmp_path / "seg.dcm", apart())
    assert np.array_equal(sitk.GetArrayFromImage(mask), sitk.GetArrayFromImage(apart() > 0))


def test_a_segmentation_beside_the_scan_is_refused(tmp_path: Path) -> None:
    write_segmentation(tmp_path / "seg.dcm", labels())
    far = labels()
    far.SetOrigin((5000.0, 0.0, 0.0))
    with pytest.raises(InputRefused) as refusal:
        read_labels(tmp_path / "seg.dcm", far)
    assert refusal.value.code == "no_overlap"


def test_damaged_segmentations_are_refused_in_one_line_or_read(tmp_path: Path) -> None:
    write_segmentation(tmp_path / "seg.dcm", labels())
    whole = (tmp_path / "seg.dcm").read_bytes()
    refused = 0
    for seed in range(20):
        (tmp_path / "bad.dcm").write_bytes(damaged(whole, seed)[0])
        try:
            back = read_labels(tmp_path / "bad.dcm")
        except InputRefused as refusal:
            refused += 1
            assert "\n" not in str(refusal)
        else:
            assert set(np.unique(sitk.GetArrayViewFromImage(back))) <= {0, 1, 2}
    assert refused >= 5


def test_segmentation_of_something_else_is_refused_with_what_it_holds(tmp_path: Path) -> None:
    write_segmentation(tmp_path / "seg.dcm", labels(), ("liver", "spleen"), ("10200004", "78961009"))
    with pytest.raises(InputRefused, match="it has: liver, spleen"):
        read_labels(tmp_path / "seg.dcm")


def test_dicom_image_is_no_segmentation(tmp_path: Path) -> None:
    slices_of(labels())[0].save_as(tmp_path / "ct.dcm", enforce_file_format=True)  # type: ignore[attr-defined]
    with pytest.raises(InputRefused, match="cannot be read as a segmentation"):
        read_labels(tmp_path / "ct.dcm")
