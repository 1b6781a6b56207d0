"""``santini2018`` as a task of the training loop."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from SyntheticCECTLib.core.errors import InputRefused
from SyntheticCECTLib.core.networks.network import Santini2018

from . import heart_slices
from .augmentation_strengths import SHARES, AugmentationStrengths, mirror_items
from .loss import contrast_loss
from .run_settings import RunSettings
from .slice_picture import row_of_four
from .slice_rotation import rotate_slices
from .task import Batch, Task, refuse_without_chambers


@dataclass(frozen=True)
class SantiniSettings(AugmentationStrengths, RunSettings):
    """A recipe of ``santini2018``.

    Args:
        alpha: Weight of the RMSE term.
        beta: Weight of the cross-entropy term.
        steepness: Steepness s of the soft threshold, per HU / 1000.
        mean_cross_entropy: Mean of the cross-entropy over the heart's pixels in place of the paper's sum.
        augmentation: ``rotation`` as in the paper, or ``full``: also scale, shift, bending, gain, noise, sharpness, each
            by its strength. ``mirror`` is with either.
        slices: ``both_chambers`` as in the paper, those that hold LA and LV, or ``heart``: all that hold heart.
    """

    alpha: float = 1.0
    beta: float = 0.01
    steepness: float = 10.0
    mean_cross_entropy: bool = False
    augmentation: str = "full"
    slices: str = "heart"

    def __post_init__(self) -> None:
        RunSettings.__post_init__(self)
        AugmentationStrengths.__post_init__(self)
        self.refuse_unless_one_of("augmentation", ("full", "rotation"))
        self.refuse_unless_one_of("slices", ("heart", "both_chambers"))
        idle = [name for name in SHARES if name != "mirror" and getattr(self, name) not in (0, 1)]
        if self.augmentation == "rotation" and idle:
            raise InputRefused(
                "bad_settings",
                f"augmentation is 'rotation', where {', '.join(idle)} would have no effect.",
                "Choose 'full', or leave these settings out.",
            )


class SantiniTask(Task):
    """Slices of non-contrast CT in, slices of CECT out.

    Args:
        settings: Recipe.
        train_paths: Samples (`cohort.load_sample`) to train on.
        validation_paths: Samples to validate on.
    """

    score = "validation_dice"

    def __init__(
        self, settings: SantiniSettings, train_paths: list[Path], validation_paths: list[Path]
    ) -> None:
        torch.manual_seed(settings.seed)
        self._settings = settings
        self.network = Santini2018(settings.widths).to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
        self._slices = _selected(heart_slices.load_slices(train_paths), settings.slices)
        self._held_out = heart_slices.load_slices(validation_paths)
        refuse_without_chambers([self._held_out["labels"]])
        self._vth_hu = heart_slices.chamber_threshold(self._slices)

    def __len__(self) -> int:
        return len(self._slices["native"])

    def setup(self, device: torch.device) -> None:
        self._held_out = {key: tensor.to(device) for key, tensor in self._held_out.items()}

    def make_batch(self, chosen: torch.Tensor, generator: torch.Generator) -> Batch:
        s = self._settings
        if s.augmentation == "full":
            batch = heart_slices.make_batch(self._slices, chosen, generator, s)
        else:
            batch = self._rotated(chosen, generator)
        return mirror_items(batch, s.mirror, generator)

    def _rotated(self, chosen: torch.Tensor, generator: torch.Generator) -> Batch:
        images = torch.stack([self._slices["native"][chosen], self._slices["cect"][chosen]], 1).float() / 1000
        labels = self._slices["labels"][chosen]
        masks = torch.stack([labels >= 1, labels >= 2], 1).float()
        images, masks = rotate_slices(
            images.clamp(-1.024, 3.071), masks, generator, self._settings.rotation_deg
        )
        return images[:, :1], images[:, 1:], masks[:, 1:], masks[:, :1]

    def losses(self, network: nn.Module, batch: Batch) -> dict[str, torch.Tensor]:
        native, cect, chambers, heart = batch
        s = self._settings
        prediction = network(native.contiguous(memory_format=torch.channels_last))
        vth = self._vth_hu / 1000
        heart = heart * heart_slices.covered(cect)
        loss = contrast_loss(
            prediction, cect, chambers, heart, vth, s.alpha, s.beta, s.steepness, s.mean_cross_entropy
        )
        return {"loss": loss}

    def validate(self, network: nn.Module) -> dict[str, float]:
        return {"validation_dice": heart_slices.validate(network, self._held_out, self._vth_hu / 1000)}

    def pictures(self, network: nn.Module) -> dict[str, np.ndarray]:
        most = int((self._held_out["labels"] >= 2).sum((1, 2)).argmax())
        native, cect, labels = (self._held_out[key][most] for key in ("native", "cect", "labels"))
        synthetic = network(native[None, None].float() / 1000)[0, 0] * 1000
        arrays = (tensor.float().cpu().numpy() for tensor in (native, cect, synthetic, labels))
        return {"native, CECT, synthetic, chambers": row_of_four(*arrays, threshold_hu=self._vth_hu)}

    def facts(self) -> dict[str, Any]:
        return {"vth_hu": self._vth_hu, "training_slices": len(self)}


def _selected(slices: dict[str, torch.Tensor], which: str) -> dict[str, torch.Tensor]:
    if which == "heart":
        return slices
    both = (slices["labels"] == 2).any(2).any(1) & (slices["labels"] == 3).any(2).any(1)
    return {key: tensor[both] for key, tensor in slices.items()}
