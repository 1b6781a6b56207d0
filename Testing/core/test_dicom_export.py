"""A result leaves as DICOM: every voxel in its place, marked as synthetic, in the right study, never taken in as a CT."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk

from SyntheticCECTLib.core.case_folder import CHAMBERS, SYNTHETIC_CECT, write_case
from SyntheticCECTLib.core.dicom_export import SEGMENTATION, SERIES_FOLDER, export_dicom
from SyntheticCECTLib.core.errors import InputRefused
from SyntheticCECTLib.core.folder_chambers import keep_edited
from SyntheticCECTLib.core.formats.label_file import read_labels, write_chambers
from SyntheticCECTLib.core.scan import read_scan
from Testing.core.small_scans import chest, image_of, oblique, write_series
from Testing.small_case import case_result, synthesis

highdicom = pytest.importorskip("highdicom", reason="highdicom is not installed")

SPACING_XYZ = (2.0, 2.2, 3.0)
LA, LV = (slice(3, 7), slice(4, 10), slice(3, 9)), (slice(5, 11), slice(8, 17), slice(12, 20))
DIRECTIONS = {
    "upright": (1, 0, 0, 0, 1, 0, 0, 0, 1),
    "oblique": oblique(),
    "flipped": (-1, 0, 0, 0, 1, 0, 0, 0, -1),
    "left-handed": (1, 0, 0, 0, 1, 0, 0, 0, -1),
    "sagittal": (0, 0, 1, 1, 0, 0, 0, -1, 0),
}
UPRIGHT = DIRECTIONS["upright"]


def scan(direction: tuple[float, ...]) -> sitk.Image:
    return image_of(chest(), SPACING_XYZ, direction=direction)


def labels() -> np.ndarray:
    array = np.zeros(chest().shape, np.uint8)
    array[LA], array[LV] = 1, 2
    return array


@pytest.fixture
def write_result(tmp_path: Path) -> Callable[..., Path]:
    """Writes the result folder of a small chest with an LA of 340 and an LV of 400 HU."""

    def write(
        direction: tuple[float, ...] = UPRIGHT, threshold_hu: float = 300.0, given: sitk.Image | None = None
    ) -> Path:
        native = chest() if given is None else sitk.GetArrayFromImage(given)
        bright = native.copy()
        bright[LA], bright[LV] = 340, 400
        heart, side = np.zeros(native.shape, np.uint8), np.zeros(native.shape, np.uint8)
        heart[2:12, 2:18, 2:21], side[LA], side[LV] = 1, 1, 2
        images = {
            name: image_of(array, SPACING_XYZ, direction=direction)
            for name, array in (
                ("native_ct", native), ("synthetic_cect", bright), ("enhancement_hu", bright - native),
                ("heart_mask", heart), ("chamber_prior", side),
            )
        }  # fmt: skip
        if given is not None:
            for image in images.values():
                image.CopyInformation(given)
        folder = tmp_path / "result"
        folder.mkdir()
        write_case(
            case_result(threshold_hu, synthesis=synthesis(**images), cect=None, reference=None), folder
        )
        return folder

    return write


def write_source(folder: Path, direction: tuple[float, ...], /, **changes: object) -> list[Path]:
    """The chest as the DICOM series that it came from."""
    image = scan(direction)
    cosines = np.array(direction).reshape(3, 3)

    def position(k: int) -> list[float]:
        return [round(x, 9) for x in image.TransformIndexToPhysicalPoint((0, 0, k))]

    geometry = dict(
        ImageOrientationPatient=[round(float(x), 12) for x in [*cosines[:, 0], *cosines[:, 1]]],
        ImagePositionPatient=position,
        SpacingMm=(SPACING_XYZ[1], SPACING_XYZ[0], SPACING_XYZ[2]),
        FrameOfReferenceUID="1.2.3.4",
    )
    return write_series(folder, chest(), **(geometry | changes))


def export(result: Path, source: Path | None = None) -> Path:
    out = result.parent / "dicom"
    out.mkdir()
    export_dicom(result, out, source)
    return out


def headers(out: Path) -> list[pydicom.Dataset]:
    return [pydicom.dcmread(path) for path in sorted((out / SERIES_FOLDER).iterdir())]


def on_grid(array_kji: np.ndarray, affine: np.ndarray, grid: sitk.Image) -> np.ndarray:
    """Voxels whose steps along k, j, i and origin an affine names, at the voxels of a grid; -9999 where there are none."""
    image = sitk.GetImageFromArray(array_kji.astype(np.int32))
    steps = np.linalg.norm(affine[:3, :3], axis=0)
    image.SetSpacing(steps[::-1].tolist())
    image.SetDirection((affine[:3, :3] / steps)[:, ::-1].ravel().tolist())
    image.SetOrigin(affine[:3, 3].tolist())
    return sitk.GetArrayFromImage(
        sitk.Resample(image, grid, sitk.Transform(), sitk.sitkNearestNeighbor, -9999)
    )


def stacked(files: list[pydicom.Dataset]) -> tuple[np.ndarray, np.ndarray]:
    """Voxels and affine of a series, by nothing but the standard's own formula (PS3.3 C.7.6.2.1.1)."""
    one = files[0]
    row, column = (np.array(one.ImageOrientationPatient, float)[part] for part in (slice(3), slice(3, 6)))
    first, last = (np.array(file.ImagePositionPatient, float) for file in (one, files[-1]))
    affine = np.eye(4)
    affine[:3, 0] = (last - first) / (len(files) - 1)
    affine[:3, 1], affine[:3, 2] = column * one.PixelSpacing[0], row * one.PixelSpacing[1]
    affine[:3, 3] = first
    values = [file.pixel_array * float(file.RescaleSlope) + float(file.RescaleIntercept) for file in files]
    return np.stack(values), affine


