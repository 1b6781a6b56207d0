"""Cards as people read them."""

from __future__ import annotations

from pathlib import Path

import pytest

from SyntheticCECTLib.cli import models_command
from SyntheticCECTLib.cli.__main__ import main
from SyntheticCECTLib.core.networks.model_package import ModelListing


def test_models_tell_the_split_and_each_evaluation_by_itself(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    split = {"seed": 7, "train": 12, "validation": 2, "test": 3, "test_set_sha256": "ab" * 32}
    results = {
        "on": "2 further patients, working grid", "curve": [{"loss": 1.0}],
        "whole path": {"on": "20 unseen virtual patients", "Dice LA": "0.9", "dV %": "4"},
        "own pairs, test": {"on": "3 of 3 test pairs of 'mine' (split by seed 7)", "Dice LA": "0.8"},
    }  # fmt: skip
    listing = ModelListing("mine", Path("mine"), {"split": split, "results": results})
    monkeypatch.setattr(models_command, "list_models", lambda: [listing])
    assert main(["models"]) == 0
    lines = [line[2:] for line in capsys.readouterr().out.splitlines()]
    assert "Split        seed 7, train 12, validation 2, test 3, test_set_sha256" in lines
    assert lines[-3:] == [
        "Measured     on 2 further patients, working grid",
        "Measured     whole path: on 20 unseen virtual patients; Dice LA 0.9; dV % 4",
        "Measured     own pairs, test: on 3 of 3 test pairs of 'mine' (split by seed 7); Dice LA 0.8",
    ]
