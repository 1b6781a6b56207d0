"""The paper's augmentation and nothing more: a random rotation of up to 25 degrees."""

from __future__ import annotations

import math

import torch
from torch.nn.functional import affine_grid, grid_sample

from .augmentation import AIR


def rotate_slices(
    images: torch.Tensor, masks: torch.Tensor, generator: torch.Generator, max_deg: float = 25.0
) -> tuple[torch.Tensor, torch.Tensor]:
    """Turns every slice about its middle by its own angle, images and masks alike.

    Args:
        images: (N, C, J, I) HU / 1000; interpolated linearly, air outside.
        masks: (N, D, J, I), 0 or 1; interpolated and cut at one half.
        generator: Source of randomness.
        max_deg: Angles are uniform in [-max_deg, max_deg].
    """
    n, _, j, i = images.shape
    angle = (torch.rand(n, generator=generator) * 2 - 1) * math.radians(max_deg)
    cos, sin, none = torch.cos(angle), torch.sin(angle), torch.zeros(n)
    # Normalised coordinates: pixels are square only when the sides are stretched alike.
    theta = torch.stack([cos, -sin * j / i, none, sin * i / j, cos, none], 1).view(n, 2, 3)
    grid = affine_grid(theta, [n, 1, j, i], align_corners=False)
    moved = grid_sample(images - AIR, grid, align_corners=False) + AIR
    return moved, (grid_sample(masks, grid, align_corners=False) >= 0.5).to(masks.dtype)
