"""Everything that a run must remember to go on where it was."""

from __future__ import annotations

import copy
import warnings
from pathlib import Path
from typing import Any

import torch
from lightning.fabric import Fabric
from torch import nn
from torch.optim.swa_utils import AveragedModel

from SyntheticCECTLib.core.errors import InputRefused

from .checkpoint import (
    Tensors,
    optimiser_state,
    prefixed,
    read_checkpoint,
    restore_optimiser,
    under,
    write_checkpoint,
)
from .optimiser import OneCycles
from .run_settings import RunSettings, differences

LAST, BEST = "last.safetensors", "best.safetensors"


def refuse_other_settings(folder: Path, settings: RunSettings) -> None:
    """Refuses to go on with a folder's run, if it holds one, where other settings would decide the result.

    Raises:
        InputRefused: ``other_settings``, or the file is damaged.
    """
    if (folder / LAST).exists():
        _refuse_differences(folder, read_checkpoint(folder / LAST)[1]["settings"], settings)


def _refuse_differences(folder: Path, before: dict[str, Any], settings: RunSettings) -> None:
    if changed := differences(before, settings):
        raise InputRefused(
            "other_settings", f"The run in '{folder}' has other settings: {'; '.join(changed)}.",
            "Give the new run another folder, or start it with its own settings.",
        )  # fmt: skip


class RunState:
    """Weights, their average, optimiser, schedule, and the curve so far.

    Random generators are not among it: every draw is a function of seed and step.

    Args:
        network: What is trained.
        average: Running average of it.
        optimiser: Of its weights.
        schedule: Of the optimiser's rate.
        precision: Fabric's precision, which in half precision remembers a scale.
        settings: Saved with the state, and compared when it is read.
        facts: What the task found; saved with the state.
    """

    def __init__(
        self,
        network: nn.Module,
        average: AveragedModel,
        optimiser: torch.optim.Optimizer,
        schedule: OneCycles | torch.optim.lr_scheduler.LRScheduler,
        precision: Any,
        settings: RunSettings,
        facts: dict[str, Any],
    ) -> None:
        self._network, self._average, self._optimiser = network, average, optimiser
        self._schedule, self._precision = schedule, precision
        self._settings, self._facts = settings, facts
        self.curve: list[dict[str, Any]] = []
        self.best: dict[str, Any] = {}
        self.seconds = 0.0

    def add(self, row: dict[str, Any], score: str, seconds: float) -> None:
        """One more epoch.

        Raises:
            KeyError: Validation did not give the score.
        """
        row = {key: (value if value == value else None) for key, value in row.items()}  # NaN is no value
        self.curve.append(row)
        self.seconds += seconds
        reached = row[score]
        if not self.best or (
            reached is not None and (self.best[score] is None or reached > self.best[score])
        ):
            self.best = row

    def is_patient_no_more(self, patience: int) -> bool:
        """Whether the last ``patience`` epochs were all worse than an earlier one."""
        return bool(patience and self.curve and len(self.curve) - self.best["epoch"] >= patience)

    def write(self, folder: Path, step: int, judged: nn.Module) -> None:
        """Writes ``last`` and, where this epoch is the best, ``best``."""
        if self.best is self.curve[-1]:
            about = {"best": self.best, "facts": self._facts, "settings": self._settings.as_dict()}
            write_checkpoint(folder / BEST, dict(judged.state_dict()), about)
        tensors, plain = optimiser_state(self._optimiser)
        everything: Tensors = {
            **prefixed("network", self._network.state_dict()),
            **prefixed("average", self._average.state_dict()),
            **prefixed("optimiser", tensors),
        }
        state = {
            "step": step, "curve": self.curve, "best": self.best, "seconds": self.seconds, "facts": self._facts,
            "settings": self._settings.as_dict(), "optimiser": plain, "schedule": {"last_epoch": self._schedule.last_epoch},
            "precision": self._precision.state_dict(),
        }  # fmt: skip
        write_checkpoint(folder / LAST, everything, state)

    def read(self, path: Path) -> int:
        """Takes over an earlier state, if there is one, and returns the steps done.

        Raises:
            InputRefused: ``other_settings``, or the file is damaged.
        """
        if not path.exists():
            return 0
        tensors, state = read_checkpoint(path)
        _refuse_differences(path.parent, state["settings"], self._settings)
        self._network.load_state_dict(under("network", tensors))
        self._average.load_state_dict(under("average", tensors))
        restore_optimiser(self._optimiser, under("optimiser", tensors), state["optimiser"])
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Detected call of `lr_scheduler.step", UserWarning)
            for _ in range(state["schedule"]["last_epoch"]):  # a rate is a function of the steps alone
                self._schedule.step()
        if state["precision"]:
            self._precision.load_state_dict(state["precision"])
        self.curve, self.best, self.seconds = state["curve"], state["best"], state["seconds"]
        if self.curve and self.best == self.curve[-1]:
            self.best = self.curve[-1]
        return int(state["step"])

    def share(self, fabric: Fabric) -> None:
        """Tells all processes what the first one found."""
        self.curve, self.best = fabric.broadcast((self.curve, self.best))

    def best_network(self, path: Path) -> nn.Module:
        """A copy of the network with the best epoch's weights, on the CPU, in evaluation mode."""
        network = copy.deepcopy(self._network).cpu()
        network.load_state_dict(read_checkpoint(path)[0])
        return network.requires_grad_(False).eval()
