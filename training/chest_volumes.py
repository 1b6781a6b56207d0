"""The chests of a cohort: read, augmented in batches, and what is found in them judged."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn
from tqdm import tqdm

from .augmentation import disturb_volume, hide_parts, move_volume
from .cohort import load_sample

BLOCK_KJI = (48, 96, 96)


def load_volumes(paths: list[Path]) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Chest images int16 HU and labels uint8 (1 heart, 2 LA, 3 LV), (K, J, I)."""
    samples = (load_sample(path) for path in tqdm(paths, desc="reading", unit="patient"))
    return [(torch.from_numpy(s.thorax_native), torch.from_numpy(s.thorax_labels)) for s in samples]


def separate(labels: torch.Tensor) -> torch.Tensor:
    """Labels (K, J, I) as overlapping masks (3, K, J, I): heart, LA, LV."""
    return torch.stack([labels >= 1, labels == 2, labels == 3]).float()


def make_batch(
    volumes: list[tuple[torch.Tensor, torch.Tensor]], generator: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    """Augmented blocks (N, 1, K, J, I) in HU / 1000 and their masks (N, 3, K, J, I)."""
    images, masks = [], []
    for volume, labels in volumes:
        image, mask = move_volume(
            volume[None, None].float() / 1000, separate(labels)[None], BLOCK_KJI, generator
        )
        image, mask = hide_parts(disturb_volume(image, generator), mask, generator)
        images.append(image.clamp(-1.024, 3.071))
        masks.append(mask)
    return torch.cat(images), torch.cat(masks)


@torch.inference_mode()
def validate(network: nn.Module, volumes: list[tuple[torch.Tensor, torch.Tensor]]) -> list[float]:
    """Mean Dice of heart, LA and LV over whole chests that have them."""
    network.eval()
    scores = []
    for volume, labels in volumes:
        depth = len(volume) // 16 * 16
        predicted = network(volume[None, None, :depth].float() / 1000)[0] > 0
        truth = separate(labels[:depth]) > 0
        both = (predicted & truth).sum((1, 2, 3)).float()
        scores.append(2 * both / (predicted.sum((1, 2, 3)) + truth.sum((1, 2, 3))))
    return torch.stack(scores).nanmean(0).tolist()
