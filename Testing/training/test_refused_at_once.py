"""What cannot be trained or judged is refused before patients are drawn, read or measured."""

from __future__ import annotations

import errno
import sys
from pathlib import Path
from typing import Any

import pytest

from SyntheticCECTLib.core.errors import InputRefused
from SyntheticCECTLib.core.networks.model_package import load_model
from training import __main__ as command_line
from training import cohort, evaluate, robustness, train_command
from training.paper_report import paper_command
from training.paper_report.paper_command import Study, repeat_paper
from training.prepare import prepare_command
from training.run_settings import RunSettings, make_settings, read_recipe
from training.santini_task import SantiniSettings

CONFIGS = Path("training/configs")
SANTINI = CONFIGS / "santini2018.yaml"
LEAST = {"model": "heart_finder", "model_id": "mine", "widths": [4, 4, 4, 4]}


@pytest.fixture(autouse=True)
def nobody_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        pytest.fail("patients are drawn")

    monkeypatch.setattr(cohort, "draw_training_sample", fail)
    monkeypatch.setattr(cohort, "ProcessPoolExecutor", fail)
    monkeypatch.setattr(evaluate, "make_patient", fail)
    monkeypatch.setattr(robustness, "make_patient", fail)
    monkeypatch.setattr(paper_command, "prepare_cohort", fail)


def said_by(patch: pytest.MonkeyPatch, *words: str | Path) -> str:
    patch.setattr(sys, "argv", ["training", *map(str, words)])
    with pytest.raises(SystemExit) as end:
        command_line.main()
    return str(end.value.code)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"model_id": "my model"}, "model_id is 'my model'"),
        ({"patients": 0}, "patients is 0"),
        ({"validation_patients": 0}, "validation_patients is 0"),
        ({"learning_rate": -1}, "learning_rate is -1"),
        ({"learning_rate": "nan"}, "learning_rate is nan"),
        ({"epochs": float("inf")}, "epochs is inf"),
        ({"tissue_variety": 0.5}, "tissue_variety is 0.5"),
        ({"batch": 32, "part": 8, "devices": 3}, "3 processes must be able to share its 4 parts"),
    ],
)
def test_settings_that_no_run_could_use(wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(InputRefused, match=words) as refusal:
        make_settings(RunSettings, LEAST | wrong)
    assert refusal.value.code == "bad_settings"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--widths", "8", "16"], "widths is [8, 16]: widths must be nine positive whole numbers"),
        (["--start", "nobody"], "start is 'nobody': No model package 'nobody'"),
        (["--epochs", "3"], "both 5500 steps and 3 epochs"),
        (["--data", "pairs", "--patients", "3"], "--patients: such settings are of virtual patients"),
    ],
)
def test_recipe_that_cannot_be_trained(words: list[str], said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert said in said_by(monkeypatch, "train", SANTINI, *words)


def test_widths_of_a_heart_network_are_four(monkeypatch: pytest.MonkeyPatch) -> None:
    said = said_by(monkeypatch, "train", CONFIGS / "heart_finder.yaml", "--widths", "8", "16", "32")
    assert "must be four positive whole numbers, got (8, 16, 32)" in said


@pytest.mark.parametrize(
    "several",
    [{"WORLD_SIZE": "2"}, {"SLURM_NTASKS": "2", "SLURM_NTASKS_PER_NODE": "2", "SLURM_JOB_NAME": "train"}],
)
def test_several_processes_do_not_draw_into_each_others_files(
    several: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files of other patients do not count, however many there are."""
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    for name, value in several.items():
        monkeypatch.setenv(name, value)
    for seed in range(100_000, 100_030):
        (tmp_path / f"patient-{seed}.npz").touch()
    counts = ["--patients", "2", "--validation-patients", "1", "--batch", "16", "--devices", "2"]
    given = ["--cohort", tmp_path, *counts, "--first-seed", "100028"]
    said = said_by(monkeypatch, "train", SANTINI, *given)
    assert "holds 2 of the 3 virtual patients yet" in said and "one process" in said


def test_patients_that_trained_the_start_do_not_judge_what_follows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = load_model("santini2018").card["recipe"]
    assert theirs["patients"] == 480 and theirs.get("first_seed", 100_000) == 100_000
    given = ["--start", "santini2018", "--cohort", tmp_path, "--patients", "240"]
    said = said_by(monkeypatch, "train", SANTINI, *given)
    assert "trained on seeds 100000 to 100479; seeds 100240 to 100255" in said and "--first-seed" in said
    settings = make_settings(SantiniSettings, read_recipe(SANTINI) | {"start": "santini2018"})
    train_command._refuse_seen_patients(load_model("santini2018"), range(100_480, 100_496))
    assert train_command._begun_with(settings) is not None


@pytest.mark.parametrize(("command", "option"), [("evaluate", "--model"), ("robustness", "--models")])
def test_model_that_is_not_there_is_not_evaluated(
    command: str, option: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = tmp_path / "rows.json"
    said = said_by(monkeypatch, command, option, "laftheart", "--output", output)
    assert "No model package 'laftheart'" in said and not output.exists()


@pytest.mark.parametrize(
    ("command", "option"),
    [("calibrate", "--patients"), ("ablation", "--patients"), ("robustness", "--patients"), ("paper", "--workers"),
     ("ablation-training", "--steps")],
)  # fmt: skip
def test_nobody_and_nothing_cannot_be_counted(
    command: str, option: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert said_by(monkeypatch, command, option, "0") == "2"
    assert f"argument {option}: 0 is below 1" in capsys.readouterr().err


def test_recipe_that_is_not_in_utf_8_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "recipe.yaml").write_bytes("model: santini2018  # für uns\n".encode("cp1252"))
    assert "recipe.yaml' cannot be read" in said_by(monkeypatch, "train", tmp_path / "recipe.yaml")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "/data/pairs"), "training prepare: '/data/pairs': No space left"),
        (PermissionError(errno.EACCES, "Permission denied"), "training prepare: Permission denied."),
        (KeyboardInterrupt(), "130"),
    ],
)  # fmt: skip
def test_full_disk_and_interruption_are_told_in_one_line(
    error: BaseException, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_: object) -> None:
        raise error

    monkeypatch.setattr(prepare_command, "run", fail)
    assert said in said_by(monkeypatch, "prepare", "pairs.csv", "-o", "pairs")
    assert ("interrupted" in capsys.readouterr().err) == isinstance(error, KeyboardInterrupt)


def test_study_of_another_recipe_is_not_prepared_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = read_recipe(CONFIGS / "santini2018_paper.yaml")
    run = make_settings(SantiniSettings, recipe | paper_command.PATIENTS)
    known = {"settings": run.as_dict() | {"beta": 0.5}}
    monkeypatch.setattr("training.run_state.read_checkpoint", lambda _: ({}, known))
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "last.safetensors").touch()
    with pytest.raises(InputRefused, match=r"beta was 0\.5, is 0\.01") as refusal:
        repeat_paper(Study((1, 1, 1), recipe, 2018, True), tmp_path, 1)
    assert refusal.value.code == "other_settings"
