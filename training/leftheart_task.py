"""``leftheart`` as a task of the training loop."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits, pad
from tqdm import tqdm

from SyntheticCECTLib.core.errors import InputRefused
from SyntheticCECTLib.core.networks.left_heart_network import SLICE_MULTIPLE, LeftHeart

from . import heart_slices
from .augmentation_strengths import AugmentationStrengths, mirror_items
from .block_augmentation import AIR, SHORT_SCANS, disturb_block, hide_border, move_block
from .cohort import load_sample
from .heart_task import overlap_loss
from .prepare.pair import UNLABELLED
from .processes import sum_of_all
from .run_settings import RunSettings
from .slice_picture import row_of_four
from .task import Batch, Task, refuse_without_chambers

ABSENT = -30.0
SMOOTH_PIXELS = 10.0
BLOCK_KJI, SPACING_KJI = (40, 96, 96), (3.0, 1.5, 1.5)


@dataclass(frozen=True)
class LeftHeartSettings(AugmentationStrengths, RunSettings):
    """A recipe of ``leftheart``.

    Args:
        short_scans: Share of blocks that miss slices above or below, as a scan that stops early does, from 0 to 1.
        sharp_blocks: Share of blocks that are shifted by whole voxels and neither turned, stretched nor bent, from 0 to 1.
        slice_overlap: Weight of the overlap of LA and LV in each slice, beside that in the whole block.
    """

    short_scans: float = SHORT_SCANS
    sharp_blocks: float = 0.0
    slice_overlap: float = 0.0

    def __post_init__(self) -> None:
        RunSettings.__post_init__(self)
        AugmentationStrengths.__post_init__(self)
        problems = [
            f"{name} is {getattr(self, name)}; it must be from 0 to 1"
            for name in ("short_scans", "sharp_blocks")
            if not 0 <= getattr(self, name) <= 1
        ]
        if not 0 <= self.slice_overlap < math.inf:
            problems.append(f"slice_overlap is {self.slice_overlap}; it must be at least 0")
        if problems:
            raise InputRefused("bad_settings", f"{'; '.join(problems)}.", "Correct the recipe.")


@dataclass(frozen=True)
class HeartBlock:
    """The slices through one heart: CT and CECT int16 HU, labels and structures uint8, ``(K, J, I)``.

    Structures are `UNLABELLED` throughout where nobody drew aorta and right heart, as in prepared pairs.
    """

    native: torch.Tensor
    cect: torch.Tensor
    labels: torch.Tensor
    structures: torch.Tensor

    def told(self) -> torch.Tensor:
        """Which of the five masks somebody drew, (5, 1, 1, 1) bool."""
        drawn = bool((self.structures != UNLABELLED).all())
        return torch.tensor([True, True, True, drawn, drawn]).view(5, 1, 1, 1)

    def masks(self) -> torch.Tensor:
        """Heart, LA, LV, aorta and right heart, (5, K, J, I) float32; 0 where not told."""
        return torch.stack([
            self.labels >= 1, self.labels == 2, self.labels == 3, self.structures == 1, self.structures == 2,
        ]).float()  # fmt: skip


class LeftHeartTask(Task):
    """A block of non-contrast slices in; contrast, its uncertainty and structures out.

    Args:
        settings: Recipe.
        train_paths: Samples (`cohort.load_sample`) to train on.
        validation_paths: Samples to validate on.
    """

    score = "dice_per_slice"

    def __init__(
        self, settings: LeftHeartSettings, train_paths: list[Path], validation_paths: list[Path]
    ) -> None:
        torch.manual_seed(settings.seed)
        self._settings = settings
        self.network = LeftHeart(settings.widths).to(memory_format=torch.channels_last_3d)  # pyright: ignore[reportCallIssue]
        self._blocks, self._held_out = load_blocks(train_paths), load_blocks(validation_paths)
        refuse_without_chambers(block.labels for block in self._held_out)
        slices = {
            name: torch.cat([getattr(block, name) for block in self._blocks]) for name in ("cect", "labels")
        }
        self._vth_hu = heart_slices.chamber_threshold(slices)

    def __len__(self) -> int:
        return len(self._blocks)

    def make_batch(self, chosen: torch.Tensor, generator: torch.Generator) -> Batch:
        """Augmented CT and CECT (N, 1, K, J, I) in HU / 1000, masks (N, 5, K, J, I) from 0 to 1, and which are told."""
        parts = [augmented(self._blocks[n], generator, self._settings) for n in chosen.tolist()]
        batch = tuple(torch.cat(tensors) for tensors in zip(*parts, strict=True))
        return mirror_items(batch, self._settings.mirror, generator)

    def losses(self, network: nn.Module, batch: Batch) -> dict[str, torch.Tensor]:
        """Error of the contrast and the expectation of that error inside the heart; cross-entropy and overlap of structures.

        The scale of a Laplace likelihood (Kendall and Gal 2017) would divide the contrast's gradient by itself, some
        thirty times over, and drown the structures'; so it learns from the error without leading it.
        """
        native, cect, masks, told = batch
        predicted = network(native.contiguous(memory_format=torch.channels_last_3d))
        heart = masks[:, :1] * heart_slices.covered(cect)
        log_scale = predicted[:, 1:2].clamp(-5, 1)
        error = (native + predicted[:, :1] - cect).abs()
        negative = error.detach() * torch.exp(-log_scale) + log_scale
        sums = torch.stack([(error * heart).sum(), (negative * heart).sum(), heart.sum()])
        wrong, surprise, pixels = sum_of_all(sums)
        contrast, likelihood = wrong / pixels.clamp_min(1), surprise / pixels.clamp_min(1)
        # Where nobody drew a structure, the network is taken to agree: no loss, no gradient.
        logits = torch.where(told, predicted[:, 2:], ABSENT)
        entropy = binary_cross_entropy_with_logits(logits, masks)
        overlap = overlap_loss(logits, masks)
        loss = 4 * contrast + 0.1 * likelihood + 5 * entropy + overlap
        parts = {
            "contrast": contrast,
            "likelihood": likelihood,
            "cross_entropy": entropy,
            "soft_dice_loss": overlap,
        }
        if self._settings.slice_overlap:
            parts["slice_dice_loss"] = slice_overlap_loss(logits[:, 1:3], masks[:, 1:3])
            loss = loss + self._settings.slice_overlap * parts["slice_dice_loss"]
        return {"loss": loss, **parts}

    def validate(self, network: nn.Module) -> dict[str, float]:
        """Dice of the structures, Dice per slice and volume error of LA + LV, and the error of the contrast in HU."""
        rows = [figures_of(network, block) for block in self._held_out]
        names = {name: None for row in rows for name in row}
        return {name: float(np.mean([row[name] for row in rows if name in row])) for name in names}

    def pictures(self, network: nn.Module) -> dict[str, np.ndarray]:
        block = self._held_out[0]
        k = int((block.labels >= 2).sum((1, 2)).argmax())
        synthetic = block.native + 1000 * answer_of(network, block)[0]
        slices = (image[k].float().numpy() for image in (block.native, block.cect, synthetic, block.labels))
        return {"native, CECT, synthetic, chambers": row_of_four(*slices, threshold_hu=self._vth_hu)}

    def facts(self) -> dict[str, Any]:
        return {"vth_hu": self._vth_hu, "training_volumes": len(self)}


def slice_overlap_loss(logits: torch.Tensor, masks: torch.Tensor) -> torch.Tensor:
    """One minus the soft Dice of each mask in each slice that it reaches, averaged over those of all processes.

    The first and last slices of a chamber, which are small, count as much here as those through its middle.

    Args:
        logits: (N, C, K, J, I).
        masks: The same shape, 0 to 1.
    """
    probability, reached = logits.sigmoid(), masks.amax((3, 4)) > 0
    both, either = (probability * masks).sum((3, 4)), probability.sum((3, 4)) + masks.sum((3, 4))
    missed = 1 - (2 * both + SMOOTH_PIXELS) / (either + SMOOTH_PIXELS)
    wrong, slices = sum_of_all(torch.stack([(missed * reached).sum(), reached.sum().to(missed.dtype)]))
    return wrong / slices.clamp_min(1)


def load_blocks(paths: list[Path]) -> list[HeartBlock]:
    samples = (load_sample(path) for path in tqdm(paths, desc="reading", unit="patient"))
    arrays = ((s.heart_native, s.heart_cect, s.heart_labels, s.heart_structures) for s in samples)
    return [HeartBlock(*(torch.from_numpy(array) for array in four)) for four in arrays]


def augmented(block: HeartBlock, generator: torch.Generator, settings: LeftHeartSettings) -> Batch:
    """One block of CT, CECT (1, 1, K, J, I) and masks (1, 5, K, J, I), moved together; the CT disturbed; what is told."""
    images = torch.stack([block.native, block.cect])[None].float() / 1000
    images, masks = move_block(
        images, block.masks()[None], BLOCK_KJI, SPACING_KJI, generator, settings, settings.sharp_blocks
    )
    native = disturb_block(images[:, :1], generator, settings)
    native, masks = hide_border(native, masks, generator, settings.short_scans)
    return native.clamp(-1.024, 3.071), images[:, 1:], masks, block.told()[None]


def answer_of(network: nn.Module, block: HeartBlock) -> torch.Tensor:
    """The network's outputs for a whole heart as it is, (C, K, J, I), on the CPU wherever the network is."""
    depth = len(block.native)
    padded = pad(block.native[None, None].float() / 1000, (0, 0, 0, 0, 0, -depth % SLICE_MULTIPLE), value=AIR)
    return network(padded.to(next(network.parameters()).device))[0, :, :depth].cpu()


