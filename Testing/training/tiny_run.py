"""A run of a tiny network on blobs, as a program: for tests that kill it or start it in two processes.

``python tiny_run.py FOLDER [name=value ...]`` with the names of `RunSettings`, and ``pause_s`` before each batch.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import torch
from torch import nn

from training.loop import Fitted, fit
from training.run_settings import RunSettings, make_settings
from training.task import Batch, Task

RECIPE = {
    "model": "blobs", "model_id": "blobs", "widths": [4], "epochs": 4, "epoch_steps": 3, "batch": 8, "part": 2,
    "learning_rate": 0.02, "accelerator": "cpu", "average_decay": 0.9, "seed": 5,
}  # fmt: skip


class Blobs(Task):
    """Learns to double a noisy image; with batch norm, dropout optional."""

    score = "minus_error"

    def __init__(
        self, settings: RunSettings, pause_s: float = 0.0, dropout: float = 0.0, spoil: int = -1
    ) -> None:
        torch.manual_seed(settings.seed)
        width = settings.widths[0]
        self.network = nn.Sequential(
            nn.Conv2d(1, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU(), nn.Dropout(dropout),
            nn.Conv2d(width, 1, 3, padding=1),
        )  # fmt: skip
        self._images = torch.randn(20, 1, 8, 8, generator=torch.Generator().manual_seed(1))
        self._pause_s, self._spoil, self._made = pause_s, spoil, 0

    def __len__(self) -> int:
        return len(self._images)

    def make_batch(self, chosen: torch.Tensor, generator: torch.Generator) -> Batch:
        time.sleep(self._pause_s)
        clean = self._images[chosen] * (1 + torch.rand((len(chosen), 1, 1, 1), generator=generator))
        self._made += 1
        noisy = clean + 0.1 * torch.randn(clean.shape, generator=generator)
        return (noisy * float("nan") if 0 <= self._spoil < self._made else noisy), 2 * clean

    def losses(self, network: nn.Module, batch: Batch) -> dict[str, torch.Tensor]:
        image, wanted = batch
        return {"loss": ((network(image) - wanted) ** 2).mean()}

    def validate(self, network: nn.Module) -> dict[str, float]:
        return {"minus_error": -float(((network(self._images) - 2 * self._images) ** 2).mean())}

    def facts(self) -> dict[str, float]:
        return {"images": len(self)}


def run(
    folder: Path, pause_s: float = 0.0, dropout: float = 0.0, spoil: int = -1, **changes: object
) -> Fitted:
    settings = make_settings(RunSettings, RECIPE | changes)
    return fit(Blobs(settings, pause_s, dropout, spoil), settings, folder)


if __name__ == "__main__":
    torch.set_num_threads(1)
    given = dict(argument.split("=", 1) for argument in sys.argv[2:])
    pause_s = float(given.pop("pause_s", 0))
    changes: dict[str, object] = dict(given)
    run(Path(sys.argv[1]), pause_s, 0.0, -1, **changes)
