"""Runs the command line beside the server, so that the interface stays live and cancelling is ending a process."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from ...core.errors import Cancelled, InputRefused

REFUSED, INTERRUPTED = 2, (130, 143, -15, -9)
PATIENCE_S = 10.0
_PACKAGES = Path(__file__).parents[3]
_LONGEST_LINE = 1 << 20

OnProgress = Callable[[float, str, "float | None"], None]


class CommandProcess:
    """One run of ``synthetic-cect``.

    Args:
        arguments: After the program's name, without ``--json`` and ``--progress``.
    """

    def __init__(self, arguments: Sequence[str | Path]) -> None:
        self._arguments = [str(argument) for argument in arguments]
        self._process: asyncio.subprocess.Process | None = None
        self._cancelled = False

    async def run(self, on_progress: OnProgress) -> Any:
        """Runs it to its end.

        Args:
            on_progress: Called with a fraction from 0 to 1, what is being done, and the seconds left or ``None``.

        Returns:
            What it printed as JSON.

        Raises:
            InputRefused: With its own line where it refused, ``command_failed`` where it failed.
            Cancelled: After `cancel`.
        """
        environment = os.environ | {
            "PYTHONPATH": os.pathsep.join([str(_PACKAGES), os.environ.get("PYTHONPATH", "")])
        }
        self._process = process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "SyntheticCECTLib.cli", *self._arguments, "--json", "--progress", "json",
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            env=environment, limit=_LONGEST_LINE,
        )  # fmt: skip
        if self._cancelled:
            process.terminate()
        assert process.stdout is not None and process.stderr is not None
        try:
            printed, said = await asyncio.gather(process.stdout.read(), _follow(process.stderr, on_progress))
            status = await process.wait()
        except asyncio.CancelledError:
            await self.cancel()
            raise
        if self._cancelled or status in INTERRUPTED:
            raise Cancelled("cancelled")
        if status:
            raise _failure(status, said)
        return json.loads(printed)

    async def cancel(self) -> None:
        """Ends it: politely, so that it removes what it wrote, and by force where it does not listen."""
        self._cancelled = True
        process = self._process
        if process is None or process.returncode is not None:
            return
        with suppress(ProcessLookupError):
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), PATIENCE_S)
        except asyncio.TimeoutError:
            with suppress(ProcessLookupError):
                process.kill()

    def kill(self) -> None:
        """Ends it at once: the server goes."""
        if self._process is not None and self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.kill()


class Remaining:
    """How long something will still take, from how long it took so far.

    Args:
        clock: Seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._started = clock, clock()

    def at(self, fraction: float) -> float | None:
        """Seconds left; ``None`` while that would be a guess."""
        spent = self._clock() - self._started
        if fraction < 0.08 or spent < 1.0:
            return None
        return spent * (1 - fraction) / fraction


async def _follow(lines: asyncio.StreamReader, on_progress: OnProgress) -> str:
    """Passes progress on; returns the last line that is none."""
    said, remaining = "", Remaining()
    async for raw in lines:
        line = raw.decode("utf-8", "replace").strip()
        try:
            state = json.loads(line)
            fraction, message = float(state["progress"]), str(state["message"])
        except (ValueError, TypeError, KeyError):
            said = line or said
            continue
        on_progress(fraction, message, remaining.at(fraction))
    return said


def _failure(status: int, said: str) -> InputRefused:
    message = said.removeprefix("synthetic-cect: ") or f"The command line ended with status {status}."
    if status == REFUSED:
        return InputRefused("refused", message)
    return InputRefused(
        "command_failed", message, "Try again; if it stays, run the command line with --debug."
    )
