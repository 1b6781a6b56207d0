"""Progress bar, Apply and Cancel of a tab, and the message below."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .run_report import Progress

STEPS = 1000


@dataclass(frozen=True)
class RunDisplay:
    """The widgets that show a run.

    Attributes:
        start, cancel: Buttons.
        bar: Progress bar.
        progress: Label for what is being done.
        message: Label for what came of it.
    """

    start: Any
    cancel: Any
    bar: Any
    progress: Any
    message: Any

    def begin(self) -> None:
        """A run began."""
        self._running(True)
        self.bar.value = 0
        self.progress.text = "Starting…"
        self.message.text = ""

    def step(self, progress: Progress) -> None:
        """It came further."""
        self.bar.value = round(STEPS * progress.fraction)
        self.progress.text = progress.text()

    def end(self, text: str) -> None:
        """It is over, however that came."""
        self._running(False)
        self.progress.text = ""
        self.message.text = text

    def _running(self, running: bool) -> None:
        self.bar.setVisible(running)
        self.cancel.enabled = running
        self.start.enabled = not running
