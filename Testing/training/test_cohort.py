"""Folders of virtual patients are filled by one version of the phantom only."""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from SyntheticCECTLib.core.errors import InputRefused
from SyntheticCECTLib.phantom.training_sample import TrainingSample
from training import cohort, evaluate
from training.cohort import (
    DRAWN_BY,
    FIRST_CALIBRATION_SEED,
    FIRST_TRAINING_SEED,
    claim_cohort,
    draw_cohort,
    load_sample,
)
from training.paper_report import paper_command
from training.paper_report.paper_command import Study, repeat_paper

SEEDS = range(FIRST_TRAINING_SEED, FIRST_TRAINING_SEED + 3)


def sample(seed: int, tissue_variety: float, even_sizes: bool, even_contrast: bool) -> TrainingSample:
    number = seed % 100 + int(10 * tissue_variety) + 1000 * even_sizes + 2000 * even_contrast
    array = np.full((2, 4, 4), number, np.int16)
    return TrainingSample(array, array, array, array, array, array)


def in_folder(folder: Path) -> dict[str, float]:
    return {path.name: path.stat().st_mtime_ns for path in folder.rglob("*")}


@pytest.fixture
def drawing(monkeypatch: pytest.MonkeyPatch) -> None:
    class OneProcess:
        def __init__(self, _: int) -> None:
            self.map = map

        def __enter__(self) -> OneProcess:
            return self

        def __exit__(self, *_: object) -> None:
            return

    monkeypatch.setattr(cohort, "ProcessPoolExecutor", OneProcess)
    monkeypatch.setattr(cohort, "draw_training_sample", sample)


def raise_version(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cohort, "PHANTOM_VERSION", 2)


def test_new_cohort_says_which_phantom_drew_it_and_grows(
    drawing: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    raise_version(monkeypatch)
    folder = tmp_path / "new" / "cohort"
    (first,) = draw_cohort(folder, SEEDS[:1], 1)
    assert json.loads((folder / DRAWN_BY).read_text()) == {"phantom_version": 2}
    before = in_folder(folder)
    paths = draw_cohort(folder, SEEDS[:3], 1)
    assert [int(load_sample(path).heart_cect[0, 0, 0]) for path in paths] == [20, 21, 22] and paths[
        0
    ] == first
    assert before.items() <= in_folder(folder).items(), "what was there is left alone"
    assert not [path for path in folder.iterdir() if path.name.startswith(".")]


def test_patients_of_other_tissues_sizes_or_contrasts_lie_beside_those_of_the_same_seeds(
    drawing: None, tmp_path: Path
) -> None:
    kinds = [(variety, *even) for even in product((False, True), repeat=2) for variety in (2.0, 1.0)]
    paths = [draw_cohort(tmp_path, SEEDS[:1], 1, *kind)[0] for kind in kinds]
    assert [int(load_sample(path).heart_cect[0, 0, 0]) for path in paths] == [
        20, 10, 2020, 2010, 1020, 1010, 3020, 3010,
    ]  # fmt: skip


@pytest.mark.parametrize("first", [FIRST_TRAINING_SEED - 1, FIRST_CALIBRATION_SEED - 2])
def test_patients_that_test_or_calibrate_are_never_trained_on(
    drawing: None, tmp_path: Path, first: int
) -> None:
    with pytest.raises(InputRefused, match=f"3 patients from seed {first} on") as refusal:
        draw_cohort(tmp_path / "cohort", range(first, first + 3), 1)
    assert refusal.value.code == "not_training_seeds" and not (tmp_path / "cohort").exists()


def test_cohort_of_another_phantom_is_refused_and_left_alone(
    drawing: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw_cohort(tmp_path / "cohort", SEEDS[:1], 1)
    raise_version(monkeypatch)
    before = in_folder(tmp_path)
    for patients in (1, 2):
        with pytest.raises(InputRefused, match="drawn by version 1 of the phantom; this is version 2") as no:
            draw_cohort(tmp_path / "cohort", SEEDS[:patients], 1)
        assert no.value.code == "other_phantom" and "remove" in no.value.remedy
    assert in_folder(tmp_path) == before


def test_cohort_without_a_version_counts_as_the_first_and_gets_no_file(
    drawing: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / f"patient-{FIRST_TRAINING_SEED}.npz"
    path.write_bytes(b"drawn before versions were written down")
    before = in_folder(tmp_path)
    assert draw_cohort(tmp_path, SEEDS[:1], 1) == [path] and in_folder(tmp_path) == before
    draw_cohort(tmp_path, SEEDS[:2], 1)
    assert not (tmp_path / DRAWN_BY).exists()
    raise_version(monkeypatch)
    with pytest.raises(InputRefused, match="version 1 of the phantom"):
        draw_cohort(tmp_path, SEEDS[:1], 1)


def test_hidden_rests_of_another_start_do_not_begin_a_cohort(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    raise_version(monkeypatch)
    (tmp_path / ".patient-1.partial").mkdir()
    claim_cohort(tmp_path)
    claim_cohort(tmp_path)
    assert json.loads((tmp_path / DRAWN_BY).read_text()) == {"phantom_version": 2}


def test_test_patients_of_another_phantom_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluate, "make_patient", lambda *_: None)
    monkeypatch.setattr(evaluate, "write_patient", lambda _, folder: (folder / "truth.json").touch())
    monkeypatch.setattr(evaluate, "read_patient", lambda folder: folder)
    found: object = evaluate.test_patient(3, tmp_path / "tests")
    assert found == tmp_path / "tests" / "patient-3" and (tmp_path / "tests" / DRAWN_BY).exists()
    assert evaluate.test_patient(4, tmp_path / "tests")
    raise_version(monkeypatch)
    with pytest.raises(InputRefused, match="version 1 of the phantom"):
        evaluate.test_patient(3, tmp_path / "tests")


def test_study_of_another_phantom_is_not_continued(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paper_command, "prepare_cohort", lambda *_: pytest.fail("it goes on"))
    (tmp_path / "pairs").mkdir()
    raise_version(monkeypatch)
    with pytest.raises(InputRefused, match="version 1 of the phantom"):
        repeat_paper(Study((1, 1, 1), {}, 1, True), tmp_path, 1)


@pytest.mark.parametrize("text", ["", "[]", "{}"])
def test_a_damaged_version_is_refused_and_named(tmp_path: Path, text: str) -> None:
    (tmp_path / DRAWN_BY).write_text(text)
    with pytest.raises(InputRefused, match=DRAWN_BY) as refusal:
        claim_cohort(tmp_path)
    assert refusal.value.code == "other_phantom" and "another folder" in refusal.value.remedy
