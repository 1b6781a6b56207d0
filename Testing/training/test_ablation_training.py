"""What is left out of `leftheart` is really left out, and every variant trains."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from SyntheticCECTLib.core.networks.left_heart_network import LeftHeart
from training import leftheart_task
from training.ablation_training import (
    FIGURES,
    VARIANTS,
    OneSlice,
    WithoutOverlapLoss,
    WithoutSkips,
    WithoutViews,
    measure,
)
from training.leftheart_task import LeftHeartSettings
from training.run_settings import make_settings

WIDTHS = (6, 8, 10, 12)
RECIPE = {
    "model": "leftheart", "model_id": "tiny", "widths": WIDTHS, "patients": 1, "validation_patients": 1, "steps": 2,
    "epoch_steps": 1, "batch": 2, "part": 1, "accelerator": "cpu", "average_decay": 0.5,
}  # fmt: skip


def network(kind: Callable[..., LeftHeart]) -> LeftHeart:
    torch.manual_seed(0)
    made = kind(WIDTHS).eval()
    with torch.no_grad():
        for weights in made.parameters():
            weights.normal_(0, 0.3)
    return made


@pytest.fixture
def image() -> torch.Tensor:
    return 0.04 + 0.02 * torch.randn(1, 1, 16, 32, 32, generator=torch.Generator().manual_seed(1))


@pytest.fixture
def patients(tmp_path: Path) -> list[Path]:
    labels = np.zeros((32, 64, 64), np.uint8)
    labels[6:28, 10:54, 10:54], labels[8:24, 16:30, 20:46], labels[8:24, 34:50, 20:46] = 1, 2, 3
    native = np.random.default_rng(0).normal(40, 5, labels.shape).astype(np.int16)
    cect = np.where(labels > 1, 380, native).astype(np.int16)
    paths = [tmp_path / f"{n}.npz" for n in range(2)]
    for path in paths:
        np.savez(path, thorax_native=native, thorax_labels=labels, heart_native=native, heart_cect=cect,
                 heart_labels=labels, heart_structures=0 * labels)  # fmt: skip
    return paths


@pytest.mark.parametrize("kind", [LeftHeart, OneSlice])
def test_only_one_slice_at_a_time_never_looks_at_the_next(kind: type[LeftHeart], image: torch.Tensor) -> None:
    other = image.clone()
    other[:, :, 8] += 0.03
    made = network(kind)
    with torch.inference_mode():
        difference = (made(image) - made(other)).abs().amax((0, 1, 3, 4))
    assert difference[8] > 1e-4
    others = torch.cat([difference[:8], difference[9:]])
    assert bool((others > 1e-4).any()) == (kind is LeftHeart)


@pytest.mark.parametrize("kind", [LeftHeart, WithoutSkips])
def test_only_without_skips_what_a_finer_level_saw_is_forgotten(kind: type[LeftHeart]) -> None:
    for merge, width in zip(network(kind).merge, WIDTHS, strict=False):
        seen = torch.ones(1, 2 * width, 8, 8, 8)
        forgotten, below = seen.clone(), seen.clone()
        forgotten[:, :width], below[:, width:] = 0, 0
        with torch.inference_mode():
            assert torch.equal(merge(seen), merge(forgotten)) == (kind is WithoutSkips)
            assert not torch.equal(merge(seen), merge(below)), "what comes from below still counts"


@pytest.mark.parametrize("kind", [LeftHeart, WithoutViews])
def test_only_without_views_they_do_not_count(kind: type[LeftHeart]) -> None:
    """The first four channels are the four voxels of a cell as they are; their views follow."""
    cells, found = torch.ones(1, 16, 8, 8, 8), torch.ones(1, WIDTHS[0], 8, 8, 8)
    other = cells.clone()
    other[:, 4:] = 2
    made = network(kind)
    with torch.inference_mode():
        assert torch.equal(made.stem(cells), made.stem(other)) == (kind is WithoutViews)
        last = [made.last(torch.cat([found, one], 1)) for one in (cells, other)]
    assert torch.equal(*last) == (kind is WithoutViews)


def test_without_overlap_loss_the_rest_is_as_it_was(
    patients: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leftheart_task, "BLOCK_KJI", (16, 32, 32))
    settings = make_settings(LeftHeartSettings, RECIPE)
    task = WithoutOverlapLoss(settings, patients[:1], patients[1:])
    batch = task.make_batch(torch.tensor([0]), torch.Generator().manual_seed(0))
    with torch.inference_mode():
        losses = task.losses(task.network.eval(), batch)
        whole = leftheart_task.LeftHeartTask.losses(task, task.network, batch)
    assert float(losses["loss"]) == pytest.approx(float(whole["loss"] - whole["soft_dice_loss"]), rel=1e-6)


@pytest.mark.parametrize("name", VARIANTS)
def test_every_variant_trains_and_is_measured(
    name: str, patients: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leftheart_task, "BLOCK_KJI", (16, 32, 32))
    row = measure(name, VARIANTS[name], make_settings(LeftHeartSettings, RECIPE), patients, tmp_path / "runs")
    assert set(row) == {*FIGURES, "parameters", "seconds"} and row["seconds"] > 0
    assert (tmp_path / "runs" / name.replace(" ", "-") / "last.safetensors").exists()
