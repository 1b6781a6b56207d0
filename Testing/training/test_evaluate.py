"""Test patients through the whole path: figures, refusals, and what may be called unseen."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import pytest

from SyntheticCECTLib.core.errors import InputRefused
from SyntheticCECTLib.phantom.patient import Protocol, make_patient
from SyntheticCECTLib.phantom.patient_folder import write_patient
from training import evaluate
from training.card_results import mean_and_spread, of_volumes, write_on_card
from training.evaluate import evaluate_patient, run
from training.paper_report.report_command import PAGE


def row(true: float, found: float | None, interval: tuple[float, float] | None = None) -> dict[str, object]:
    return {
        "true_ml": {"la": true, "lv": 2 * true},
        "volumes_ml": {"la": found, "lv": None if found is None else 2 * found},
        "intervals_ml": {} if interval is None else {"la": interval},
    }


def test_volumes_of_patients_that_have_both_chambers_are_correlated_and_intervals_counted() -> None:
    rows = [row(n, 1.1 * n, (0, n)) for n in (30.0, 40.0, 50.0, 60.0)]
    found = of_volumes(
        [*rows, row(30.0, None, (31, 40)), {"true_ml": {}, "volumes_ml": {}, "intervals_ml": {}}]
    )
    assert (
        found["Pearson's rho of LA+LV"].startswith("1.000 (p ") and "n = 4" in found["Pearson's rho of LA+LV"]
    )
    assert found["bias of LA+LV, median"] == "+10.0 %"
    assert found["95 % intervals that hold the true volume"] == "4 of 5"
    assert of_volumes(rows[:3]).keys() == {"95 % intervals that hold the true volume"}


def test_error_that_follows_the_wall_is_said_where_every_wall_is_known() -> None:
    errors = {40.0: -0.1, 50.0: -0.02, 60.0: 0.02, 70.0: 0.12}
    rows = [row(true, true * (1 + error)) | {"wall_mm": 9 + 40 * error} for true, error in errors.items()]
    found = of_volumes(rows)
    assert found["rho of that error with the wall"] == "+1.00"
    rows[2]["wall_mm"] = None
    assert "rho of that error with the wall" not in of_volumes(rows)


def test_figures_on_a_card_replace_those_of_an_earlier_evaluation_and_no_others(tmp_path: Path) -> None:
    card = {"id": "x", "results": {"on": "16 patients", "whole path": {"on": "2 patients", "dV %": "9"}}}
    (tmp_path / "card.json").write_text(json.dumps(card))
    figures = mean_and_spread([{"dice": 0.8, "nmi": None}, {"dice": 0.9}])
    assert figures == {"Dice LA+LV per slice": "0.850 +- 0.071 (n = 2)"}
    assert mean_and_spread([{"dice": 0.8}]) == {"Dice LA+LV per slice": "0.800 (n = 1)"}
    write_on_card(tmp_path, "whole path", "20 patients", figures)
    results = {"on": "16 patients", "whole path": {"on": "20 patients"} | figures}
    assert json.loads((tmp_path / "card.json").read_text()) == card | {"results": results}


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small scan of seed 3."""
    folder = tmp_path_factory.mktemp("cohort")
    protocol = Protocol.draw(np.random.default_rng(3), matrix=96, slices=44, field_mm=215.0)
    (folder / "patient-3").mkdir()
    write_patient(make_patient(3, protocol), folder / "patient-3")
    return folder


def test_evaluation_prints_figures_and_writes_the_papers_page(
    cohort: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = argparse.Namespace(
        patients=1, first_seed=3, workers=1, model=None, cohort=cohort, output=tmp_path / "rows.json",
        report=tmp_path / "report", card=False,
    )  # fmt: skip
    run(options)
    (figures,) = json.loads((tmp_path / "rows.json").read_text())
    assert figures["seed"] == 3 and figures["refused"] is None and figures["dice"] > 0.5
    assert f"{figures['dice']:.3f}" in capsys.readouterr().out
    assert "no training ever saw" in (tmp_path / "report" / "report" / PAGE).read_text(encoding="utf-8")
    with pytest.raises(InputRefused, match="exists"):
        run(options)


def test_refused_patient_costs_no_other_patient(cohort: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*rest: object) -> None:
        raise InputRefused("no_heart", "No heart was found.", "Give a mask.")

    monkeypatch.setattr(evaluate, "process_case", refuse)
    found = evaluate_patient(3, None, cohort)
    assert "No heart was found." in found["refused"] and found["dice"] is None and found["true_ml"]["la"] > 0


@pytest.mark.parametrize(("first", "count"), [(99_999, 2), (100_000, 1), (300_000, 20), (-1, 2), (1, 0)])
def test_patients_of_training_and_calibration_cannot_be_test_patients(first: int, count: int) -> None:
    with pytest.raises(InputRefused, match="not all test patients") as refusal:
        run(argparse.Namespace(first_seed=first, patients=count))
    assert "99999" in refusal.value.remedy
