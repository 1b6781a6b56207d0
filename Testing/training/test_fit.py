from pathlib import Path

import numpy as np
import pytest
import torch
import yaml

from training import fit_heart, fit_santini
from training.cohort import load_sample
from training.package import write_package
from training.settings import Settings

CONFIGS = sorted((Path(__file__).parents[2] / "training" / "configs").glob("*.yaml"))


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two patients of blobs: drawing real ones would take long."""
    folder, paths = tmp_path_factory.mktemp("cohort"), []
    for n in range(2):
        labels = np.zeros((48, 96, 96), np.uint8)
        labels[10:40, 20:70, 20:70], labels[15:35, 30:45, 30:60], labels[15:35, 46:60, 30:60] = 1, 2, 3
        image = np.where(labels > 0, 40, -800).astype(np.int16)
        paths.append(folder / f"{n}.npz")
        np.savez(paths[-1], thorax_native=image, thorax_labels=labels, heart_native=image, heart_labels=labels,
                 heart_cect=np.where(labels > 1, 380, image).astype(np.int16))  # fmt: skip
    assert load_sample(paths[0]).heart_cect.max() == 380
    return paths


@pytest.mark.parametrize("config", CONFIGS, ids=lambda path: path.stem)
def test_every_recipe_is_complete(config: Path) -> None:
    settings = Settings(**yaml.safe_load(config.read_text()))
    assert settings.model_id == config.stem and settings.model in ("santini2018", "heart_finder")


def test_threshold_is_the_mean_of_the_masks_minima() -> None:
    cect = torch.tensor([[[310, 500, 0]], [[700, 290, 0]], [[5, 5, 5]]], dtype=torch.int16)
    labels = torch.tensor([[[2, 3, 1]], [[3, 2, 1]], [[1, 1, 1]]], dtype=torch.uint8)
    assert fit_santini.chamber_threshold({"cect": cect, "labels": labels}) == 300


def test_training_learns_is_seeded_and_makes_a_package(cohort: list[Path], tmp_path: Path) -> None:
    settings = Settings("santini2018", "tiny", (4, 4, 4, 4, 4, 4, 4, 4, 8), steps=30, batch=4)
    network, findings = fit_santini.fit(settings, cohort[:1], cohort[1:])
    again, _ = fit_santini.fit(settings, cohort[:1], cohort[1:])
    assert all(
        torch.equal(a, b)
        for a, b in zip(network.state_dict().values(), again.state_dict().values(), strict=True)
    )
    assert findings["vth_hu"] == 380 and np.isfinite(findings["curve"][-1]["loss"])
    assert findings["curve"][-1]["loss"] < 20, "an untrained network, close to the identity, loses about 30"
    recipe = settings.__dict__
    package = write_package(tmp_path, network, recipe, findings | {"first_seed": 1, "patients": 1})
    assert (package / "model.safetensors").exists() and "no real patient" in (
        package / "card.json"
    ).read_text()


def test_heart_finder_trains(cohort: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fit_heart, "BLOCK_KJI", (16, 32, 32))
    settings = Settings("heart_finder", "tiny", (4, 4, 4, 4), steps=20, batch=1)
    network, findings = fit_heart.fit(settings, cohort[:1], cohort[1:])
    assert not network.training and np.isfinite(findings["curve"][-1]["loss"])
