"""What a background process says, read line by line: progress, time left, and why it failed."""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass

LINES_KEPT = 40
LINES_SHOWN = 8
REFUSED = 2
KILLED = 9
WRITING = "writing "
"""So begins what our own command line says while it writes files that stay."""
LAUNCHER_SAYS = "exit abnormally"
"""PythonSlicer is a launcher: where the Python below it crashed or was killed, it says so and ends by itself with 1."""
SOONEST_S, LEAST_FRACTION = 1.5, 0.08
"""Before that a guess of the time left is worth nothing."""


@dataclass(frozen=True)
class Progress:
    """How far a run is.

    Attributes:
        fraction: From 0 to 1.
        message: What is being done.
        left_s: Seconds left, or ``None`` where that cannot be told yet.
    """

    fraction: float
    message: str
    left_s: float | None = None

    def text(self) -> str:
        """For people."""
        what = f"{self.message[:1].upper()}{self.message[1:]}" or "Working"
        return f"{what}…" if self.left_s is None else f"{what}… about {_duration(self.left_s)} left"


@dataclass(frozen=True)
class RunFailure:
    """Why a run brought no result.

    Attributes:
        message: What went wrong, with the last lines of the process where it broke.
        remedy: What to do.
        refused: Whether the input was refused, in plain words; else the process broke.
    """

    message: str
    remedy: str
    refused: bool = False

    def text(self) -> str:
        """For people."""
        return f"{self.message}\n{self.remedy}".strip()


class RunReport:
    """Collects what a process writes to standard error.

    Args:
        started_s: Clock when it began, in seconds.
    """

    def __init__(self, started_s: float) -> None:
        self._started_s = started_s
        self._rest = ""
        self.lines: deque[str] = deque(maxlen=LINES_KEPT)
        self.progress = Progress(0.0, "starting")

    @property
    def writing(self) -> bool:
        """Whether the result is being written, or put in its place."""
        return self.progress.message.startswith(WRITING) or self.progress.fraction == 1.0

    def read(self, text: str, now_s: float) -> bool:
        """Takes in more text; returns whether the progress changed."""
        *lines, self._rest = (self._rest + text).split("\n")
        before = self.progress
        for line in lines:
            self._take(line.strip(), now_s)
        return self.progress != before

    def finish(self) -> None:
        """Takes in a last line without an end."""
        if self._rest.strip():
            self.lines.append(self._rest.strip())
        self._rest = ""

    def failure(self, exit_code: int, crashed: bool) -> RunFailure:
        """Why the process ended without a result.

        Args:
            exit_code: Of the process; on Unix the signal's number where it crashed.
            crashed: Whether it did not end by itself.
        """
        self.finish()
        said = [line.removeprefix("synthetic-cect: ") for line in self.lines if LAUNCHER_SAYS not in line]
        below_launcher = len(said) < len(self.lines)
        if exit_code == REFUSED and not crashed and said:
            return RunFailure(said[-1], "", refused=True)
        tail = "\n".join(said[-LINES_SHOWN:]) or "It said nothing."
        how = "crashed" if crashed or below_launcher else "failed"
        killed = below_launcher or (crashed and exit_code == KILLED)
        return RunFailure(
            f"The background process {how} (code {exit_code}). Its last lines:\n{tail}", _remedy(tail, killed)
        )

    def _take(self, line: str, now_s: float) -> None:
        entry = _entry(line)
        if entry is None:
            if line:
                self.lines.append(line)
            return
        fraction, message = entry
        passed = now_s - self._started_s
        left = (
            passed * (1 - fraction) / fraction if fraction >= LEAST_FRACTION and passed >= SOONEST_S else None
        )
        self.progress = Progress(fraction, message, left)


def _entry(line: str) -> tuple[float, str] | None:
    if not line.startswith("{"):
        return None
    try:
        entry = json.loads(line)
        return min(max(float(entry["progress"]), 0.0), 1.0), str(entry["message"])
    except (ValueError, KeyError, TypeError):
        return None


def _remedy(tail: str, killed: bool) -> str:
    if "No module named" in tail:
        return "A package is missing: open 'Python packages' in the Synthesize tab and press 'Install what is missing'."
    if killed or "not enough memory" in tail or "out of memory" in tail.lower():
        return "Probably there was not enough memory: close other programs, use fewer slices, or choose the CPU as device."
    if "cuda" in tail.lower():
        return "The graphics card could not be used: choose the CPU as device and try again."
    return (
        "Try again; if it happens again, report these lines with the version of Slicer and of this extension."
    )


def _duration(seconds: float) -> str:
    if seconds < 60:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min"
