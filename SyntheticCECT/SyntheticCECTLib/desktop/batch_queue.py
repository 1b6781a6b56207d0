"""Many scans one after another in the background; what is there already is not computed again."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, Protocol

from .run_report import Progress, RunFailure

SUFFIXES = (".nrrd", ".nhdr", ".nii", ".nii.gz", ".mha", ".mhd", ".zip", ".dcm")
FAILURES = "failures.json"
METRICS = "metrics.json"
"""Written last (`core.case_folder.METRICS_JSON`, which is not imported here: a panel that opens must not wait for it)."""


class State(Enum):
    """Where a case is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass
class BatchCase:
    """One scan.

    Attributes:
        case_id: Name of its result folder.
        scan: File or folder.
        state: Where it is.
        detail: What is being done, or why it failed.
    """

    case_id: str
    scan: Path
    state: State = State.WAITING
    detail: str = ""


class Run(Protocol):
    """A background run; `background_run.BackgroundRun` is the real one."""

    def start(self) -> None: ...
    def cancel(self) -> None: ...


StartRun = Callable[
    [
        list[str],
        Callable[[Progress], None],
        Callable[[], None],
        Callable[[RunFailure], None],
        Callable[[], None],
    ],
    Run,
]
"""Makes a run of arguments, progress, done, failed and ended."""


class BatchQueue:
    """Runs case after case.

    Args:
        output: Folder of the results.
        scans: From `scans_in`, or DICOM series by name.
        options: Further arguments of ``synthesize``, such as the model.
        start_run: Makes a background run.
        changed: Called whenever a state changed.
    """

    def __init__(
        self,
        output: Path,
        scans: dict[str, Path],
        options: list[str],
        start_run: StartRun,
        changed: Callable[[], None],
    ) -> None:
        self.output, self._options, self._start_run, self._changed = output, options, start_run, changed
        self.cases = [BatchCase(name, path) for name, path in scans.items()]
        self._run: Run | None = None
        failures = _read_failures(output)
        for case in self.cases:
            if self.folder(case.case_id).joinpath(METRICS).is_file():
                case.state = State.DONE
            elif case.case_id in failures:
                case.state, case.detail = State.FAILED, failures[case.case_id]

    @property
    def running(self) -> bool:
        """Whether a case is being computed."""
        return any(case.state is State.RUNNING for case in self.cases)

    @property
    def finished(self) -> float:
        """Share of the cases that need no more work."""
        over = sum(case.state in (State.DONE, State.FAILED) for case in self.cases)
        return over / len(self.cases) if self.cases else 0.0

    def folder(self, case_id: str) -> Path:
        """Where a case's result is."""
        return self.output / case_id

    def resume(self) -> None:
        """Starts, or goes on; cases that failed are tried again.

        Raises:
            OSError: The folder of the results cannot be made.
        """
        if self.running:
            return
        self.output.mkdir(parents=True, exist_ok=True)
        for case in self.cases:
            if case.state is State.FAILED:
                case.state, case.detail = State.WAITING, ""
        self._next()

    def stop(self) -> None:
        """Stops at once; the case that runs will be computed anew."""
        run, self._run = self._run, None
        for case in self.cases:
            if case.state is State.RUNNING:
                case.state, case.detail = State.WAITING, ""
        if run is not None:
            run.cancel()
        self._changed()

    def _next(self) -> None:
        case = next((one for one in self.cases if one.state is State.WAITING), None)
        if case is None:
            self._run = None
            self._changed()
            return
        case.state, case.detail = State.RUNNING, "starting"
        arguments = ["synthesize", str(case.scan), "-o", str(self.folder(case.case_id)), "--progress", "json"]

        def progress(step: Progress) -> None:
            case.detail = step.text()
            self._changed()

        def done() -> None:
            self._set(case, State.DONE, "")

        def failed(failure: RunFailure) -> None:
            self._set(case, State.FAILED, failure.text())

        def ended() -> None:
            if self._run is run:
                self._next()

        run = self._run = self._start_run([*arguments, *self._options], progress, done, failed, ended)
        self._changed()
        run.start()

    def _set(self, case: BatchCase, state: State, detail: str) -> None:
        case.state, case.detail = state, detail
        _write_failures(
            self.output, {one.case_id: one.detail for one in self.cases if one.state is State.FAILED}
        )
        self._changed()


def scans_in(folder: Path) -> dict[str, Path]:
    """Scans of a folder by name: files that can be read, and folders that hold files (DICOM).

    Raises:
        OSError: The folder may not be looked into.
    """
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir()) if folder.is_dir() else []:
        if path.name.startswith("."):
            continue
        if path.is_dir():
            if any(entry.is_file() for entry in path.rglob("*")):
                found[_free(path.name, found)] = path
        elif path.name.lower().endswith(SUFFIXES):
            found[_free(_stem(path.name), found)] = path
    return found


def _stem(name: str) -> str:
    suffix = max((one for one in SUFFIXES if name.lower().endswith(one)), key=len)
    return name[: -len(suffix)] or name


def _free(name: str, taken: dict[str, Any]) -> str:
    number = 2
    free = name
    while free in taken:
        free, number = f"{name}_{number}", number + 1
    return free


def _read_failures(output: Path) -> dict[str, str]:
    try:
        entries = json.loads((output / FAILURES).read_text(encoding="utf-8"))
        return {str(key): str(value) for key, value in entries.items()}
    except (OSError, ValueError, AttributeError):
        return {}


def _write_failures(output: Path, failures: dict[str, str]) -> None:
    fresh = output / f".{FAILURES}.partial"
    fresh.write_text(json.dumps(failures, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    fresh.replace(output / FAILURES)
