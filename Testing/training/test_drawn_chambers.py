"""Chambers drawn in DICOM SEG and RTSTRUCT come in as they lie in the patient."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk

from SyntheticCECTLib.core.errors import InputRefused
from training.prepare.drawn_chambers import read_chambers

highdicom = pytest.importorskip("highdicom", reason="highdicom is in the training extra")
pydicom = pytest.importorskip("pydicom")

SHAPE_KJI, SPACING, ORIGIN = (10, 48, 40), (1.5, 1.5, 3.0), (-30.0, -20.0, 50.0)


@pytest.fixture
def scan() -> sitk.Image:
    image = sitk.Image(list(SHAPE_KJI[::-1]), sitk.sitkInt16)
    image.SetSpacing(SPACING)
    image.SetOrigin(ORIGIN)
    return image


@pytest.fixture
def truth() -> np.ndarray:
    labels = np.zeros(SHAPE_KJI, np.uint8)
    labels[2:6, 8:20, 6:15], labels[4:9, 22:40, 18:34] = 1, 2
    return labels


def slices_of(scan: sitk.Image) -> list[Any]:
    """The scan as DICOM slices, as far as a segmentation wants to know them."""
    from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

    study, series, frame = generate_uid(), generate_uid(), generate_uid()
    datasets = []
    for k in range(SHAPE_KJI[0]):
        one = pydicom.Dataset()
        one.file_meta = pydicom.dataset.FileMetaDataset()
        one.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        one.SOPClassUID, one.SOPInstanceUID = CTImageStorage, generate_uid()
        one.StudyInstanceUID, one.SeriesInstanceUID, one.FrameOfReferenceUID = study, series, frame
        one.PatientID = one.PatientName = one.StudyID = one.AccessionNumber = one.ReferringPhysicianName = ""
        one.PatientBirthDate = one.PatientSex = one.StudyDate = one.StudyTime = ""
        one.Modality, one.Rows, one.Columns, one.InstanceNumber = "CT", SHAPE_KJI[1], SHAPE_KJI[2], k + 1
        one.PixelSpacing, one.SliceThickness = [SPACING[1], SPACING[0]], SPACING[2]
        one.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
        one.ImagePositionPatient = [ORIGIN[0], ORIGIN[1], ORIGIN[2] + k * SPACING[2]]
        datasets.append(one)
    return datasets


def write_seg(path: Path, scan: sitk.Image, labels: np.ndarray, meanings: list[tuple[str, str, str]]) -> None:
    from highdicom.seg import Segmentation, SegmentDescription

    category = highdicom.sr.CodedConcept("123037004", "SCT", "Anatomical Structure")
    described = [
        SegmentDescription(n, label, category, highdicom.sr.CodedConcept(code, "SCT", meaning), "MANUAL")
        for n, (label, code, meaning) in enumerate(meanings, 1)
    ]
    stacked = np.stack([labels == n for n in range(1, len(meanings) + 1)], -1).astype(np.uint8)
    Segmentation(
        slices_of(scan),
        stacked,
        "BINARY",
        described,
        highdicom.UID(),
        1,
        highdicom.UID(),
        1,
        "us",
        "test",
        "1",
        "1",
    ).save_as(path)


def test_dicom_seg_is_recognised_by_its_codes(tmp_path: Path, scan: sitk.Image, truth: np.ndarray) -> None:
    # Segment 1 is the ventricle here: the code counts, not the order.
    swapped = np.where(truth == 0, 0, 3 - truth).astype(np.uint8)
    meanings = [("kammer", "87878005", "Left ventricle"), ("vorhof", "82471001", "Left atrium")]
    write_seg(tmp_path / "s.dcm", scan, swapped, meanings)
    assert np.array_equal(sitk.GetArrayFromImage(read_chambers(tmp_path / "s.dcm", scan)), truth)
    (tmp_path / "folder").mkdir()
    (tmp_path / "s.dcm").rename(tmp_path / "folder" / "s.dcm")
    assert np.array_equal(sitk.GetArrayFromImage(read_chambers(tmp_path / "folder", scan)), truth)


def test_dicom_seg_without_our_chambers_says_what_it_has(
    tmp_path: Path, scan: sitk.Image, truth: np.ndarray
) -> None:
    write_seg(
        tmp_path / "s.dcm", scan, truth, [("liver", "10200004", "Liver"), ("spleen", "78961009", "Spleen")]
    )
    with pytest.raises(InputRefused, match="liver, spleen"):
        read_chambers(tmp_path / "s.dcm", scan)


def structure_of(scan: sitk.Image) -> Any:
    """The truth's outlines as an RTSTRUCT, with a hole in the ventricle, and a liver."""

    def outline(k: int, j0: float, j1: float, i0: float, i1: float) -> Any:
        contour = pydicom.Dataset()
        corners = [(j0, i0), (j0, i1), (j1, i1), (j1, i0)]
        points = [
            scan.TransformContinuousIndexToPhysicalPoint((i - 0.5, j - 0.5, float(k))) for j, i in corners
        ]
        contour.ContourData = [round(value, 4) for point in points for value in point]
        contour.ContourGeometricType = "CLOSED_PLANAR"
        return contour

    structure = pydicom.Dataset()
    structure.Modality = "RTSTRUCT"
    structure.StructureSetROISequence, structure.ROIContourSequence = [], []
    for number, name, contours in (
        (7, "Left Atrium", [outline(k, 8, 20, 6, 15) for k in range(2, 6)]),
        (3, "LV", [outline(k, 22, 40, 18, 34) for k in range(4, 9)] + [outline(5, 25, 30, 20, 26)]),
        (9, "Liver", [outline(4, 0, 5, 0, 5)]),
    ):
        roi, drawn = pydicom.Dataset(), pydicom.Dataset()
        roi.ROINumber, roi.ROIName = number, name
        drawn.ReferencedROINumber, drawn.ContourSequence = number, contours
        structure.StructureSetROISequence.append(roi)
        structure.ROIContourSequence.append(drawn)
    structure.file_meta = pydicom.dataset.FileMetaDataset()
    structure.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    structure.file_meta.MediaStorageSOPClassUID = structure.SOPClassUID = "1.2.840.10008.5.1.4.1.1.481.3"
    structure.file_meta.MediaStorageSOPInstanceUID = structure.SOPInstanceUID = pydicom.uid.generate_uid()
    return structure