def figures_of(network: nn.Module, block: HeartBlock) -> dict[str, float]:
    """What `LeftHeartTask.validate` averages, of one heart; only what it has a truth for."""
    predicted = answer_of(network, block)
    found, truth, told = predicted[2:] > 0, block.masks() > 0, block.told().flatten()
    both, total = (found & truth).sum((1, 2, 3)), found.sum((1, 2, 3)) + truth.sum((1, 2, 3))
    names = ("dice_heart", "dice_la", "dice_lv", "dice_aorta", "dice_right_heart")
    chambers, true_chambers = found[1] | found[2], truth[1] | truth[2]
    contrast = block.native + 1000 * predicted[0]
    told &= truth.any(3).any(2).any(1)
    dice = zip(names, (2 * both / total).tolist(), told.tolist(), strict=True)
    figures = {name: value for name, value, drawn in dice if drawn}
    figures["mae_hu"] = float((contrast - block.cect).abs()[truth[0]].mean())
    if true_chambers.any():
        in_slice = (
            2 * (chambers & true_chambers).sum((1, 2)) / (chambers.sum((1, 2)) + true_chambers.sum((1, 2)))
        )
        figures["dice_per_slice"] = float(in_slice[true_chambers.any(2).any(1)].mean())
        figures["dv_percent"] = 100 * abs(float(chambers.sum() / true_chambers.sum()) - 1)
    return figures
