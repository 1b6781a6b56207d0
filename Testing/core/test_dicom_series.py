"""DICOM comes in with the right series, the right HU and the right place, or is refused."""

from __future__ import annotations

import hashlib
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk
from pydicom.dataset import Dataset
from pydicom.uid import RLELossless, generate_uid

from SyntheticCECTLib.core.errors import InputRefused
from SyntheticCECTLib.core.scan import Scan, read_scan
from Testing.core.small_scans import DATA, chest, image_of, pack_jpeg, same_geometry, save, write_series

REAL = DATA / "lungdx_a0001_native_dicom"
needs_real = pytest.mark.skipif(not REAL.is_dir(), reason="needs the real scans in ../shared/data")


def refusal_of(path: Path, series: str | None = None) -> InputRefused:
    with pytest.raises(InputRefused) as refusal:
        read_scan(path, series)
    assert "\n" not in str(refusal.value)
    return refusal.value


def values(scan: Scan) -> np.ndarray:
    return sitk.GetArrayFromImage(scan.image)


def notices(scan: Scan) -> dict[str, str]:
    return {notice.code: notice.message for notice in scan.notices}


def test_a_series_comes_in_with_its_hu_and_its_place(tmp_path: Path) -> None:
    write_series(tmp_path, chest())
    scan = read_scan(tmp_path)
    assert np.array_equal(values(scan), chest())
    assert same_geometry(scan.image, image_of(chest()))
    assert scan.notices == ()
    assert scan.metadata["kilovolt"] == 120
    assert scan.metadata["contrast_agent"] is None


def test_file_names_folders_and_other_files_do_not_matter(tmp_path: Path) -> None:
    paths = write_series(tmp_path / "first", chest())
    for index, path in enumerate(paths):
        target = tmp_path / f"{index % 3}" / f"IM{(index * 7) % 12}"
        target.parent.mkdir(exist_ok=True)
        shutil.move(path, target)
    (tmp_path / "LICENSE").write_text("free")
    (tmp_path / "picture.png").write_bytes(b"\x89PNG" + bytes(200))
    assert np.array_equal(values(read_scan(tmp_path)), chest())


def test_the_hash_covers_the_files_in_the_order_of_their_names(tmp_path: Path) -> None:
    paths = write_series(tmp_path, chest())
    expected = hashlib.sha256(b"".join(path.read_bytes() for path in sorted(paths))).hexdigest()
    assert read_scan(tmp_path).sha256 == expected


