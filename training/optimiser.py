"""Adam with the paper's L2 term on convolution weights only, a schedule, and an average of the weights."""

from __future__ import annotations

import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from .settings import Settings


def make_optimiser(
    network: nn.Module, settings: Settings
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


def make_average(network: nn.Module) -> AveragedModel:
    """Running average of weights and batch-norm statistics, which generalises better than the last step."""
    return AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(0.995), use_buffers=True)
