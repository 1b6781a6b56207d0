"""What the training loop is told of a network: where batches come from, what is lost, how good it is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any

import numpy as np
import torch
from torch import nn

from SyntheticCECTLib.core.errors import InputRefused

from .optimiser import OneCycles, make_optimiser
from .run_settings import RunSettings

Batch = tuple[torch.Tensor, ...]


def refuse_without_chambers(labels: Iterable[torch.Tensor]) -> None:
    """Refuses items to validate on (2 LA, 3 LV) none of which has a chamber: no epoch would be better than another.

    Raises:
        InputRefused: ``no_chambers``.
    """
    if not any(bool((one >= 2).any()) for one in labels):
        raise InputRefused(
            "no_chambers",
            "None of the patients to validate on has a chamber.",
            "Give others: prepare the pairs with another seed or more of them to validate on.",
        )


class Task(ABC):
    """Something to learn; `loop.fit` does the rest.

    Attributes:
        network: What is trained, on the CPU at first. Make it after ``torch.manual_seed``.
        score: The key of `validate` that says which epoch is best; higher is better.
    """

    network: nn.Module
    score: str

    @abstractmethod
    def __len__(self) -> int:
        """Training items, such as slices or volumes."""

    @abstractmethod
    def make_batch(self, chosen: torch.Tensor, generator: torch.Generator) -> Batch:
        """Some items, augmented.

        It must depend on its arguments alone: the loop calls it for a few items at a time, from any thread and
        process, so that a run split differently or killed meanwhile sees the same batches.

        Args:
            chosen: Numbers of the items, (N,).
            generator: The only source of randomness; on the CPU.

        Returns:
            Tensors whose first axis is N.
        """

    @abstractmethod
    def losses(self, network: nn.Module, batch: Batch) -> dict[str, torch.Tensor]:
        """``loss``, which is minimised, and any parts of it that the curves shall show; scalars.

        Each is a mean over the batch's items, so that a batch split between processes loses the same. A loss of
        sums over the whole batch takes them through `processes.sum_of_all`.
        """

    @abstractmethod
    def validate(self, network: nn.Module) -> dict[str, float]:
        """Figures on held-out items, of a network in evaluation mode; runs in the first process only."""

    def pictures(self, network: nn.Module) -> dict[str, np.ndarray]:
        """Pictures for TensorBoard, (J, I, 3) uint8."""
        return {}

    def facts(self) -> dict[str, Any]:
        """Plain values for the checkpoint and the model card, such as vth."""
        return {}

    def setup(self, device: torch.device) -> None:
        """Told once where batches will be used, before the first one."""
        return

    def make_optimiser(
        self, settings: RunSettings
    ) -> tuple[torch.optim.Optimizer, OneCycles | torch.optim.lr_scheduler.LRScheduler]:
        """Optimiser and schedule; ``settings.steps`` is the length of one cycle."""
        return make_optimiser(self.network, settings)
