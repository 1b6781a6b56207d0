"""Trains ``heart_finder``: a chest CT in, heart, left atrium and left ventricle out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits
from tqdm import tqdm

from SyntheticCECTLib.core.networks.heart_network import HeartFinder

from .augmentation import disturb_volume, hide_parts, move_volume
from .cohort import load_sample
from .optimiser import make_average, make_optimiser
from .settings import Settings

BLOCK_KJI = (48, 96, 96)


def load_volumes(paths: list[Path]) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Chest images int16 HU and labels uint8 (1 heart, 2 LA, 3 LV), (K, J, I)."""
    samples = (load_sample(path) for path in tqdm(paths, desc="reading", unit="patient"))
    return [(torch.from_numpy(s.thorax_native), torch.from_numpy(s.thorax_labels)) for s in samples]


def separate(labels: torch.Tensor) -> torch.Tensor:
    """Labels (K, J, I) as overlapping masks (3, K, J, I): heart, LA, LV."""
    return torch.stack([labels >= 1, labels == 2, labels == 3]).float()


def fit(
    settings: Settings, train_paths: list[Path], validation_paths: list[Path]
) -> tuple[nn.Module, dict[str, Any]]:
    """Trains one network; returns it with what the model card should say."""
    torch.manual_seed(settings.seed)
    generator = torch.Generator().manual_seed(settings.seed)
    volumes, held_out = load_volumes(train_paths), load_volumes(validation_paths)
    network = HeartFinder(settings.widths)
    optimiser, schedule = make_optimiser(network, settings)
    average = make_average(network)
    curve, running = [], 0.0
    bar = tqdm(range(1, settings.steps + 1), desc=settings.model_id, mininterval=10)
    for step in bar:
        chosen = torch.randint(len(volumes), (settings.batch,), generator=generator).tolist()
        images, masks = make_batch([volumes[n] for n in chosen], generator)
        loss = overlap_loss(network(images), masks)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimiser.step()
        schedule.step()
        average.update_parameters(network)
        running += (loss.item() - running) / min(step, 50)
        if step % 200 == 0 or step == settings.steps:
            dice = validate(average.module, held_out)
            curve.append(
                {"step": step, "loss": round(running, 4), "validation_dice": [round(d, 4) for d in dice]}
            )
            bar.write(f"step {step}: loss {running:.3f}, validation Dice heart, LA, LV {np.round(dice, 4)}")
    return average.module.eval(), {"curve": curve, "training_volumes": len(volumes)}


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


def overlap_loss(logits: torch.Tensor, masks: torch.Tensor) -> torch.Tensor:
    """Cross-entropy plus soft Dice loss (Milletari et al. 2016) of each mask over the batch."""
    entropy = binary_cross_entropy_with_logits(
        logits, masks, pos_weight=torch.tensor([1.0, 3.0, 3.0]).view(1, 3, 1, 1, 1)
    )
    probability = logits.sigmoid()
    dims = (0, 2, 3, 4)
    dice = (2 * (probability * masks).sum(dims) + 50) / (probability.sum(dims) + masks.sum(dims) + 50)
    return entropy + (1 - dice).mean()


@torch.inference_mode()
def validate(network: nn.Module, volumes: list[tuple[torch.Tensor, torch.Tensor]]) -> list[float]:
    """Mean Dice of heart, LA and LV over whole chests."""
    network.eval()
    scores = []
    for volume, labels in volumes:
        depth = len(volume) // 16 * 16
        predicted = network(volume[None, None, :depth].float() / 1000)[0] > 0
        truth = separate(labels[:depth]) > 0
        both = (predicted & truth).sum((1, 2, 3)).float()
        scores.append(2 * both / (predicted.sum((1, 2, 3)) + truth.sum((1, 2, 3))))
    return torch.stack(scores).mean(0).tolist()