def test_a_zip_gives_what_its_folder_gives(tmp_path: Path) -> None:
    paths = write_series(tmp_path / "series", chest())
    with zipfile.ZipFile(tmp_path / "series.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path in reversed(paths):
            archive.write(path, f"study/{path.name}")
    zipped, folder = read_scan(tmp_path / "series.zip"), read_scan(tmp_path / "series")
    assert np.array_equal(values(zipped), values(folder))
    assert zipped.sha256 == folder.sha256
    assert zipped.description == folder.description


def test_one_file_stands_for_its_series(tmp_path: Path) -> None:
    paths = write_series(tmp_path, chest(), "native", SeriesDescription="native")
    write_series(
        tmp_path, chest(seed=1), "lung", SeriesDescription="lung", SeriesNumber=4, ConvolutionKernel="B70f"
    )
    assert np.array_equal(values(read_scan(paths[5])), chest())
    assert np.array_equal(values(read_scan(tmp_path / "lung003.dcm")), chest(seed=1))


def test_slices_in_any_stack_direction_give_the_same_scan(tmp_path: Path) -> None:
    write_series(tmp_path, chest(), ImageOrientationPatient=[1, 0, 0, 0, -1, 0])
    scan = read_scan(tmp_path)
    expected = image_of(chest()[::-1], direction=(1, 0, 0, 0, -1, 0, 0, 0, -1), origin=(-12.5, 30.25, -68.0))
    assert same_geometry(scan.image, expected)
    assert np.array_equal(values(scan), chest()[::-1])


def test_a_native_series_is_preferred_and_the_others_are_named(tmp_path: Path) -> None:
    write_series(
        tmp_path / "a",
        chest(seed=1),
        SeriesNumber=2,
        SeriesDescription="CTA arterial",
        ContrastBolusAgent="Iomeron",
    )
    write_series(tmp_path / "b", chest(), SeriesNumber=5, SeriesDescription="thorax 3mm")
    write_series(
        tmp_path / "c",
        chest(seed=2)[:2],
        SeriesNumber=1,
        SeriesDescription="topogram",
        ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"],
    )
    write_series(tmp_path / "d", chest(seed=3), SeriesNumber=6, SeriesDescription="MR", Modality="MR")
    write_series(
        tmp_path / "e",
        chest(seed=4),
        SeriesNumber=7,
        SeriesDescription="MIP",
        ImageType=["DERIVED", "SECONDARY", "MIP"],
    )
    scan = read_scan(tmp_path)
    assert np.array_equal(values(scan), chest())
    message = notices(scan)["other_series"]
    assert message.startswith("Used series 5")
    for other in ("CTA arterial", "topogram", "MR", "MIP"):
        assert other in message.split("Not used")[1]


@pytest.mark.parametrize(
    "worse",
    [
        {"SeriesDescription": "thorax C+"},
        {"ContrastBolusAgent": "Ultravist 370"},
        {"SpacingMm": (0.9, 0.8, 0.7)},
        {"ConvolutionKernel": "B70f"},
        {"ConvolutionKernel": "LUNG"},
        {"BodyPartExamined": "HEAD"},
        {"ImageType": ["DERIVED", "SECONDARY", "REFORMATTED"]},
        {"ImageOrientationPatient": [1, 0, 0, 0, 0, -1], "Step": (0, 3, 0)},
    ],
    ids=lambda change: next(iter(change)),
)
@pytest.mark.parametrize("first", [True, False])
def test_the_series_that_suits_less_is_left(tmp_path: Path, worse: dict[str, object], first: bool) -> None:
    write_series(tmp_path / "a", chest(seed=1), SeriesNumber=1 if first else 9, **worse)
    write_series(tmp_path / "b", chest(), SeriesNumber=5)
    assert np.array_equal(values(read_scan(tmp_path)), chest())


def test_a_stale_agent_entry_does_not_outweigh_the_word_native(tmp_path: Path) -> None:
    write_series(
        tmp_path / "a",
        chest(),
        SeriesDescription="Thorax nativ 3.0",
        ContrastBolusAgent="Iomeron",
        SeriesNumber=9,
    )
    write_series(
        tmp_path / "b", chest(seed=1), SeriesDescription="Thorax KM 3.0", ContrastBolusAgent="Iomeron"
    )
    scan = read_scan(tmp_path)
    assert np.array_equal(values(scan), chest())
    assert "Iomeron" in notices(scan)["contrast_in_header"]


def test_a_series_can_be_picked_by_uid_number_or_description(tmp_path: Path) -> None:
    uid = generate_uid()
    write_series(tmp_path / "a", chest(), SeriesNumber=4)
    write_series(
        tmp_path / "b", chest(seed=1), SeriesNumber=11, SeriesDescription="Lunge B70", SeriesInstanceUID=uid
    )
    for wanted in (str(uid), "11", "lunge b70", "Lunge"):
        assert np.array_equal(values(read_scan(tmp_path, wanted)), chest(seed=1)), wanted
    refusal = refusal_of(tmp_path, "12")
    assert refusal.code == "series_not_found"
    assert "series 4" in refusal.message
    assert "series 11" in refusal.message


def test_another_modality_is_refused_by_name(tmp_path: Path) -> None:
    write_series(tmp_path, chest(), Modality="MR")
    refusal = refusal_of(tmp_path)
    assert refusal.code == "not_ct"
    assert "MR" in refusal.message


def test_one_slice_is_refused(tmp_path: Path) -> None:
    write_series(tmp_path, chest()[:1])
    assert refusal_of(tmp_path).code == "single_slice"


@pytest.mark.parametrize(
    "gone", [["RescaleSlope"], ["RescaleIntercept"], ["RescaleSlope", "RescaleIntercept"]]
)
def test_a_missing_rescale_is_refused(tmp_path: Path, gone: list[str]) -> None:
    write_series(tmp_path, chest(), **dict.fromkeys(gone))
    assert refusal_of(tmp_path).code == "no_rescale"


def test_values_that_are_not_hu_by_the_header_are_refused(tmp_path: Path) -> None:
    write_series(tmp_path, chest(), RescaleType="MGML")
    assert refusal_of(tmp_path).code == "not_hu"


@pytest.mark.parametrize("name", ["ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing"])
def test_missing_geometry_is_refused(tmp_path: Path, name: str) -> None:
    write_series(tmp_path, chest(), **{name: None})
    assert refusal_of(tmp_path).code == "no_geometry"


@pytest.mark.parametrize("missing", [[5], [4, 5, 6], [3, 8]])
def test_missing_slices_are_refused_and_counted(tmp_path: Path, missing: list[int]) -> None:
    paths = write_series(tmp_path, chest())
    for index in missing:
        paths[index].unlink()
    refusal = refusal_of(tmp_path)
    assert refusal.code == "missing_slices"
    assert refusal.message.startswith(f"{len(missing)} of 12 slices")


def test_uneven_slices_are_refused(tmp_path: Path) -> None:
    depths = np.concatenate([np.arange(6) * 3.0, 15 + np.arange(1, 7) * 5.0])
    write_series(tmp_path, chest(), ImagePositionPatient=lambda index: [0, 0, float(depths[index])])
    assert refusal_of(tmp_path).code == "uneven_slices"


def test_a_slight_wobble_of_slice_positions_is_named(tmp_path: Path) -> None:
    write_series(
        tmp_path, chest(), ImagePositionPatient=lambda index: [0, 0, index * 3.0 + (0.1 if index == 5 else 0)]
    )
    assert "uneven_slices" in notices(read_scan(tmp_path))


def test_copies_of_a_file_count_once_and_doubled_slices_are_refused(tmp_path: Path) -> None:
    paths = write_series(tmp_path, chest())
    shutil.copy(paths[4], tmp_path / "copy.dcm")
    assert np.array_equal(values(read_scan(tmp_path)), chest())
    other = pydicom.dcmread(paths[4])
    other.SOPInstanceUID = generate_uid()
    save(other, tmp_path / "copy.dcm")
    assert refusal_of(tmp_path).code == "duplicate_slices"


def test_heart_phases_in_one_series_are_told_apart(tmp_path: Path) -> None:
    uid = generate_uid()
    for phase, seed in ((40, 1), (75, 0)):
        write_series(
            tmp_path,
            chest(seed=seed),
            f"p{phase}",
            SeriesInstanceUID=uid,
            NominalPercentageOfCardiacPhase=float(phase),
        )
    scan = read_scan(tmp_path)
    assert any(np.array_equal(values(scan), chest(seed=seed)) for seed in (0, 1))
    assert "other_series" in notices(scan)


def test_gaps_between_thin_slices_are_named(tmp_path: Path) -> None:
    write_series(tmp_path, chest(), SliceThickness=1.0)
    assert "1 mm" in notices(read_scan(tmp_path))["slice_gaps"]


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


@pytest.mark.parametrize("tilt_deg", [12.0, -20.0])
def test_a_tilted_gantry_is_straightened(tmp_path: Path, tilt_deg: float) -> None:
    tilt = np.radians(tilt_deg)
    row, column = np.array([1.0, 0, 0]), np.array([0, np.cos(tilt), np.sin(tilt)])
    start, step = np.array([-12.5, 30.25, -101.0]), np.array([0, 0, 3.0])
    k, j, i = np.meshgrid(np.arange(30), np.arange(40), np.arange(24), indexing="ij")
    places = start + k[..., None] * step + j[..., None] * 0.9 * column + i[..., None] * 0.8 * row
    hu = np.round(places @ [30.0, 12.0, 2.0] - 780)
    assert hu.min() > -1024
    write_series(
        tmp_path, hu, ImageOrientationPatient=[*row, *column], Step=tuple(step), GantryDetectorTilt=tilt_deg
    )
    scan = read_scan(tmp_path)
    assert "gantry_tilt" in notices(scan)
    assert f"{abs(tilt_deg):.1f}" in notices(scan)["gantry_tilt"]
    inside = sitk.GetArrayFromImage(sitk.BinaryErode(scan.image > -1023, [1, 1, 0])) > 0
    assert inside.mean() > 0.4
    for k0, j0, i0 in np.argwhere(inside)[::211]:
        place = scan.image.TransformIndexToPhysicalPoint((int(i0), int(j0), int(k0)))
        assert scan.image[int(i0), int(j0), int(k0)] == pytest.approx(
            np.dot(place, [30, 12, 2]) - 780, abs=1.1
        )


def test_an_oblique_stack_keeps_its_geometry(tmp_path: Path) -> None:
    turn = sitk.Euler3DTransform()
    turn.SetRotation(0.1, -0.2, 0.3)
    matrix = np.array(turn.GetMatrix()).reshape(3, 3)
    write_series(
        tmp_path,
        chest(),
        ImageOrientationPatient=[round(x, 8) for x in [*matrix[:, 0], *matrix[:, 1]]],
        Step=3 * matrix[:, 2],
    )
    scan = read_scan(tmp_path)
    assert same_geometry(scan.image, image_of(chest(), direction=tuple(matrix.ravel())), 1e-4)
    assert np.array_equal(values(scan), chest())


def test_colour_is_refused(tmp_path: Path) -> None:
    write_series(tmp_path, chest(), SamplesPerPixel=3, PhotometricInterpretation="RGB", PlanarConfiguration=0)
    assert refusal_of(tmp_path).code == "not_scalar"


@pytest.mark.parametrize("missing", [1, 50, 900])
def test_a_truncated_slice_is_refused(tmp_path: Path, missing: int) -> None:
    paths = write_series(tmp_path, chest())
    paths[6].write_bytes(paths[6].read_bytes()[:-missing])
    assert refusal_of(tmp_path).code in ("truncated_file", "missing_slices")


def test_files_that_cannot_be_read_are_counted(tmp_path: Path) -> None:
    write_series(tmp_path, chest())
    (tmp_path / "broken.dcm").write_bytes(b"garbage" * 10)
    assert notices(read_scan(tmp_path))["unreadable_files"].startswith("1 DICOM file")
    for path in tmp_path.glob("slice*"):
        path.unlink()
    assert refusal_of(tmp_path).code == "unreadable"


def test_slices_whose_pixels_were_moved_by_stray_bytes_are_refused(tmp_path: Path) -> None:
    paths = write_series(tmp_path, chest())
    data = paths[6].read_bytes()
    paths[6].write_bytes(data[:-500] + b"odd" + data[-500:])
    assert refusal_of(tmp_path).code == "truncated_file"
    paths[6].write_bytes(data + bytes(10))  # padding behind the pixels does no harm
    assert np.array_equal(values(read_scan(tmp_path)), chest())


def test_a_slice_with_another_rescale_is_named(tmp_path: Path) -> None:
    write_series(tmp_path, chest(), RescaleIntercept=lambda index: -1000 if index == 4 else -1024)
    assert "rescale_varies" in notices(read_scan(tmp_path))


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


def test_no_identity_leaves_the_header(tmp_path: Path) -> None:
    write_series(
        tmp_path / "a",
        chest(),
        SeriesDescription="Thorax Jane DOE ID-4711 3mm",
        ProtocolName="Doe",
        Manufacturer="Doe Inc",
    )
    write_series(
        tmp_path / "b", chest(), SeriesNumber=8, SeriesDescription="doe^jane", ContrastBolusAgent="for Jane"
    )
    scan = read_scan(tmp_path, "3")
    text = f"{scan.description} {scan.metadata} {[n.message for n in read_scan(tmp_path).notices]} {refusal_of(tmp_path, '77')}"
    assert "Thorax" in text
    for secret in ("jane", "doe", "4711"):
        assert secret not in text.lower()


def test_reading_says_nothing_on_the_terminal(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    for path in write_series(tmp_path, chest(), KVP="77", PatientBirthDate="19000101", StudyDate="19000102"):
        damaged = path.read_bytes().replace(b"DS\x02\x0077", b"DS\x02\x007O").replace(b"190001", b"Anno 1")
        path.write_bytes(damaged)
    (tmp_path / "broken.dcm").write_bytes((tmp_path / "slice000.dcm").read_bytes()[:300])
    scan = read_scan(tmp_path)
    assert scan.metadata["kilovolt"] is None
    assert np.array_equal(values(scan), chest())
    assert capfd.readouterr() == ("", "")


@needs_real
def test_a_real_series_is_read_as_simpleitk_reads_it() -> None:
    scan = read_scan(REAL)
    expected = sitk.ReadImage(sitk.ImageSeriesReader.GetGDCMSeriesFileNames(str(REAL)))
    assert same_geometry(scan.image, expected, 1e-6)
    assert np.array_equal(values(scan), sitk.GetArrayViewFromImage(expected))
    assert scan.metadata["kilovolt"] == 120
    assert scan.notices == ()
    assert "Lung_Dx" not in f"{scan.description} {scan.metadata}"
