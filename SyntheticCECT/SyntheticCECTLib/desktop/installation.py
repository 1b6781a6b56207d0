"""An installation: one run of pip after another, each in a process of its own."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from .background_run import BackgroundRun, Listener
from .command_line import CommandLine
from .pip_report import PipReport

TEMPORARY = ("TMPDIR", "TEMP", "TMP")
"""What names pip's temporary folder. Ended by a signal it leaves gigabytes there, which go with ours."""


class Installation:
    """Runs of pip, the next one only where the one before ended well.

    Args:
        python: Takes the arguments of each run.
        steps: These arguments.
        folder: Is removed at the end: a run works in it, and pip keeps there what it downloads.
        listener: Is told. Here ``ended`` comes first, also when the application closes, and then, when it does not, one of
            ``done``, ``failed`` and ``cancelled``.
    """

    def __init__(
        self, python: CommandLine, steps: Sequence[Sequence[str]], folder: Path, listener: Listener
    ) -> None:
        self._python, self._folder, self._listener = replace(python, folder=folder), folder, listener
        self._left = list(steps)
        self._report: PipReport | None = None
        self._run: BackgroundRun | None = None
        self._outcome: Callable[[], None] | None = None

    def start(self) -> None:
        """Starts the first run and returns."""
        report = self._report = PipReport()
        self._outcome = None
        self._run = BackgroundRun(
            self._python,
            self._left.pop(0),
            Listener(
                progress=self._listener.progress,
                done=lambda _: self._came(lambda: self._listener.done("")),
                failed=lambda failure: self._came(lambda: self._listener.failed(failure), last=True),
                cancelled=lambda: self._came(self._listener.cancelled, last=True),
                ended=self._ended,
            ),
            report,
            dict.fromkeys(TEMPORARY, str(self._folder)),
        )
        self._run.start()

    def cancel(self) -> bool:
        """Ends it, but for packages that are being written: half of one could neither be used nor be replaced.

        An application that closes waits for them (`BackgroundRun.finish_writing`).

        Returns:
            Whether it is being ended.
        """
        if self._run is None or self._report is None or self._report.writing:
            return False
        self._run.cancel()
        return True

    def _came(self, outcome: Callable[[], None], last: bool = False) -> None:
        self._outcome = outcome
        if last:
            self._left.clear()

    def _ended(self) -> None:
        outcome = self._outcome
        if outcome is not None and self._left:
            self.start()
            return
        shutil.rmtree(self._folder, ignore_errors=True)
        try:
            self._listener.ended()
        finally:
            if outcome is not None:
                outcome()
