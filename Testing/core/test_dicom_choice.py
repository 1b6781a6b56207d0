"""Of several DICOM series the one that suits is read, and the others are named."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pydicom.uid import generate_uid

from SyntheticCECTLib.core.scan import read_scan
from Testing.core.small_scans import chest, notices, refusal_of, values, write_series


def test_one_file_stands_for_its_series(tmp_path: Path) -> None:
    paths = write_series(tmp_path, chest(), "native", SeriesDescription="native")
    write_series(
        tmp_path, chest(seed=1), "lung", SeriesDescription="lung", SeriesNumber=4, ConvolutionKernel="B70f"
    )
    assert np.array_equal(values(read_scan(paths[5])), chest())
    assert np.array_equal(values(read_scan(tmp_path / "lung003.dcm")), chest(seed=1))


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


def test_for_a_cect_the_series_with_contrast_is_preferred(tmp_path: Path) -> None:
    write_series(tmp_path / "a", chest(), SeriesNumber=1, SeriesDescription="native 3mm")
    write_series(
        tmp_path / "b", chest(seed=1), SeriesNumber=2, SeriesDescription="CTA", ContrastBolusAgent="Iomeron"
    )
    assert np.array_equal(values(read_scan(tmp_path)), chest())
    assert np.array_equal(values(read_scan(tmp_path, contrast=True)), chest(seed=1))


@pytest.mark.parametrize("entry", ["NONE", "no", "N/A", "Without contrast"])
def test_a_header_that_says_there_was_no_agent_names_none(tmp_path: Path, entry: str) -> None:
    write_series(tmp_path, chest(), ContrastBolusAgent=entry)
    scan = read_scan(tmp_path)
    assert "contrast_in_header" not in notices(scan) and scan.metadata["contrast_agent"] is None


def test_slices_of_two_studies_are_not_one_scan_though_their_series_uid_is_one(tmp_path: Path) -> None:
    uid = generate_uid()
    for study, part, below in (("a", chest()[:7], 0), ("b", chest(seed=1)[7:], 7)):
        write_series(
            tmp_path, part, study, SeriesInstanceUID=uid,
            ImagePositionPatient=lambda index, below=below: [-12.5, 30.25, -101.0 + 3.0 * (below + index)],
        )  # fmt: skip
    scan = read_scan(tmp_path)
    assert np.array_equal(values(scan), chest()[:7])
    assert "5 slices" in notices(scan)["other_series"]
