"""Adam with the paper's L2 term on convolution weights only, and a schedule."""

from __future__ import annotations

import torch
from torch import nn
from torch.optim.lr_scheduler import LRScheduler, OneCycleLR

from .run_settings import RunSettings


class OneCycles:
    """One-cycle schedules one after another, each with half the peak of the one before.

    Where a batch of two hearts makes every step noisy, a rate that has come down to nothing and rises again (warm
    restarts: Loshchilov and Hutter 2017) goes on from a finished run instead of repeating it with more steps.

    Args:
        optimiser: Whose rate and first moment's decay are set.
        peak: Highest rate of the first cycle.
        steps: Of one cycle.
        cycles: How many.
    """

    def __init__(self, optimiser: torch.optim.Optimizer, peak: float, steps: int, cycles: int) -> None:
        self._optimiser, self._peak, self._steps, self._cycles = optimiser, peak, steps, cycles
        self.last_epoch = 0
        self._begin()

    def step(self) -> None:
        """To be called after each step of the optimiser."""
        self.last_epoch += 1
        number, taken = divmod(self.last_epoch, self._steps)
        if taken == 0 and number < self._cycles:
            self._begin()
        else:
            self._cycle.step()

    def get_last_lr(self) -> list[float]:
        """Rate of each group of parameters at the next step."""
        return [float(rate) for rate in self._cycle.get_last_lr()]

    def _begin(self) -> None:
        peak = self._peak / 2 ** (self.last_epoch // self._steps)
        # It cannot rise within less than one step, as it would have to in a cycle of ten.
        rise = min(0.75, max(0.1, 1.5 / self._steps))
        self._cycle = OneCycleLR(self._optimiser, peak, self._steps, pct_start=rise)


def make_optimiser(
    network: nn.Module, settings: RunSettings
) -> tuple[torch.optim.Adam, OneCycles | LRScheduler]:
    """The optimiser and its learning-rate schedule for all steps of a run."""
    kernels = [p for p in network.parameters() if p.ndim > 1]
    others = [p for p in network.parameters() if p.ndim <= 1]
    groups = [
        {"params": kernels, "weight_decay": settings.weight_decay},
        {"params": others, "weight_decay": 0.0},
    ]
    optimiser = torch.optim.Adam(groups, lr=settings.learning_rate)
    if settings.one_cycle:
        return optimiser, OneCycles(optimiser, settings.learning_rate, settings.steps, settings.cycles)
    return optimiser, torch.optim.lr_scheduler.ConstantLR(optimiser, 1.0)
