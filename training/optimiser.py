"""Adam with the paper's L2 term on convolution weights only, and a schedule."""

from __future__ import annotations

import torch
from torch import nn

from .run_settings import RunSettings


def make_optimiser(
    network: nn.Module, settings: RunSettings
) -> tuple[torch.optim.Adam, torch.optim.lr_scheduler.LRScheduler]:
    """The optimiser and its learning-rate schedule for all steps of a run."""
    kernels = [p for p in network.parameters() if p.ndim > 1]
    others = [p for p in network.parameters() if p.ndim <= 1]
    groups = [
        {"params": kernels, "weight_decay": settings.weight_decay},
        {"params": others, "weight_decay": 0.0},
    ]
    optimiser = torch.optim.Adam(groups, lr=settings.learning_rate)
    if settings.one_cycle:
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimiser, settings.learning_rate, settings.steps, pct_start=0.1
        )
        return optimiser, schedule
    return optimiser, torch.optim.lr_scheduler.ConstantLR(optimiser, 1.0)
