"""The test pairs of a prepared folder through the whole path."""

from __future__ import annotations

import argparse
import html
import json
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from SyntheticCECTLib.core.errors import InputRefused
from SyntheticCECTLib.core.formats.label_file import write_chambers
from SyntheticCECTLib.phantom.patient import Protocol, make_patient
from training.paper_report import evaluate_pairs
from training.prepare.cohort_preparation import prepare_cohort
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
    assert f"1 test pairs of '{data.name}'" in text and "may have been trained" not in text

    def again(*_: object) -> str | None:
        calls.append(1)
        return "bert: still gone"

    calls: list[int] = []
    monkeypatch.setattr(evaluate_pairs, "evaluate_pair", again)
    assert evaluate_pairs.run(options(data)) == page and calls == [1], "only what is missing"


def test_results_of_another_model_are_not_mixed_in(data: Path, tmp_path: Path) -> None:
    case = tmp_path / "results" / "anna"
    case.mkdir(parents=True)
    (case / "metrics.json").write_text(json.dumps({"model": {"sha256": "f" * 64}}))
    with pytest.raises(InputRefused, match="another model") as refusal:
        evaluate_pairs.run(options(data, output=tmp_path))
    assert "-o" in refusal.value.remedy


def test_split_without_pairs_is_refused(data: Path) -> None:
    with pytest.raises(InputRefused, match="no train pairs"):
        evaluate_pairs.run(options(data, split="train"))
