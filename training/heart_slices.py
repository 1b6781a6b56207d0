"""The slices through the hearts of a cohort: read, augmented in batches, and judged."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import nn
from tqdm import tqdm

from .augmentation import disturb_slices, move_slices
from .augmentation_strengths import FULL, AugmentationStrengths
from .cohort import load_sample

# Lung that a heart mask touches is brighter; the air that a resliced CECT was filled up with is darker.
DARKEST_HU = -980.0


def load_slices(paths: list[Path]) -> dict[str, torch.Tensor]:
    """All heart slices of some patients: ``native`` and ``cect`` int16 HU, ``labels`` uint8 (1 heart, 2 LA, 3 LV), (N, J, I)."""
    samples = [load_sample(path) for path in tqdm(paths, desc="reading", unit="patient")]
    kept = [s.heart_labels.any((1, 2)) for s in samples]
    return {
        "native": torch.from_numpy(
            np.concatenate([s.heart_native[k] for s, k in zip(samples, kept, strict=True)])
        ),
        "cect": torch.from_numpy(
            np.concatenate([s.heart_cect[k] for s, k in zip(samples, kept, strict=True)])
        ),
        "labels": torch.from_numpy(
            np.concatenate([s.heart_labels[k] for s, k in zip(samples, kept, strict=True)])
        ),
    }


def chamber_threshold(slices: dict[str, torch.Tensor]) -> float:
    """The paper's vth in HU: the mean, over the training masks, of the minimum HU inside the LA/LV mask of a slice.

    What the CECT did not cover says nothing.
    """
    minima = [
        int(cect[inside].min())
        for cect, labels in zip(slices["cect"].numpy(), slices["labels"].numpy(), strict=True)
        if (inside := (labels >= 2) & (cect > DARKEST_HU)).any()
    ]
    return float(np.round(np.mean(minima)))


def make_batch(
    slices: dict[str, torch.Tensor],
    chosen: torch.Tensor,
    generator: torch.Generator,
    strengths: AugmentationStrengths = FULL,
) -> tuple[torch.Tensor, ...]:
    """Augmented native, CECT, chamber and heart batches (N, 1, J, I); images in HU / 1000."""
    images = torch.stack([slices["native"][chosen], slices["cect"][chosen]], 1).float() / 1000
    labels = slices["labels"][chosen]
    masks = torch.stack([labels >= 1, labels >= 2], 1).float()
    images, masks = move_slices(images, masks, generator, strengths)
    native = disturb_slices(images[:, :1], generator, strengths).clamp(-1.024, 3.071)
    return native.contiguous(memory_format=torch.channels_last), images[:, 1:], masks[:, 1:], masks[:, :1]


def covered(cect: torch.Tensor) -> torch.Tensor:
    """Where a resliced CECT (HU / 1000) holds an image and not the air it was filled up with; a bool tensor."""
    return cect * 1000 > DARKEST_HU


@torch.inference_mode()
def validate(network: nn.Module, slices: dict[str, torch.Tensor], vth: float) -> float:
    """Mean Dice per slice of LA and LV by threshold inside the true heart mask, on slices that have chambers."""
    network.eval()
    scores = []
    for native, labels in zip(slices["native"].split(16), slices["labels"].split(16), strict=True):
        predicted = (network(native[:, None].float() / 1000)[:, 0] >= vth) & (labels >= 1)
        truth = labels >= 2
        both = (predicted & truth).sum((1, 2)).float()
        total = predicted.sum((1, 2)) + truth.sum((1, 2))
        scores += (2 * both / total)[truth.any(2).any(1)].tolist()
    return float(np.mean(scores))
