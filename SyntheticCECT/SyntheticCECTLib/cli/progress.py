"""Shows how far a command is: a bar for people, JSON lines for programs, or nothing."""

from __future__ import annotations

import json
import sys
import time
from types import TracebackType
from typing import Any, TextIO


class Progress:
    """What commands report to; this one shows nothing.

    Call it with a fraction from 0 to 1 and what is being done. It is a context manager, so that a bar is
    closed before anything else is printed.
    """

    _reached = 0.0

    def __call__(self, fraction: float, message: str = "") -> None:
        # A search that starts over is no reason to walk a bar backwards.
        self._reached = max(self._reached, min(float(fraction), 1.0))
        self._show(self._reached, message)

    def _show(self, fraction: float, message: str) -> None:
        pass

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        pass


class JsonProgress(Progress):
    """One JSON object a line on stderr: ``{"progress": 0.25, "message": "registering"}``."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._shown: tuple[float, str] | None = None

    def _show(self, fraction: float, message: str) -> None:
        state = (round(fraction, 3), message)
        if state != self._shown:
            self._shown = state
            print(json.dumps({"progress": state[0], "message": message}), file=self._stream, flush=True)


class BarProgress(Progress):
    """A bar drawn by tqdm on stderr."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._bar: Any = None

    def _show(self, fraction: float, message: str) -> None:
        if self._bar is None:
            from tqdm import tqdm

            form = "{desc:<34.34} {percentage:3.0f}%|{bar}| {elapsed}"
            self._bar = tqdm(total=1.0, file=self._stream, bar_format=form, dynamic_ncols=True, leave=False)
        self._bar.set_description_str(message, refresh=False)
        self._bar.n = fraction
        self._bar.refresh()

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None


class TextProgress(Progress):
    """The bar where tqdm is not installed: a percentage that is written over, at most ten times a second."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._drawn_at = float("-inf")

    def _show(self, fraction: float, message: str) -> None:
        now = time.monotonic()
        if now - self._drawn_at >= 0.1:
            self._drawn_at = now
            print(f"\r{100 * fraction:3.0f} % {message:<40.40}", end="", file=self._stream, flush=True)

    def close(self) -> None:
        if self._drawn_at > float("-inf"):
            print(f"\r{'':<46}\r", end="", file=self._stream, flush=True)


def make_progress(kind: str | None) -> Progress:
    """The display that ``--progress`` names.

    Args:
        kind: ``bar``, ``json`` or ``none``; default: a bar on a terminal, nothing in a log file.
    """
    stream = sys.stderr
    if kind is None:
        kind = "bar" if stream.isatty() else "none"
    if kind == "json":
        return JsonProgress(stream)
    if kind == "bar":
        try:
            import tqdm  # noqa: F401
        except ImportError:
            return TextProgress(stream)
        return BarProgress(stream)
    return Progress()
