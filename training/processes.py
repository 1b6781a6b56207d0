"""Several processes that compute as one: sums over all of them, and batch norm that sees the whole batch.

PyTorch's own ``SyncBatchNorm`` needs GPUs. This one needs nothing but a differentiable sum, so that a run on two
CPU processes, or on eight GPUs, follows the same curve as a run in one process with the same global batch.
"""

from __future__ import annotations

import os
from typing import Any

import torch
import torch.distributed as dist
from lightning.fabric.plugins.environments.slurm import SLURMEnvironment
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm


def count() -> int:
    """How many processes train together."""
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


def rank() -> int:
    """Number of this process; 0 is the one that writes files."""
    return dist.get_rank() if dist.is_available() and dist.is_initialized() else 0


def started() -> int:
    """How many processes ``torchrun`` or SLURM's ``srun`` started together, known before they meet."""
    if "WORLD_SIZE" in os.environ:
        return int(os.environ["WORLD_SIZE"])
    return SLURMEnvironment().world_size() if SLURMEnvironment.detect() else 1


def sum_of_all(values: torch.Tensor) -> torch.Tensor:
    """Sum of every process's tensor, in each of them; gradients flow back to all.

    DDP averages gradients over processes. A loss made of such sums is the same number in each, so the averaged
    gradient is that of one process with the whole batch.
    """
    return values if count() == 1 else _SumOfAll.apply(values)  # pyright: ignore[reportReturnType]


class _SumOfAll(torch.autograd.Function):
    @staticmethod
    def forward(context: Any, values: torch.Tensor) -> torch.Tensor:
        total = values.clone(memory_format=torch.contiguous_format)
        dist.all_reduce(total)
        return total

    @staticmethod
    def backward(context: Any, *gradients: torch.Tensor) -> torch.Tensor:
        total = gradients[0].clone(memory_format=torch.contiguous_format)
        dist.all_reduce(total)
        return total


class SharedBatchNorm(_BatchNorm):
    """Batch norm with mean and variance of the items of all processes, which hold equally many each."""

    def _check_input_dim(self, input: torch.Tensor) -> None:
        if input.ndim < 2:
            raise ValueError(f"expected at least 2 axes, got {input.ndim}")

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        if not self.training or count() == 1:
            return super().forward(input)
        mean, variance = _moments(input)
        if self.running_mean is not None and self.running_var is not None:
            self._remember(mean, variance, input.numel() // input.shape[1] * count())
        shape = (1, -1) + (1,) * (input.ndim - 2)
        scale = (variance + self.eps).rsqrt()
        shift = -mean * scale
        if self.affine:
            scale, shift = scale * self.weight, shift * self.weight + self.bias
        return (input * scale.view(shape) + shift.view(shape)).to(input.dtype)

    @torch.no_grad()
    def _remember(self, mean: torch.Tensor, variance: torch.Tensor, size: int) -> None:
        assert self.running_mean is not None and self.running_var is not None
        share = self.momentum
        if self.num_batches_tracked is not None:
            self.num_batches_tracked.add_(1)
            if share is None:
                share = 1 / float(self.num_batches_tracked)
        share = 0.0 if share is None else share
        unbiased = variance * (size / max(size - 1, 1))
        self.running_mean.lerp_(mean.to(self.running_mean.dtype), share)
        self.running_var.lerp_(unbiased.to(self.running_var.dtype), share)


def _moments(input: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean and biased variance of each channel over all processes, each of shape (C,).

    Every process fills its own row of a table, and one sum makes the table known to all. Means and variances, not
    sums of squares: those would lose digits where a mean is large.
    """
    values = input if input.dtype == torch.float64 else input.float()
    dims = [axis for axis in range(input.ndim) if axis != 1]
    own = torch.stack([values.mean(dims), values.var(dims, unbiased=False)])
    row = torch.zeros(count(), 1, 1, dtype=own.dtype, device=own.device)
    row[dist.get_rank()] = 1
    means, variances = sum_of_all(row * own).unbind(1)
    mean = means.mean(0)
    return mean, variances.mean(0) + ((means - mean) ** 2).mean(0)


def share_batch_norms(network: nn.Module) -> nn.Module:
    """The same network, its batch norms replaced by shared ones that keep their weights, buffers and names."""
    if isinstance(network, _BatchNorm) and not isinstance(network, SharedBatchNorm):
        shared = SharedBatchNorm(
            network.num_features, network.eps, network.momentum, network.affine, network.track_running_stats
        )
        shared._parameters, shared._buffers = network._parameters, network._buffers
        return shared.train(network.training)
    for name, child in network.named_children():
        setattr(network, name, share_batch_norms(child))
    return network
