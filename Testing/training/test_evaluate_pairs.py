"""The test pairs of a prepared folder through the whole path."""

from __future__ import annotations

import argparse
import csv
import html
import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from SyntheticCECTLib.core.case_folder import write_case
from SyntheticCECTLib.core.errors import InputRefused
from SyntheticCECTLib.core.formats.label_file import write_chambers
from SyntheticCECTLib.core.formats.output_folder import output_folder
from SyntheticCECTLib.core.networks.model_package import load_model
from SyntheticCECTLib.phantom.patient import Protocol, make_patient
from Testing import small_case
from training.card_results import of_volumes
from training.package import rewrite_card
from training.paper_report import evaluate_pairs
from training.prepare.cohort_preparation import prepare_cohort, split_facts
from training.prepare.pair_images import VIRTUAL
from training.prepare.patient_files import PatientFiles


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two test pairs, of which one loses its CECT after it was prepared."""
    home, prepared = tmp_path_factory.mktemp("files"), tmp_path_factory.mktemp("prepared")
    patient = make_patient(
        3, Protocol(matrix=112, slices=48, slice_mm=3.0, shift_mm=np.array([8.0, -5.0, 6.0]))
    )
    on_cect = sitk.Resample(
        patient.labels, patient.cect, patient.cect_to_native.GetInverse(), sitk.sitkNearestNeighbor
    )
    for name, image in (("ct", patient.native_ct), ("cect", patient.cect), ("gone", patient.cect)):
        sitk.WriteImage(image, str(home / f"{name}.nrrd"))
    sitk.WriteImage(patient.heart_mask, str(home / "heart.nrrd"), True)
    write_chambers(home / "drawn.seg.nrrd", on_cect)
    ct, drawn, heart = (str(home / name) for name in ("ct.nrrd", "drawn.seg.nrrd", "heart.nrrd"))
    pairs = [
        PatientFiles(case, ct, str(home / cect), drawn, heart_mask=heart, split="test")
        for case, cect in (("anna", "cect.nrrd"), ("bert", "gone.nrrd"))
    ]
    prepare_cohort(pairs, prepared, keep_suspects=True)
    (home / "gone.nrrd").unlink()
    return prepared


def options(data: Path, **changes: object) -> argparse.Namespace:
    wanted = {
        "data": data,
        "model": "santini2018",
        "split": "test",
        "output": None,
        "device": "cpu",
        "workers": 1,
        "card": False,
    }
    return argparse.Namespace(**wanted | changes)


def test_chambers_drawn_on_the_cect_are_compared_on_the_ct_and_reported(
    data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    page = evaluate_pairs.run(options(data))
    assert "bert: " in (said := capsys.readouterr().out) and "gone.nrrd" in said
    metrics = json.loads((page.parents[1] / "results" / "anna" / "metrics.json").read_text())
    assert metrics["agreement"]["dice"] > 0.7 and metrics["agreement"]["mae_hu"] is not None
    text = html.unescape(page.read_text())
    assert f"1 of 2 test pairs of '{data.name}'" in text and "may have been trained" not in text
    assert "Not evaluated: bert: " in text and "gone.nrrd" in text, "the page tells who is not in its figures"

    def again(*_: object) -> str | None:
        calls.append(1)
        return "bert: still gone"

    calls: list[int] = []
    monkeypatch.setattr(evaluate_pairs, "evaluate_pair", again)
    assert evaluate_pairs.run(options(data)) == page and calls == [1], "only what is missing"


def test_results_on_ones_own_pairs_are_written_on_the_card_and_called_so(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    package = load_model("santini2018")
    card = json.loads((package.folder / "card.json").read_text(encoding="utf-8"))
    facts = split_facts(data)
    other = facts | {"test_set_sha256": "0" * 64}
    trained = {
        "none": {}, "here": {"split": facts}, "elsewhere": {"split": other},
        # What it began with has seen what it held out itself.
        "before": {"split": facts, "start": {"start": {"split": other}}},
    }  # fmt: skip
    held_out = "the test set that the model's training held out"
    said = {
        "none": "",
        "here": f"; {held_out}",
        "elsewhere": f"; not {held_out}",
        "before": f"; not {held_out}",
    }
    for where, known in trained.items():
        model = Path(shutil.copytree(package.folder, tmp_path / where))
        rewrite_card(model, card | known)
        page = evaluate_pairs.run(options(data, model=str(model), output=tmp_path / "result", card=True))
        written = json.loads((model / "card.json").read_text(encoding="utf-8"))["results"]
        found = written.pop("own pairs, test")
        who = f"1 of 2 test pairs of '{data.name}' (split by seed 2018{said[where]}"
        assert found["on"].startswith(who) and found["on"].endswith(")")
        assert who.removeprefix("1 of 2 ") in html.unescape(page.read_text())
        assert written == card["results"], "the others stay"
        assert float(found["Dice LA+LV per slice"].split()[0]) > 0.7
        assert found["Dice LA"].endswith("(n = 1)") and "Dice heart mask" not in found
        assert load_model(model).settings_sha256 == package.settings_sha256, "it is run as before"
    assert "on the card of 'santini2018', as 'own pairs, test'" in capsys.readouterr().out


def test_pairs_of_training_are_not_called_held_out(data: Path) -> None:
    words = evaluate_pairs.held_out(load_model("santini2018"), split_facts(data), "validation")
    assert words == "the model may have been trained or chosen on them"


def test_volumes_on_the_card_are_those_drawn_with_the_intervals_that_hold_them(tmp_path: Path) -> None:
    agreement = {"dice": 0.9, "reference_ml": {"la": 50.0, "lv": 80.0, "union": 130.0}}
    intervals = {"la": [45.0, 60.0], "lv": None}
    metrics = {
        "agreement": agreement, "volumes_ml": {"la": 55.0, "lv": 80.0}, "volume_intervals_ml": intervals,
    }  # fmt: skip
    (tmp_path / "metrics.json").write_text(json.dumps(metrics))
    row = evaluate_pairs.card_row(tmp_path)
    assert row["dice"] == 0.9 and row["true_ml"] == {"la": 50.0, "lv": 80.0}
    assert of_volumes([row] * 3, "drawn") == {"95 % intervals that hold the drawn volume": "3 of 3"}


def test_virtual_partner_is_made_again_and_the_result_warns_of_it(data: Path, tmp_path: Path) -> None:
    listed = evaluate_pairs.listed_files(data / "patients" / "anna.npz")
    alone = replace(listed, case_id="cora", native="", heart_mask="")
    assert evaluate_pairs.evaluate_pair(tmp_path, "santini2018", "cpu", alone) is None
    metrics = json.loads((tmp_path / "cora" / "metrics.json").read_text())
    assert metrics["input"] == VIRTUAL
    assert "virtual_native" in [warning["code"] for warning in metrics["warnings"]]
    assert metrics["agreement"]["dice"] > 0.7 and metrics["agreement"]["mae_hu"] is not None


def test_report_has_the_listed_pairs_of_its_split_and_no_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    home, model = tmp_path / "prepared", load_model("santini2018")
    (home / "patients").mkdir(parents=True)
    for case, native in (("anna", "ct.nrrd"), ("bert", "ct.nrrd"), ("cora", ""), ("dora", "ct.nrrd")):
        files = PatientFiles(case, native, "cect.nrrd", "labels.nrrd")
        (home / "patients" / f"{case}.json").write_text(
            json.dumps({"files": files.as_dict(), "native_sha256": "", "cect_sha256": case})
        )

    def list_cases(**split: list[str]) -> None:
        (home / "split.json").write_text(json.dumps({"seed": 7, "train": []} | split))

    def evaluated(results: Path, _model: str, _device: str, files: PatientFiles) -> None:
        folder = results / files.case_id
        folder.mkdir(parents=True)
        metrics = write_case(small_case.case_result(reference=small_case.labels()), folder, with_report=False)
        metrics["model"] |= {"sha256": model.sha256, "settings_sha256": model.settings_sha256}
        (folder / "metrics.json").write_text(json.dumps(metrics))

    def reported(split: str, output: Path | None = None) -> tuple[Path, list[str], str]:
        page = evaluate_pairs.run(options(home, split=split, output=output))
        with (page.parent / "per_patient.csv").open(newline="") as table:
            return page, [row["case_id"] for row in csv.DictReader(table)], html.unescape(page.read_text())

    monkeypatch.setattr(evaluate_pairs, "evaluate_pair", evaluated)
    list_cases(validation=["anna", "bert", "cora"], test=["dora"])
    first, cases, text = reported("validation")
    assert cases == ["anna", "bert", "cora"] and f"1 of the CTs without contrast are {VIRTUAL}" in text
    second, cases, text = reported("test")
    assert cases == ["dora"] and "1 test pairs" in text and VIRTUAL not in text
    assert (first.parts[-3], second.parts[-3]) == ("validation", "test")
    for split, wanted in (("validation", ["anna", "bert", "cora"]), ("test", ["dora"])):
        assert reported(split, tmp_path / "one folder")[1] == wanted
    assert "prepared again" not in capsys.readouterr().out
    for _ in range(2):
        list_cases(validation=["anna", "cora"], test=["dora"])  # a new start of prepare dropped him
        assert reported("validation")[1] == ["anna", "cora"]
        aside = first.parents[1] / "unlisted" / "bert"
        said = f"bert: not listed in this split; its result is now in '{aside}'"
        assert (aside / "metrics.json").exists() and said in capsys.readouterr().out
        list_cases(validation=["anna", "bert", "cora"], test=["dora"])
        assert reported("validation")[1] == ["anna", "bert", "cora"]


def test_pair_that_was_prepared_again_is_evaluated_again(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Corrected labels must not keep the figures of the old ones, not even where the new ones are refused."""
    model, calls = load_model("santini2018"), list[str]()

    def evaluated(results: Path, _model: str, _device: str, files: PatientFiles) -> str | None:
        calls.append(files.case_id)
        if calls.count("bert") == 2:
            return "bert: its labels are damaged."
        with output_folder(results / files.case_id) as folder:
            result = small_case.case_result(reference=small_case.labels())
            metrics = write_case(result, folder, with_report=False)
            metrics["model"] |= {"sha256": model.sha256, "settings_sha256": model.settings_sha256}
            (folder / "metrics.json").write_text(json.dumps(metrics))
        return None

    monkeypatch.setattr(evaluate_pairs, "evaluate_pair", evaluated)
    for _ in range(2):
        page = evaluate_pairs.run(options(data, output=tmp_path))
    assert calls == ["anna", "bert"] and "2 of 2 test pairs" in page.read_text()
    after = (tmp_path / "results" / "bert" / "metrics.json").stat().st_mtime + 1
    os.utime(data / "patients" / "bert.json", (after, after))
    text = html.unescape(evaluate_pairs.run(options(data, output=tmp_path)).read_text())
    assert calls == ["anna", "bert", "bert"]
    assert "1 of 2 test pairs" in text and "Not evaluated: bert: its labels are damaged." in text
    assert (tmp_path / "outdated" / "bert" / "metrics.json").exists()
    assert "bert: prepared again since it was evaluated" in capsys.readouterr().out


@pytest.mark.parametrize("of", ["other weights", "another card"])
def test_results_of_another_model_are_not_mixed_in(data: Path, tmp_path: Path, of: str) -> None:
    case = tmp_path / "results" / "anna"
    case.mkdir(parents=True)
    model = load_model("santini2018")
    weights = "f" * 64 if of == "other weights" else model.sha256
    settings = model.settings_sha256 if of == "other weights" else "f" * 64
    (case / "metrics.json").write_text(
        json.dumps({"model": {"sha256": weights, "settings_sha256": settings}})
    )
    with pytest.raises(InputRefused, match="another model") as refusal:
        evaluate_pairs.run(options(data, output=tmp_path))
    assert "-o" in refusal.value.remedy


def test_split_without_pairs_is_refused(data: Path) -> None:
    with pytest.raises(InputRefused, match="no train pairs"):
        evaluate_pairs.run(options(data, split="train"))
