"""One command in a process of its own, followed from the event loop: a thread would get no turn beside Qt."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol

import qt

from .command_line import CommandLine
from .process_tree import any_alive, ask_to_end, descendants, force_to_end
from .run_report import Progress, RunFailure, RunReport

GRACE_MS = 300
"""So long a process may take to remove its half-written files before it is ended by force."""
FILE_MS = 20_000
"""So long where it writes: it ends by itself once the file in its hands is written."""
WRITING_MS = 600_000
"""So long a closing application waits for what is being written: PyTorch with CUDA has gigabytes of files."""


def _nothing(*_: Any) -> None:
    pass


@dataclass
class Listener:
    """Who is told how a run goes; each is called in the event loop.

    Attributes:
        progress: With each step.
        done: With standard output, when it ended well.
        failed: With the reason, when it did not.
        cancelled: At once, when it was cancelled.
        ended: When the process is gone, however that came; the place to remove files.
    """

    progress: Callable[[Progress], None] = _nothing
    done: Callable[[str], None] = _nothing
    failed: Callable[[RunFailure], None] = _nothing
    cancelled: Callable[[], None] = _nothing
    ended: Callable[[], None] = _nothing


class Report(Protocol):
    """Understands what a program says; `run_report.RunReport` does for our own command line."""

    progress: Progress

    @property
    def writing(self) -> bool: ...
    def read(self, text: str, now_s: float) -> bool: ...
    def failure(self, exit_code: int, crashed: bool) -> RunFailure: ...


class BackgroundRun:
    """A process that runs or has run.

    Args:
        command_line: What understands the arguments.
        arguments: Such as ``["synthesize", path, "-o", folder, "--progress", "json"]``.
        listener: Who is told.
        report: Reads both outputs of another's program as one; ``listener.done`` gets nothing then. Without it standard
            error is read as our own command line writes it.
        environment: Variables that are set for the process.
    """

    # A run that was cancelled must outlive whoever held it, until its process is gone.
    _alive: set[BackgroundRun] = set()  # noqa: RUF012

    def __init__(
        self,
        command_line: CommandLine,
        arguments: Sequence[str | Path],
        listener: Listener,
        report: Report | None = None,
        environment: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._command_line, self._arguments, self._listener = command_line, arguments, listener
        self._one_output, self._environment = report is not None, environment
        self._output: list[str] = []
        self._cancelled = self._started = False
        self._process: Any = None
        self._pid, self._pids, self._until_s = 0, list[int](), 0.0
        self._report: Report = report or RunReport(0.0)

    @property
    def running(self) -> bool:
        """Whether a result may still come."""
        return self in BackgroundRun._alive and not self._cancelled

    def process_id(self) -> int:
        """Of the process; 0 where there is none."""
        return int(self._process.processId()) if self._process is not None else 0

    def start(self) -> None:
        """Starts the process and returns."""
        process = self._process = qt.QProcess()
        if self._one_output:
            process.setProcessChannelMode(qt.QProcess.MergedChannels)
        else:
            self._report = RunReport(time.monotonic())
        BackgroundRun._alive.add(self)
        environment = qt.QProcessEnvironment.systemEnvironment()
        # Slicer's own image readers would be looked for by SimpleITK in the other process, and print errors.
        environment.insert("ITK_AUTOLOAD_PATH", "")
        environment.insert("PYTHONIOENCODING", "utf-8")
        for name, value in self._environment.items():
            environment.insert(name, value)
        process.setProcessEnvironment(environment)
        process.setWorkingDirectory(str(self._command_line.folder))
        process.connect("started()", self._running)
        process.connect("readyReadStandardOutput()", self._read_output)
        process.connect("readyReadStandardError()", self._read_report)
        process.connect("finished(int,QProcess::ExitStatus)", self._finished)
        process.connect("errorOccurred(QProcess::ProcessError)", self._error)
        process.start(self._command_line.program, self._command_line.arguments(self._arguments))

    def cancel(self) -> None:
        """Gives control back at once; the process and what it started are ended meanwhile."""
        if not self.running:
            return
        self._ask_to_end()
        qt.QTimer.singleShot(GRACE_MS, self._force)
        self._listener.cancelled()

    @classmethod
    def finish_writing(cls) -> None:
        """Waits until all that is being written now is written to its end; the event loop stands still meanwhile."""
        for run in list(cls._alive):
            process = run._process
            if process is not None and run.running and run._report.writing:
                process.waitForFinished(WRITING_MS)

    @classmethod
    def close_all(cls) -> None:
        """Ends every run before it returns: when an application closes, its event loop does not come back."""
        for run in list(cls._alive):
            run._close()

    def _close(self) -> None:
        if not self._cancelled:
            self._ask_to_end()
        while any_alive(self._pids) and time.monotonic() < self._until_s:
            time.sleep(0.01)
        self._end_by_force()
        if self._process is not None:
            self._process.waitForFinished(GRACE_MS)
        self._end()

    def _ask_to_end(self) -> None:
        self._cancelled = True
        self._until_s = time.monotonic() + (FILE_MS if self._report.writing else GRACE_MS) / 1000
        self._pid = self.process_id()
        self._pids = descendants(self._pid) if self._pid else []
        ask_to_end(self._pids)

    def _force(self) -> None:
        if self._report.writing and any_alive(self._pids) and time.monotonic() < self._until_s:
            qt.QTimer.singleShot(GRACE_MS, self._force)
            return
        self._end_by_force()
        self._end_when_gone()

    def _end_by_force(self) -> None:
        if self._pid:
            if self._process is not None:
                # Looked for again: a process may have started another one in the meantime.
                self._pids += descendants(self._pid)
            force_to_end(self._pid, self._pids)
        if self._process is not None:
            self._process.kill()

    def _end_when_gone(self) -> None:
        """Slicer's launcher may be gone before the Python below it, which still writes."""
        if self._process is not None or any_alive(self._pids):
            qt.QTimer.singleShot(GRACE_MS, self._end_when_gone)
        else:
            self._end()

    def _running(self) -> None:
        self._started = True

    def _read_output(self) -> None:
        if self._process is None:
            return
        text = _text(self._process.readAllStandardOutput())
        if self._one_output:
            self._take_report(text)
        else:
            self._output.append(text)

    def _read_report(self) -> None:
        if self._process is not None and not self._one_output:
            self._take_report(_text(self._process.readAllStandardError()))

    def _take_report(self, text: str) -> None:
        changed = self._report.read(text, time.monotonic())
        if changed and not self._cancelled:
            self._listener.progress(self._report.progress)

    def _error(self, *_: Any) -> None:
        # Which error it was is not asked for: in Qt 5 `error` is a signal too, and what ended badly tells `finished`.
        if self._process is not None and not self._started:
            self._release(
                RunFailure(
                    f"'{self._command_line.program}' could not be started.",
                    "Check that Slicer is installed completely; installing it again helps.",
                )
            )

    def _finished(self, exit_code: int, *_: Any) -> None:
        if self._process is None:
            return
        self._read_output()
        self._read_report()
        crashed = self._process.exitStatus() == qt.QProcess.CrashExit
        self._release(self._report.failure(exit_code, crashed) if exit_code or crashed else None)

    def _release(self, failure: RunFailure | None) -> None:
        """Lets go of the process, and tells how it ended in a turn of its own.

        This is the middle of the process's own signal: Python would delete it here with its last name, and whoever is told
        may ask a question, in whose event loop Qt would delete it.
        """
        process, self._process = self._process, None
        qt.QTimer.singleShot(0, lambda: process.deleteLater())
        qt.QTimer.singleShot(0, lambda: self._tell(failure))

    def _tell(self, failure: RunFailure | None) -> None:
        if self._cancelled:  # what is left of it `_end_when_gone` waits for
            return
        try:
            if failure is not None:
                self._listener.failed(failure)
            else:
                self._listener.done("".join(self._output))
        finally:
            self._end()

    def _end(self) -> None:
        if self in BackgroundRun._alive:
            BackgroundRun._alive.discard(self)
            self._listener.ended()


def _text(data: Any) -> str:
    """A QByteArray's text; PythonQt hands out bytes, or an object that holds them."""
    content = data.data() if hasattr(data, "data") else data
    return content if isinstance(content, str) else bytes(content).decode("utf-8", "replace")
