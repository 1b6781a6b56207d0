"""Times the stages of a computation and reports its progress."""

from __future__ import annotations

import time
from collections.abc import Callable

OnProgress = Callable[[float, str], None]


class Stages:
    """Named stages one after another.

    Args:
        on_progress: Called with a fraction from 0 to 1 and what is being done; raise from it to cancel.

    Attributes:
        seconds: Of each stage that is over.
    """

    def __init__(self, on_progress: OnProgress | None) -> None:
        self.seconds: dict[str, float] = {}
        self._report = on_progress or (lambda fraction, message: None)
        self._current: tuple[str, float] | None = None

    def begin(self, name: str, fraction: float, message: str) -> None:
        self._close()
        self._current = name, time.perf_counter()
        self._report(fraction, message)

    def part(self, start: float, end: float) -> OnProgress:
        """Progress of one stage: its 0 to 1 becomes ``start`` to ``end``."""
        return lambda fraction, message: self._report(start + (end - start) * fraction, message)

    def end(self, message: str) -> None:
        self._close()
        self._report(1.0, message)

    def _close(self) -> None:
        if self._current:
            name, started = self._current
            self.seconds[name] = time.perf_counter() - started