def test_contours_are_filled_with_their_holes(tmp_path: Path, scan: sitk.Image, truth: np.ndarray) -> None:
    structure = structure_of(scan)
    structure.ROIContourSequence[2].ContourSequence[0].ContourData = [1.0]  # nobody asks for the liver
    pydicom.dcmwrite(tmp_path / "rt.dcm", structure, enforce_file_format=True)
    wanted = truth.copy()
    wanted[5, 25:30, 20:26] = 0
    assert np.array_equal(sitk.GetArrayFromImage(read_chambers(tmp_path / "rt.dcm", scan)), wanted)


def without(keyword: str) -> Callable[[Any], None]:
    return lambda structure: delattr(structure, keyword)


def with_first_contour(*values: float) -> Callable[[Any], None]:
    def change(structure: Any) -> None:
        structure.ROIContourSequence[0].ContourSequence[0].ContourData = list(values)

    return change


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (without("StructureSetROISequence"), "it has no StructureSetROISequence"),
        (without("ROIContourSequence"), "it has no ROIContourSequence"),
        (lambda structure: delattr(structure.StructureSetROISequence[0], "ROINumber"), "ROINumber"),
        (lambda structure: delattr(structure.ROIContourSequence[0], "ReferencedROINumber"), "ReferencedROINumber"),
        (with_first_contour(), "'Left Atrium' has 0 coordinates"),
        (with_first_contour(1), "'Left Atrium' has 1 coordinates"),
        (with_first_contour(1, 2, 3, 4), "'Left Atrium' has 4 coordinates"),
        (with_first_contour(1, 2, float("nan")), "'Left Atrium' has 3 coordinates, not three finite ones"),
    ],
)  # fmt: skip
def test_damaged_contours_are_refused_with_file_and_fault(
    tmp_path: Path, scan: sitk.Image, damage: Callable[[Any], None], said: str
) -> None:
    structure = structure_of(scan)
    damage(structure)
    pydicom.dcmwrite(tmp_path / "rt.dcm", structure, enforce_file_format=True)
    with pytest.raises(InputRefused) as refusal:
        read_chambers(tmp_path / "rt.dcm", scan)
    assert refusal.value.code == "bad_dicom"
    assert str(tmp_path / "rt.dcm") in refusal.value.message and said in refusal.value.message


@pytest.mark.parametrize("undefined_length", [False, True])
def test_file_that_breaks_off_is_refused_wherever_it_does(
    tmp_path: Path, scan: sitk.Image, undefined_length: bool
) -> None:
    structure = structure_of(scan)
    for keyword in ("StructureSetROISequence", "ROIContourSequence"):
        structure[keyword].is_undefined_length = undefined_length
    pydicom.dcmwrite(tmp_path / "whole.dcm", structure, enforce_file_format=True)
    whole = (tmp_path / "whole.dcm").read_bytes()
    read_chambers(tmp_path / "whole.dcm", scan)
    for missing in (1, 7, *range(20, len(whole) - 140, 97)):
        (tmp_path / "cut.dcm").write_bytes(whole[:-missing])
        with pytest.raises(InputRefused, match=r"cut\.dcm"):
            read_chambers(tmp_path / "cut.dcm", scan)
