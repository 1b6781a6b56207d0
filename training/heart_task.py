"""``heart_finder`` as a task of the training loop."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits

from SyntheticCECTLib.core.networks.heart_network import OUTPUTS, HeartFinder

from . import chest_volumes, processes
from .run_settings import RunSettings
from .task import Batch, Task

SMOOTH = 50.0


class HeartTask(Task):
    """A chest in; heart, left atrium and left ventricle out.

    Args:
        settings: Recipe.
        train_paths: Samples (`cohort.load_sample`) to train on.
        validation_paths: Samples to validate on.
    """

    score = "validation_dice_heart"

    def __init__(self, settings: RunSettings, train_paths: list[Path], validation_paths: list[Path]) -> None:
        torch.manual_seed(settings.seed)
        self.network = HeartFinder(settings.widths).to(memory_format=torch.channels_last_3d)  # pyright: ignore[reportCallIssue]
        self._volumes = chest_volumes.load_volumes(train_paths)
        self._held_out = chest_volumes.load_volumes(validation_paths)

    def __len__(self) -> int:
        return len(self._volumes)

    def setup(self, device: torch.device) -> None:
        self._held_out = [(volume.to(device), labels.to(device)) for volume, labels in self._held_out]

    def make_batch(self, chosen: torch.Tensor, generator: torch.Generator) -> Batch:
        return chest_volumes.make_batch([self._volumes[n] for n in chosen.tolist()], generator)

    def losses(self, network: nn.Module, batch: Batch) -> dict[str, torch.Tensor]:
        images, masks = batch
        logits = network(images.contiguous(memory_format=torch.channels_last_3d))
        entropy = binary_cross_entropy_with_logits(logits, masks)
        overlap = overlap_loss(logits, masks)
        return {"loss": entropy + overlap, "cross_entropy": entropy, "soft_dice_loss": overlap}

    def validate(self, network: nn.Module) -> dict[str, float]:
        scores = chest_volumes.validate(network, self._held_out)
        return {f"validation_dice_{name}": score for name, score in zip(OUTPUTS, scores, strict=True)}

    def facts(self) -> dict[str, Any]:
        return {"training_volumes": len(self)}


def overlap_loss(logits: torch.Tensor, masks: torch.Tensor) -> torch.Tensor:
    """One minus the soft Dice (Milletari et al. 2016) of each mask over the batch of all processes.

    Args:
        logits: (N, C, K, J, I).
        masks: The same shape, 0 to 1.
    """
    probability, dims = logits.sigmoid(), (0, 2, 3, 4)
    sums = torch.stack([(probability * masks).sum(dims), probability.sum(dims) + masks.sum(dims)])
    both, either = processes.sum_of_all(sums)
    return (1 - (2 * both + SMOOTH) / (either + SMOOTH)).mean()
