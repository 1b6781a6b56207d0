"""The training loop: one task, its settings and a folder in; a trained network and its curve out.

Reads as the recipe does: take a batch, lose, step, average; after each epoch validate, write down, go on. Lightning
Fabric knows devices, precision and processes. `task.Task` knows everything about the network.
"""

from __future__ import annotations

import math
import os
import time
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from lightning.fabric import Fabric
from lightning.fabric.strategies.ddp import DDPStrategy
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from SyntheticCECTLib.core.errors import InputRefused

from .batches import DROPOUT, Batches, seed_of
from .processes import share_batch_norms
from .run_settings import RunSettings
from .run_state import BEST, LAST, RunState
from .task import Batch, Task
from .training_log import TrainingLog

MOST_SKIPPED = 20


@dataclass(frozen=True)
class Fitted:
    """A finished run.

    Attributes:
        network: With the weights of the best epoch, on the CPU, in evaluation mode.
        curve: One row for each epoch: losses, validation figures, learning rate, gradient norm.
        best: The curve's best row.
        facts: What the task found, such as vth.
    """

    network: nn.Module
    curve: list[dict[str, Any]]
    best: dict[str, Any]
    facts: dict[str, Any]


def fit(task: Task, settings: RunSettings, folder: Path) -> Fitted:
    """Trains, or goes on with the run that the folder holds.

    Args:
        task: What to train; made from the same settings, so that its network starts the same.
        settings: The recipe.
        folder: Gets ``last.safetensors`` (everything needed to go on), ``best.safetensors`` (the best epoch's
            weights), ``curve.json`` and ``tensorboard``.

    Raises:
        InputRefused: The folder's run has other settings, its checkpoint is damaged, or training diverged.
    """
    fabric = make_fabric(settings)
    fabric.launch()
    cycle, epoch_steps = settings.length(len(task))
    steps = settings.cycles * cycle
    network = task.network.to(fabric.device)
    if fabric.world_size > 1:
        network = task.network = share_batch_norms(network)
    task.setup(fabric.device)
    optimiser, schedule = task.make_optimiser(replace(settings, steps=cycle))
    batches = Batches(task, settings, fabric.global_rank, fabric.world_size)
    wrapped, prepared = fabric.setup(network, optimiser)
    average = _average(network, settings.average_decay)
    state = RunState(network, average, optimiser, schedule, fabric.strategy.precision, settings, task.facts())
    step = state.read(folder / LAST)
    log = TrainingLog(folder, settings.model_id, step, steps, fabric.is_global_zero)
    unusable = 0
    while step < steps and not state.is_patient_no_more(settings.patience):
        torch.manual_seed(seed_of(settings.seed, DROPOUT, step, fabric.global_rank))
        started, begun, last = time.perf_counter(), step, min(steps, step + epoch_steps)
        sums: Counter[str] = Counter()
        network.train()
        if step >= settings.batch_norm_share * cycle:
            keep_batch_norms(network)
        for batch in batches.between(step, last):
            losses, usable = _learn(fabric, task, wrapped, prepared, fabric.to_device(batch), settings)
            rate = float(schedule.get_last_lr()[0])
            if usable:
                schedule.step()
                average.update_parameters(network)
                sums.update(losses)
            unusable = 0 if usable else unusable + 1
            if unusable >= MOST_SKIPPED:
                raise _diverged(step, settings)
            step += 1
            log.step()
        row = {
            "epoch": len(state.curve) + 1,
            "step": step,
            **_means(fabric, sums, last - begun),
            "learning_rate": rate,
        }
        if fabric.is_global_zero:
            judged = average.module.eval()
            with torch.inference_mode():
                row |= {key: float(value) for key, value in task.validate(judged).items()}
                pictures = task.pictures(judged)
            state.add(row, task.score, time.perf_counter() - started)
            state.write(folder, step, judged)
            log.epoch(state.curve, pictures)
        state.share(fabric)
    log.close()
    fabric.barrier()
    return Fitted(state.best_network(folder / BEST), state.curve, state.best, task.facts())


def _learn(
    fabric: Fabric, task: Task, network: nn.Module, optimiser: Any, batch: Batch, settings: RunSettings
) -> tuple[dict[str, float], bool]:
    """One step: its losses and gradient norm, and whether the gradient was finite, so that the weights moved."""
    statistics = [buffer.clone() for buffer in network.buffers()]
    losses = task.losses(network, batch)
    optimiser.zero_grad(set_to_none=True)
    fabric.backward(losses["loss"])
    most = settings.clip or math.inf
    norm = fabric.clip_gradients(network, optimiser, max_norm=most, error_if_nonfinite=False)  # pyright: ignore[reportArgumentType]
    numbers = {key: float(value.detach()) for key, value in losses.items()} | {"gradient_norm": float(norm)}  # pyright: ignore[reportArgumentType]
    usable = math.isfinite(numbers["gradient_norm"])
    if (
        usable or settings.precision == "16-mixed"
    ):  # there the scaler skips the step itself, and learns from it
        optimiser.step()
    if not usable:  # what was not learned from must not stay in the batch norms either
        for buffer, before in zip(network.buffers(), statistics, strict=True):
            buffer.copy_(before)
    return numbers | {"steps": 1}, usable


def keep_batch_norms(network: nn.Module) -> None:
    """Makes batch norms use the averages that they have gathered, as they do after training, and gather no more."""
    for module in network.modules():
        if isinstance(module, _BatchNorm):
            module.eval()


def make_fabric(settings: RunSettings) -> Fabric:
    """Devices, precision and processes as the settings and ``torchrun`` say, for results that can be repeated."""
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.use_deterministic_algorithms(True, warn_only=True)
    torch.backends.cudnn.benchmark = False
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    processes = settings.devices * settings.nodes
    # Every process keeps the same batch-norm statistics by itself; nobody needs to send them around.
    strategy = DDPStrategy(broadcast_buffers=False) if processes > 1 else "auto"
    return Fabric(
        accelerator=settings.accelerator,
        strategy=strategy,
        devices=settings.devices,
        num_nodes=settings.nodes,
        precision=settings.precision,  # pyright: ignore[reportArgumentType]
    )


def _average(network: nn.Module, decay: float) -> AveragedModel:
    """Running average of weights and batch-norm statistics, which generalises better than the last step."""
    return AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(decay), use_buffers=True)


def _means(fabric: Fabric, sums: Counter[str], steps: int) -> dict[str, Any]:
    """Means over the usable steps of an epoch and over all processes, and how many steps were not usable."""
    usable = int(sums.pop("steps", 0))
    keys, kind = sorted(sums), torch.float32 if fabric.device.type == "mps" else torch.float64
    means = torch.tensor([sums[key] / usable for key in keys], dtype=kind, device=fabric.device)
    shared = fabric.all_reduce(means).tolist() if keys else []  # pyright: ignore[reportAttributeAccessIssue, reportArgumentType]
    return dict(zip(keys, shared, strict=True)) | {"skipped": steps - usable}


def _diverged(step: int, settings: RunSettings) -> InputRefused:
    return InputRefused(
        "training_diverged",
        f"{MOST_SKIPPED} gradients in a row were not finite, up to step {step}, with learning rate "
        f"{settings.learning_rate:g} and precision {settings.precision}.",
        "Lower the learning rate, use 32-bit precision, or check the images for values that are not HU.",
    )
