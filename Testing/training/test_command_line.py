"""``python -m training``: its help, and what it refuses before work is lost."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from SyntheticCECTLib.core.errors import InputRefused
from SyntheticCECTLib.core.networks.left_heart_network import LeftHeart
from SyntheticCECTLib.core.networks.model_package import load_model
from training import __main__ as command_line
from training import train_command
from training.loop import Fitted
from training.prepare.cohort_preparation import prepare_cohort, split_facts
from training.train_command import Origin, train

RECIPE = "training/configs/santini2018.yaml"


def call(patch: pytest.MonkeyPatch, *words: str | Path) -> object:
    """Exit status, or the words that the command ends with."""
    patch.setattr(sys, "argv", ["training", *map(str, words)])
    with pytest.raises(SystemExit) as end:
        command_line.main()
    return end.value.code


@pytest.mark.parametrize("command", ["", *command_line.COMMANDS])
def test_help_says_what_every_command_and_option_is_for(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    assert call(monkeypatch, *[command] * bool(command), "--help") == 0
    text = capsys.readouterr().out
    assert not [wrong for wrong in ("None)", "``", " FALSE") if wrong in text]
    if not command:
        assert all(f"    {name} " in text for name in command_line.COMMANDS)
        return
    assert command_line.COMMANDS[command][1].split()[-1] in text, "its purpose"
    lines = text.partition("options:\n")[2].splitlines()
    for line, after in zip(lines, [*lines[1:], ""], strict=True):
        if line.startswith("  -"):
            assert "  " in line.strip() or after.startswith(" " * 10), f"no help: {line}"


def prepared(folder: Path, **split: list[str]) -> Path:
    folder.mkdir()
    cases = {"train": [], "validation": [], "test": []} | split
    (folder / "split.json").write_text(json.dumps({"seed": 7} | cases))
    (folder / "patients").mkdir()
    for case in cases["test"]:
        scans = {"native_sha256": f"{case} without", "cect_sha256": f"{case} with contrast"}
        (folder / "patients" / f"{case}.json").write_text(json.dumps(scans))
    return folder


def test_pairs_that_are_too_few_are_named_with_the_page_to_look_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = prepared(tmp_path / "pairs", train=["anna"])
    said = str(call(monkeypatch, "train", RECIPE, "--data", data))
    assert "no sound pair for validation" in said and str(data / "pair_check.html") in said


def test_run_of_other_data_is_not_continued(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(train_command, "fit", lambda *_: pytest.fail("it trains"))
    monkeypatch.setitem(
        train_command.KINDS,
        "blobs",
        train_command.Kind(train_command.RunSettings, LeftHeart, lambda *_: pytest.fail()),
    )
    settings = train_command.RunSettings("blobs", "blobs", (4,))
    paths = [tmp_path / name for name in ("anna.npz", "bert.npz")]
    for path in paths:
        path.write_bytes(b"pair")
    for attempt in range(2):  # the same data may go on
        with pytest.raises(pytest.fail.Exception):
            train(settings, Origin(paths[:1], paths[1:], "", ""), tmp_path / "run", tmp_path)
        assert (tmp_path / "run" / "data.json").exists(), attempt
    began = replace(settings, start="leftheart")
    monkeypatch.setattr(train_command, "_begun_with", lambda _: load_model("leftheart"))
    with pytest.raises(InputRefused, match="began with other weights"):
        train(began, Origin(paths[:1], paths[1:], "", ""), tmp_path / "run", tmp_path)
    monkeypatch.undo()
    monkeypatch.setattr(train_command, "fit", lambda *_: pytest.fail("it trains"))
    paths[0].write_bytes(b"another pair")
    with pytest.raises(InputRefused, match="other data") as refusal:
        train(settings, Origin(paths[:1], paths[1:], "", ""), tmp_path / "run", tmp_path)
    assert refusal.value.code == "other_data" and "--run" in refusal.value.remedy


def test_model_of_pairs_says_how_many_of_their_cts_are_virtual(tmp_path: Path) -> None:
    split = {"train": ["anna", "bert"], "validation": ["cora"], "virtual_native": ["bert"]}
    words = train_command._prepared(prepared(tmp_path / "pairs", **split)).words
    assert words.startswith("2 pairs of scans (1 of the CTs without contrast are virtual")
    assert "and 1 pairs of scans to validate on" in words


def test_model_of_pairs_says_the_seed_of_their_split_and_which_test_set_was_held_out(tmp_path: Path) -> None:
    split = {"train": ["anna", "bert"], "validation": ["cora"], "test": ["dora", "emil"]}
    origin = train_command._prepared(prepared(tmp_path / "pairs", **split))
    assert "split by seed 7 with 2 pairs held out to test on" in origin.words
    counts = {"seed": 7, "train": 2, "validation": 1, "test": 2}
    assert counts.items() <= origin.split.items()
    said = json.dumps(origin.split) + origin.words
    assert not [name for name in ("anna", "bert", "cora", "dora", "emil") if name in said], "it names nobody"

    def test_set(name: str, *cases: str) -> str:
        return split_facts(prepared(tmp_path / name, test=list(cases)))["test_set_sha256"]

    known = origin.split["test_set_sha256"]
    assert test_set("other order", "emil", "dora") == known
    assert known not in (test_set("less", "dora"), test_set("others", "dora", "anna"), test_set("none"))
    (tmp_path / "less" / "patients" / "dora.json").unlink()
    with pytest.raises(InputRefused, match="dora") as refusal:
        split_facts(tmp_path / "less")
    assert refusal.value.code == "not_prepared"


def test_run_that_starts_from_a_model_begins_with_its_weights_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundled = load_model("leftheart")
    widths = tuple(bundled.card["architecture"]["arguments"]["widths"])
    begun: dict[str, Any] = {}

    def fit(task: Any, *_: object) -> Fitted:
        begun["weights"] = {name: tensor.clone() for name, tensor in task.network.state_dict().items()}
        return Fitted(task.network, [], {}, {})

    def write_package(*given: Any) -> Path:
        begun["findings"] = given[3]
        return tmp_path

    monkeypatch.setattr(train_command, "fit", fit)
    monkeypatch.setattr(train_command, "write_package", write_package)
    untrained: Any = SimpleNamespace(network=LeftHeart(widths))
    monkeypatch.setitem(
        train_command.KINDS,
        "leftheart",
        train_command.Kind(train_command.RunSettings, LeftHeart, lambda *_: untrained),
    )
    settings = train_command.RunSettings("leftheart", "mine", widths, start="leftheart")
    train(settings, Origin([], [], "Two pairs.", ""), tmp_path / "run", tmp_path)
    wanted = bundled.network().state_dict()
    assert begun["weights"].keys() == wanted.keys()
    assert all(torch.equal(tensor, wanted[name]) for name, tensor in begun["weights"].items())
    assert begun["findings"]["data"].startswith("Two pairs. Began with the weights of 'leftheart' (SHA-256 ")
    assert bundled.card["training_data"] in begun["findings"]["data"]
    assert {"id": "leftheart", "sha256": bundled.sha256}.items() <= begun["findings"]["start"].items()

    narrow = replace(settings, widths=(8, 16, 32, 48))
    with pytest.raises(InputRefused, match=r"widths \[16, 48, 96, 128\].* of widths \[8, 16, 32, 48\]"):
        train(narrow, Origin([], [], "", ""), tmp_path / "narrow", tmp_path)
    with pytest.raises(InputRefused, match="No model package 'nobody'"):
        train(replace(settings, start="nobody"), Origin([], [], "", ""), tmp_path / "nobody", tmp_path)
    assert not (tmp_path / "narrow").exists() and not (tmp_path / "nobody").exists(), "nothing is begun"


def test_models_of_ones_own_pairs_stay_beside_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    data = prepared(tmp_path / "pairs", train=["anna"], validation=["bert"])
    given: list[object] = []
    monkeypatch.setattr(
        train_command, "train", lambda *words: given.extend(words) or data / "models" / "mine"
    )
    monkeypatch.setattr(sys, "argv", ["training", "train", RECIPE, "--data", str(data)])
    command_line.main()
    assert given[2:] == [data / "runs" / "santini2018", data / "models"]
    assert f"wrote {data / 'models' / 'mine'}" in capsys.readouterr().out


def test_processes_that_the_recipe_does_not_know_of_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = prepared(tmp_path / "pairs", train=["anna"], validation=["bert"])
    monkeypatch.setenv("WORLD_SIZE", "2")
    said = str(call(monkeypatch, "train", RECIPE, "--data", data))
    assert "2 processes were started for a recipe of 1 nodes with 1 each" in said and "--nodes" in said


def test_split_that_makes_no_sense_is_refused_before_the_work(tmp_path: Path) -> None:
    with pytest.raises(InputRefused) as refusal:
        prepare_cohort([], tmp_path / "pairs", shares=(0, 0, 0))
    assert refusal.value.code == "bad_split" and not (tmp_path / "pairs").exists()