@pytest.mark.parametrize("with_source", [False, True], ids=["alone", "with source"])
@pytest.mark.parametrize("name", DIRECTIONS)
def test_every_voxel_and_every_label_lies_where_it_was(
    write_result: Callable[..., Path], tmp_path: Path, name: str, with_source: bool
) -> None:
    direction = DIRECTIONS[name]
    if with_source:
        write_source(tmp_path / "source", direction)
    result = write_result(direction)
    out = export(result, tmp_path / "source" if with_source else None)
    grid = scan(direction)
    expected = sitk.GetArrayFromImage(sitk.ReadImage(str(result / SYNTHETIC_CECT)))
    assert np.array_equal(on_grid(*stacked(headers(out)), grid), expected)

    reader = sitk.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(out / SERIES_FOLDER)))
    ours = read_scan(out / SERIES_FOLDER, synthetic=True).image
    for image in (reader.Execute(), ours):
        back = sitk.Resample(image, grid, sitk.Transform(), sitk.sitkNearestNeighbor, -9999.0)
        assert np.array_equal(sitk.GetArrayFromImage(back), expected)

    segmentation = highdicom.seg.segread(out / SEGMENTATION)
    volume = segmentation.get_volume(combine_segments=True)
    back = on_grid(volume.array, volume.affine, grid)
    assert np.array_equal(np.where(back == -9999, 0, back), labels())
    assert np.array_equal(sitk.GetArrayFromImage(read_labels(out / SEGMENTATION, grid)), labels())


def test_the_series_says_that_it_is_synthetic_and_who_made_it(write_result: Callable[..., Path]) -> None:
    out = export(write_result())
    for one in [*headers(out), pydicom.dcmread(out / SEGMENTATION)]:
        assert one.SyntheticData == "YES" and one.ContentQualification == "RESEARCH"
        assert one.SeriesDescription.startswith("SYNTHETIC") and one.PatientName == "SYNTHETIC^RESEARCH"
        (equipment,) = one.ContributingEquipmentSequence
        purpose = equipment.PurposeOfReferenceCodeSequence[0]
        assert (purpose.CodeValue, purpose.CodingSchemeDesignator) == ("109100", "DCM")
        assert equipment.ManufacturerModelName == "blocks"
        assert all(sha256 in equipment.ContributionDescription for sha256 in ("ab" * 32, "ef" * 32))
        assert not any(element.keyword.startswith("ContrastBolus") for element in one)
    first = headers(out)[0]
    assert list(first.ImageType) == ["DERIVED", "SECONDARY", "AXIAL"] and first.BurnedInAnnotation == "NO"
    assert "ab" * 32 in first.DerivationDescription and first.KVP is None
    assert len({one.SOPInstanceUID for one in headers(out)}) == len(chest())


