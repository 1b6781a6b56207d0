"""One dataclass is YAML, command line and checkpoint."""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from SyntheticCECTLib.core.errors import InputRefused
from SyntheticCECTLib.core.networks.model_package import load_model
from training.run_settings import (
    OF_THE_MACHINE,
    RunSettings,
    add_settings_arguments,
    differences,
    given_settings,
    make_settings,
    read_recipe,
)
from training.santini_task import SantiniSettings
from training.train_command import KINDS

LEAST = {"model": "santini2018", "model_id": "x", "widths": [1, 2]}
CONFIGS = sorted((Path(__file__).parents[2] / "training" / "configs").glob("*.yaml"))


@pytest.mark.parametrize("config", CONFIGS, ids=lambda path: path.stem)
def test_every_committed_recipe_can_be_run(config: Path) -> None:
    recipe = read_recipe(config)
    settings = make_settings(KINDS[recipe["model"]].settings, recipe)
    assert settings.length(2000)[0] >= 1 and settings.model_id == config.stem


def test_paper_recipe_is_the_papers() -> None:
    settings = make_settings(
        SantiniSettings, read_recipe(next(c for c in CONFIGS if c.stem == "santini2018_paper"))
    )
    assert (settings.epochs, settings.batch, settings.learning_rate, settings.one_cycle) == (
        800,
        32,
        1e-4,
        False,
    )
    assert (settings.alpha, settings.beta, settings.steepness, settings.weight_decay) == (1, 0.01, 10, 0.001)
    assert (
        not settings.mean_cross_entropy
        and settings.augmentation == "rotation"
        and settings.slices == "both_chambers"
    )
    assert settings.length(1600) == (800 * 50, 50) and (settings.patients, settings.validation_patients) == (
        120,
        10,
    )


def test_settings_come_back_from_yaml_and_json_as_they_were() -> None:
    settings = make_settings(SantiniSettings, LEAST | {"learning_rate": 3e-4, "augmentation": "rotation"})
    assert make_settings(SantiniSettings, yaml.safe_load(yaml.safe_dump(settings.as_dict()))) == settings
    assert make_settings(SantiniSettings, json.loads(json.dumps(settings.as_dict()))) == settings


def test_command_line_overrides_the_recipe_and_knows_every_setting() -> None:
    parser = argparse.ArgumentParser()
    add_settings_arguments(parser, SantiniSettings)
    given = given_settings(
        parser.parse_args(
            ["--learning-rate", "0.5", "--widths", "3", "4", "--one-cycle", "false", "--epochs", "7"]
        )
    )
    settings = make_settings(SantiniSettings, LEAST | given)
    assert (settings.learning_rate, settings.widths, settings.one_cycle, settings.epochs) == (
        0.5,
        (3, 4),
        False,
        7,
    )
    text = parser.format_help()
    assert "Largest norm of a gradient" in text and "rotation" in text and "Lambda of the L2 term" in text


def test_every_problem_is_named_at_once() -> None:
    with pytest.raises(InputRefused) as refusal:
        make_settings(
            RunSettings, {"model": "m", "widths": [1], "lerning_rate": 1, "batch": "many", "steps": 1.5}
        )
    said = str(refusal.value)
    assert all(
        word in said
        for word in ("'lerning_rate' is not a setting", "'model_id' is missing", "'many'", "steps is 1.5")
    )
    with pytest.raises(InputRefused) as refusal:
        wrong = {"batch": 6, "part": 4, "precision": "8", "average_decay": 1.0, "batch_norm_share": -0.1}
        make_settings(RunSettings, LEAST | wrong)
    said = str(refusal.value)
    assert all(word in said for word in ("multiple of part", "precision is '8'", "below 1", "from 0 to 1"))


def test_word_outside_its_list_is_refused() -> None:
    with pytest.raises(InputRefused, match="rotation"):
        make_settings(SantiniSettings, LEAST | {"augmentation": "none"})


def test_only_settings_that_decide_the_result_count_as_different() -> None:
    settings = make_settings(SantiniSettings, LEAST)
    before = settings.as_dict()
    assert differences(before, replace(settings, devices=4, loaders=2)) == []
    assert differences(before, replace(settings, beta=0.5)) == ["beta was 0.01, is 0.5"]
    assert differences(before, replace(settings, cycles=2)) == []
    assert differences(before | {"cycles": 3}, replace(settings, cycles=2)) == ["cycles was 3, is 2"]


def test_setting_that_an_earlier_version_did_not_know_had_its_default() -> None:
    settings = make_settings(SantiniSettings, LEAST)
    before = {name: value for name, value in settings.as_dict().items() if name not in ("cycles", "start")}
    assert differences(before, settings) == []
    assert differences(before, replace(settings, start="leftheart")) == ["start was '', is 'leftheart'"]


def test_recipe_that_is_no_recipe_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "r.yaml"
    path.write_text("- a\n- b\n")
    with pytest.raises(InputRefused, match="name: value"):
        read_recipe(path)
    with pytest.raises(InputRefused, match="cannot be read"):
        read_recipe(tmp_path / "none.yaml")


@pytest.mark.parametrize("model", ["leftheart", "santini2018", "heart_finder"])
def test_bundled_model_comes_from_the_committed_recipe(model: str) -> None:
    done = load_model(model).card["recipe"]
    recipe = read_recipe(next(config for config in CONFIGS if config.stem == model))
    asked = make_settings(KINDS[recipe["model"]].settings, recipe).as_dict()
    default = make_settings(KINDS[recipe["model"]].settings, {**LEAST, "model": recipe["model"]}).as_dict()
    assert done["seed"] == 2018 and done["model_id"] == model
    # What the card does not know came later, and is left as it was before it could be chosen.
    assert {key: done.get(key, default[key]) for key in asked if key not in OF_THE_MACHINE} == {
        key: value for key, value in asked.items() if key not in OF_THE_MACHINE
    }
