"""What a run tells while it goes on: a bar with the time left, TensorBoard, and a table of epochs."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

CURVE = "curve.json"


class TrainingLog:
    """Bar and files of the first process; the others say nothing.

    Args:
        folder: Of the run; ``tensorboard`` and ``curve.json`` are written there.
        title: What is trained.
        first: Steps that an earlier start of the run has done.
        steps: Of the whole run.
        speaks: Whether this is the first process.
    """

    def __init__(self, folder: Path, title: str, first: int, steps: int, speaks: bool) -> None:
        self._folder, self._board = folder, None
        self._bar = tqdm(
            total=steps,
            initial=first,
            desc=title,
            unit="step",
            mininterval=1,
            disable=None if speaks else True,
        )
        if speaks:
            # TensorBoard drops what an earlier start wrote after its last checkpoint.
            self._board = _board(folder / "tensorboard", first)

    def step(self) -> None:
        self._bar.update()

    def epoch(self, curve: list[dict[str, Any]], pictures: dict[str, np.ndarray]) -> None:
        """One more epoch: the last row of the curve, and pictures (J, I, 3) uint8."""
        row = curve[-1]
        said = ", ".join(f"{key} {value:.4g}" for key, value in row.items() if isinstance(value, float))
        self._bar.write(f"epoch {row['epoch']}: {said}")
        unfinished = self._folder / f".{CURVE}.{os.getpid()}"
        unfinished.write_text(json.dumps(curve, indent=1) + "\n", encoding="utf-8")
        unfinished.replace(self._folder / CURVE)
        if self._board is not None:
            for key, value in row.items():
                if isinstance(value, float):
                    self._board.add_scalar(key, value, row["step"])
            for name, picture in pictures.items():
                self._board.add_image(name, picture, row["step"], dataformats="HWC")
            self._board.flush()

    def say(self, text: str) -> None:
        if not self._bar.disable or self._board is not None:
            self._bar.write(text)

    def close(self) -> None:
        self._bar.close()
        if self._board is not None:
            self._board.close()


def _board(folder: Path, first: int) -> Any:
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:  # without the training extra the curve is in the table alone
        return None
    return SummaryWriter(str(folder), purge_step=first + 1 if first else None)