def test_segments_carry_codes_algorithm_and_tracking(write_result: Callable[..., Path]) -> None:
    one = pydicom.dcmread(export(write_result()) / SEGMENTATION)
    codes = [segment.SegmentedPropertyTypeCodeSequence[0].CodeValue for segment in one.SegmentSequence]
    assert codes == ["82471001", "87878005"]
    for segment in one.SegmentSequence:
        algorithm = segment.SegmentationAlgorithmIdentificationSequence[0]
        assert segment.SegmentAlgorithmType == "AUTOMATIC" and "threshold_hu=300," in str(
            algorithm.AlgorithmParameters
        )
    assert len({segment.TrackingUID for segment in one.SegmentSequence}) == 2


def test_an_export_with_its_source_joins_the_study_and_names_each_slice(
    write_result: Callable[..., Path], tmp_path: Path
) -> None:
    paths = write_source(
        tmp_path / "source", DIRECTIONS["flipped"], SpecificCharacterSet="ISO_IR 100", PatientName="Müller^Jürgen",
        ContrastBolusAgent="Iohexol", AccessionNumber="A7", StudyDate="20200102", LossyImageCompression="01",
        LossyImageCompressionRatio=4.0, Manufacturer="ACME", BurnedInAnnotation="YES",
        InstitutionName="Hospital",
    )  # fmt: skip
    sources = {one.SOPInstanceUID: one for one in map(pydicom.dcmread, paths)}
    out = export(write_result(DIRECTIONS["flipped"]), tmp_path / "source")
    one_source = next(iter(sources.values()))
    for one in [*headers(out), pydicom.dcmread(out / SEGMENTATION)]:
        assert one.PatientName == "Müller^Jürgen" and one.PatientID == "ID-4711"
        assert one.StudyInstanceUID == one_source.StudyInstanceUID and one.FrameOfReferenceUID == "1.2.3.4"
        assert (one.AccessionNumber, one.StudyDate) == ("A7", "20200102")
        assert one.SeriesInstanceUID != one_source.SeriesInstanceUID
        scanner = one.ContributingEquipmentSequence[1]
        assert scanner.Manufacturer == "ACME"
        assert scanner.PurposeOfReferenceCodeSequence[0].CodeValue == "109101"
        assert "InstitutionName" not in one and "ContrastBolusAgent" not in one
    for one in headers(out):
        (item,) = one.SourceImageSequence
        assert item.PurposeOfReferenceCodeSequence[0].CodeValue == "121322"
        assert one.DerivationCodeSequence[0].CodeValue == "113042"
        assert np.allclose(
            one.ImagePositionPatient, sources[item.ReferencedSOPInstanceUID].ImagePositionPatient
        )
        assert one.ReferencedSeriesSequence[0].SeriesInstanceUID == one_source.SeriesInstanceUID
        assert one.LossyImageCompression == "01" and one.BurnedInAnnotation == "YES"


def test_a_tilted_source_is_joined_on_the_straightened_grid(
    write_result: Callable[..., Path], tmp_path: Path
) -> None:
    write_series(tmp_path / "source", chest(), SpacingMm=(2.2, 2.0, 3.0), Step=(0.0, 0.7, 3.0))
    straightened = read_scan(tmp_path / "source").image
    assert straightened.GetSize()[1] > chest().shape[1]
    result = write_result(given=sitk.Round(straightened))
    out = export(result, tmp_path / "source")
    expected = sitk.GetArrayFromImage(sitk.ReadImage(str(result / SYNTHETIC_CECT)))
    assert np.array_equal(on_grid(*stacked(headers(out)), straightened), np.rint(expected))
    positions = {
        one.SOPInstanceUID: one.ImagePositionPatient[2]
        for one in map(pydicom.dcmread, (tmp_path / "source").iterdir())
    }
    for one in headers(out):
        assert one.ImagePositionPatient[2] == positions[one.SourceImageSequence[0].ReferencedSOPInstanceUID]


