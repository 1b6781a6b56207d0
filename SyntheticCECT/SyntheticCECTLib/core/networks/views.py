"""Test-time averaging: a network answers for a block of slices and for turned and scaled views of it.

Training turns and stretches its blocks far more, so each view is as good as the block itself; where the answers
differ, their mean is nearer to the truth than any of them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn.functional import affine_grid, grid_sample

from ..stages import OnProgress


@dataclass(frozen=True)
class View:
    """A turn about the slice axis, in degrees, and a factor that shrinks what is seen (below 1: enlarges it)."""

    turn_deg: float
    scale: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.turn_deg) and 0 < self.scale < math.inf):
            raise ValueError(f"a view of {self.turn_deg} degrees and scale {self.scale} cannot be taken")

    def matrix(self) -> torch.Tensor:
        """From a pixel of the view to a pixel of the block, both from the middle of the slice, (2, 2)."""
        turn = math.radians(self.turn_deg)
        cos, sin = math.cos(turn), math.sin(turn)
        return self.scale * torch.tensor([[cos, -sin], [sin, cos]])


def averaged(
    network: nn.Module,
    block: torch.Tensor,
    views: Sequence[View],
    outside: float,
    on_progress: OnProgress | None = None,
) -> torch.Tensor:
    """Mean of the network's answers to the block and to its views; at the rim, of those that saw a pixel.

    Args:
        network: From ``(1, 1, K, J, I)`` to ``(1, C, K, J, I)``.
        block: Slices with square pixels.
        views: Further views; none leaves the network's one answer as it is.
        outside: Value of what a view sees beyond the block.
        on_progress: Called before each answer with a fraction from 0 to 1; raise from it to cancel.
    """
    count = 1 + len(views)
    report = on_progress or (lambda fraction, message: None)
    depth = block.shape[2]
    report(0.0, f"Network: {depth} slices at once, view 1 of {count}")
    total: torch.Tensor = network(block)
    if not views:
        return total
    seen_by = torch.ones_like(block)
    for n, view in enumerate(views, 1):
        report(n / count, f"Network: {depth} slices at once, view {n + 1} of {count}")
        there = view.matrix()
        answer = network(_resampled(block - outside, there) + outside)
        back = torch.linalg.inv(there)
        total = total + _resampled(answer, back)
        seen_by = seen_by + _resampled(torch.ones_like(block), back)
    return total / seen_by


def _resampled(block: torch.Tensor, matrix: torch.Tensor) -> torch.Tensor:
    """Every slice ``(1, C, K, J, I)`` through a 2 x 2 matrix in pixels, linear, 0 outside."""
    channels, depth, rows, columns = block.shape[1:]
    # affine_grid counts in halves of each side.
    sides = torch.diag(torch.tensor([columns, rows], dtype=torch.float32))
    theta = torch.cat([torch.linalg.inv(sides) @ matrix @ sides, torch.zeros(2, 1)], 1)[None]
    flat = block.reshape(1, channels * depth, rows, columns)
    grid = affine_grid(theta.to(block), list(flat.shape), align_corners=False)
    return grid_sample(flat, grid, align_corners=False).reshape(block.shape)
