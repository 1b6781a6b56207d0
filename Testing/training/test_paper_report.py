"""The paper's tables and figures, from result folders of patients of blocks whose numbers are known."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from SyntheticCECTLib.core.case_folder import write_case
from SyntheticCECTLib.core.errors import InputRefused
from Testing import small_case
from training.paper_report import observer_study, report_page
from training.paper_report.cohort_results import PatientResult, per_patient, per_slice, read_results
from training.paper_report.cohort_statistics import cohort_statistics, spread
from training.paper_report.report_command import write_paper_report

GROWN = (0, 1, 2, 4, 3)  # rows by which each reference's left ventricle is taller than what is found


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("results")
    for number, grown in enumerate(GROWN):
        array = sitk.GetArrayFromImage(small_case.labels())
        k, j, i = small_case.LV
        array[k, j.start - grown : j.stop, i] = 2
        folder = home / f"patient-{number}"
        folder.mkdir()
        write_case(small_case.case_result(reference=small_case.image_of(array)), folder)
    return home


def lv_ml(grown: int) -> float:
    return 6 * (10 + grown) * 16 * 0.02


def test_volumes_agree_as_computed_by_hand(results: Path) -> None:
    found = cohort_statistics(read_results(results))
    limits = found["volumes"]["lv"]["bland_altman"]
    differences = np.array([lv_ml(0) - lv_ml(grown) for grown in GROWN])
    assert limits["bias"] == pytest.approx(differences.mean())
    assert limits["lower"] == pytest.approx(differences.mean() - 1.96 * differences.std(ddof=1))
    errors = [100 * 6 * 16 * g / (6 * 8 * 12 + 6 * 16 * (10 + g)) for g in GROWN]
    assert found["metrics"]["dv_percent"]["mean"] == pytest.approx(np.mean(errors))
    assert found["metrics"]["dv_percent"]["sd"] == pytest.approx(np.std(errors, ddof=1))


def test_figure_that_does_not_exist_has_its_reason(results: Path) -> None:
    # Every patient is predicted alike, so a correlation has no meaning.
    volumes = cohort_statistics(read_results(results))["volumes"]["la"]
    assert volumes["pearson"] is None and "differ" in volumes["reasons"]["pearson"]


def test_slices_of_the_paper_are_those_with_both_chambers(results: Path) -> None:
    found = cohort_statistics(read_results(results))
    assert found["paper_slices"]["n"] == 6 * len(GROWN)
    rows = per_slice(read_results(results))
    assert sum(row["both_chambers"] for row in rows) == 6 * len(GROWN)
    dices = [row["dice"] for row in rows if row["both_chambers"]]
    assert found["paper_slices"]["mean"] == pytest.approx(np.mean(dices))


def test_page_shows_the_paper_beside_us_and_calls_simulated_readers_simulated(
    results: Path, tmp_path: Path
) -> None:
    write_paper_report(results, tmp_path / "out", "Blocks, simulated.", observers=True)
    page = (tmp_path / "out" / "paper.html").read_text(encoding="utf-8")
    for words in (
        "0.88 ± 0.03",
        "48.30 ± 2.03",
        "Bland-Altman",
        "SIMULATED readers",
        "No human was asked",
        "Research use only",
    ):
        assert words in page
    assert "http://" not in page and "https://" not in page
    assert page.count("<svg") == 6 and page.count("data:image/jpeg") >= 3 * 3 * 3
    statistics = json.loads((tmp_path / "out" / "statistics.json").read_text())
    assert statistics["observers"]["simulated"] is True and statistics["observers"]["slices"] == 10
    with (tmp_path / "out" / "per_patient.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert [float(row["lv_reference_ml"]) for row in rows] == pytest.approx([lv_ml(grown) for grown in GROWN])
    assert len(per_patient(read_results(results))) == len(GROWN)


def test_results_that_were_not_compared_are_named(results: Path, tmp_path: Path) -> None:
    home = tmp_path / "results"
    home.mkdir()
    for number in (0, 1):
        (home / f"patient-{number}").symlink_to(results / f"patient-{number}")
    (home / "without").mkdir()
    write_case(small_case.case_result(reference=None), home / "without", with_report=False)
    found = write_paper_report(home, tmp_path / "out", "Blocks.")
    assert found["patients"] == 2
    assert "not compared with a reference, and do not count: without." in found["data"]
    assert found["data"] in (tmp_path / "out" / "paper.html").read_text(encoding="utf-8")


def test_observers_areas_are_compared_in_mm2_whatever_the_size_of_pixels(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Hearts of equal size in pixels differ by the size of the pixels; in pixels they would all be alike."""
    truth = np.zeros((64, 64), bool)
    truth[16:48, 16:48] = True
    sizes, missed = (0.5, 1.0, 2.0), {1: (1, 8, 3), 2: (7, 2, 9)}

    class Steady:
        def __init__(self, number: int) -> None:
            self.number = number

        def draw(self, truth: np.ndarray, spacing: tuple[float, float], **_: int) -> np.ndarray:
            drawn = truth.copy()
            drawn[16, 16 : 16 + missed[self.number][sizes.index(spacing[0])]] = False
            return drawn

    monkeypatch.setattr(observer_study, "SimulatedReader", Steady)
    monkeypatch.setattr(observer_study, "_slice", lambda one, k: (truth, truth, (sizes[k], sizes[k])))
    parts = [{"slice": k, "dice_la": 1.0, "dice_lv": 1.0} for k in range(3)]
    found = observer_study.observer_study([PatientResult("a", {"slices": parts}, "m", Path())])
    assert found is not None
    assert np.corrcoef(np.array([*missed.values()]))[0, 1] < 0, (
        "in pixels they would seem to contradict each other"
    )
    areas = [
        [(1024 - n) * size**2 for n, size in zip(missed[reader], sizes, strict=True)] for reader in (1, 2)
    ]
    assert found["inter_observer_rho"] == pytest.approx(np.corrcoef(np.array(areas))[0, 1])
    # Without an error of the hand a reader repeats himself; where there is no spread there is no value.
    assert found["intra_observer_rho"] == pytest.approx(1.0)
    alone = observer_study.observer_study([PatientResult("a", {"slices": parts[:1]}, "m", Path())])
    assert "no value" in report_page._observers(alone) and "nan" not in report_page._observers(alone)


def test_folder_without_results_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputRefused) as refusal:
        read_results(tmp_path)
    assert refusal.value.code == "no_results"
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "metrics.json").write_text("{")
    with pytest.raises(InputRefused, match=r"metrics\.json"):
        read_results(tmp_path)


def test_spread_leaves_out_what_has_no_value() -> None:
    found = spread([1.0, None, 3.0])
    assert found is not None and (found.mean, found.median, found.n) == (2.0, 2.0, 2)
    assert found.sd == pytest.approx(2**0.5) and spread([None]) is None