def test_the_series_of_the_result_is_found_among_others(
    write_result: Callable[..., Path], tmp_path: Path
) -> None:
    write_series(tmp_path / "source" / "other", chest(seed=1), SeriesNumber=1)
    own = write_source(tmp_path / "source" / "own", UPRIGHT, SeriesNumber=2)
    out = export(write_result(), tmp_path / "source")
    assert headers(out)[0].StudyInstanceUID == pydicom.dcmread(own[0]).StudyInstanceUID


@pytest.mark.parametrize("changed", ["voxels", "place"])
def test_the_study_of_another_scan_is_refused(
    write_result: Callable[..., Path], tmp_path: Path, changed: str
) -> None:
    if changed == "voxels":
        write_series(tmp_path / "source", chest(seed=1), SpacingMm=(2.2, 2.0, 3.0))
    else:
        write_source(
            tmp_path / "source", UPRIGHT, ImagePositionPatient=lambda k: [-12.5, 33.0, -101.0 + 3.0 * k]
        )
    with pytest.raises(InputRefused) as refusal:
        export(write_result(), tmp_path / "source")
    assert refusal.value.code == "source_mismatch" and "'thorax 3mm'" in refusal.value.message


def test_corrected_chambers_are_exported_and_no_longer_called_automatic(
    write_result: Callable[..., Path],
) -> None:
    result = write_result()
    corrected = labels()
    corrected[LV] = 0
    write_chambers(result / CHAMBERS, image_of(corrected, SPACING_XYZ))
    segmentation = highdicom.seg.segread(export(result) / SEGMENTATION)
    (segment,) = segmentation.SegmentSequence
    assert segment.SegmentAlgorithmType == "SEMIAUTOMATIC" and segment.SegmentLabel == "left atrium"
    assert segmentation.get_volume(combine_segments=True).array.sum() == (corrected == 1).sum()


def test_chambers_corrected_in_the_work_list_are_what_is_exported(write_result: Callable[..., Path]) -> None:
    result = write_result()
    corrected = labels()
    corrected[LA] = 0
    corrected[3:5, 4:6, 3:5] = 1
    keep_edited(result, image_of(corrected, SPACING_XYZ))
    out = export(result)
    segments = highdicom.seg.segread(out / SEGMENTATION).SegmentSequence
    assert [one.SegmentAlgorithmType for one in segments] == ["SEMIAUTOMATIC"] * 2
    exported = sitk.GetArrayFromImage(read_labels(out / SEGMENTATION))
    assert ((exported == 1).sum(), (exported == 2).sum()) == (8, (corrected == 2).sum())


def test_a_result_without_chambers_gives_no_segmentation(write_result: Callable[..., Path]) -> None:
    out = export(write_result(threshold_hu=2000.0))
    assert {path.name for path in out.iterdir()} == {SERIES_FOLDER}


def test_our_own_synthetic_series_is_no_input(write_result: Callable[..., Path], tmp_path: Path) -> None:
    result = write_result()
    out = export(result)
    for path in (out, out / SERIES_FOLDER / "synthetic_0001.dcm", result / SYNTHETIC_CECT):
        with pytest.raises(InputRefused) as refusal:
            read_scan(path)
        assert refusal.value.code == "synthetic_image" and "computed, not acquired" in refusal.value.message


def test_beside_its_source_a_synthetic_series_is_passed_over_and_named(
    write_result: Callable[..., Path], tmp_path: Path
) -> None:
    write_source(tmp_path / "dicom" / "source", UPRIGHT)
    result = write_result()
    export_dicom(result, tmp_path / "dicom", tmp_path / "dicom" / "source")
    both = read_scan(tmp_path / "dicom")
    assert np.array_equal(sitk.GetArrayFromImage(both.image), chest())
    assert any("SYNTHETIC CECT" in notice.message for notice in both.notices)
    with pytest.raises(InputRefused) as refusal:
        read_scan(tmp_path / "dicom", "9001")
    assert refusal.value.code == "synthetic_image"
    assert sitk.GetArrayFromImage(read_scan(tmp_path / "dicom", synthetic=True).image).max() == 400
