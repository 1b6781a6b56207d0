"""Runs one case in the background and brings its result into the scene; nothing changes there before it is complete."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import qt
import slicer

from ..core.errors import InputRefused
from .background_run import BackgroundRun, Listener
from .case_files import CaseChoice, CaseFiles
from .case_session import CaseSession
from .command_line import CommandLine
from .installer import Installer
from .run_report import Progress, RunFailure

if TYPE_CHECKING:
    from ..core.case import CaseResult, OnProgress


LATER_MS = 50
"""So long a result waits before it looks again whether the scene is still being loaded."""
Arguments = Callable[[CaseFiles, "OnProgress"], "list[str | Path]"]
"""Writes what a run needs, and gives the arguments of the command."""
Take = Callable[[CaseFiles, "OnProgress"], Any]
"""Reads what a run wrote and brings it into the scene; reports between pieces, and may be cancelled there."""


class _Cancelled(Exception):
    """Somebody cancelled while the result was being added."""


class RunView(Protocol):
    """Shows how a run goes."""

    def run_started(self) -> None: ...
    def run_progress(self, progress: Progress) -> None: ...
    def run_done(self, result: Any) -> None: ...
    def run_failed(self, text: str) -> None: ...
    def run_cancelled(self) -> None: ...


class _Turn:
    """The view of one run: a tab shows many, and what an earlier one still waits for must not be taken for the present one's."""

    def __init__(self, view: RunView) -> None:
        self.run_started, self.run_progress, self.run_done = (
            view.run_started,
            view.run_progress,
            view.run_done,
        )
        self.run_failed, self.run_cancelled = view.run_failed, view.run_cancelled


class CaseRunner:
    """One run at a time, whichever tab asked for it.

    Args:
        session: Gets the result.
        command_line: What computes.
        installer: Makes sure that it can.
        folder: Where temporary files go.
    """

    def __init__(
        self, session: CaseSession, command_line: CommandLine, installer: Installer, folder: str | None = None
    ) -> None:
        self.command_line, self.installer = command_line, installer
        self._session, self._folder = session, folder
        self._run: BackgroundRun | None = None
        self._view: RunView | None = None
        self._kept: Path | None = None
        self._waits = self._taken = False

    @property
    def busy(self) -> bool:
        """Whether a run is on its way."""
        return self._view is not None

    @property
    def report(self) -> Path | None:
        """The HTML page of the last run."""
        return self._kept if self._kept is not None and self._kept.is_file() else None

    def process(self, choice: CaseChoice, replace_earlier: bool, view: RunView) -> None:
        """Synthesizes, and compares where there is something to compare with.

        Args:
            choice: What to work on.
            replace_earlier: Whether an older result of the same CT goes, but for what was chosen of it as an input.
            view: Is told how it goes.
        """

        session, asked = self._session, choice.as_corrected

        def arguments(files: CaseFiles, report: OnProgress) -> list[str | Path]:
            nonlocal asked
            corrected = session.corrected(choice.native)
            asked = asked or corrected is not None
            return files.write(choice, report, corrected if choice.as_corrected else None)

        def take(files: CaseFiles, report: OnProgress) -> CaseResult:
            from ..core.case import part_of, segment_case
            from ..core.case_folder import REPORT, read_case, read_threshold_hu
            from ..mrml.volume_node import to_image

            case = read_case(files.result, part_of(report, 0.0, 0.4))
            session.require(choice.native)
            report(0.4, "reading the CT")
            native_ct = to_image(choice.native)
            report(0.45, "putting the result on the CT's grid")
            case = choice.slices.spread(case, native_ct)
            chosen = (choice.heart, choice.cect, choice.reference)
            corrected = session.corrected(choice.native)
            labels = corrected if choice.as_corrected else None
            threshold_hu, progress = read_threshold_hu(files.result), part_of(report, 0.5, 0.6)
            result = segment_case(case, threshold_hu, progress, labels, by_hand=labels is not None)
            # What was corrected while this ran, nobody has asked about.
            replace = replace_earlier and (asked or corrected is None)
            session.take(result, choice.native, replace, part_of(report, 0.6, 1.0), keep=chosen)
            self._keep(files.result / REPORT)
            return result

        self._begin(arguments, take, view)

    def draw_patient(self, seed: int, take: Callable[[Path, OnProgress], Any], view: RunView) -> None:
        """Draws a virtual patient.

        Args:
            seed: Which one.
            take: Called with the folder that holds its files, and whom to tell between its pieces; what it returns reaches
                ``view.run_done``.
            view: Is told how it goes.
        """

        def arguments(files: CaseFiles, _: OnProgress) -> list[str | Path]:
            into = ["-o", files.result, "--uncompressed"]
            return ["phantom", "--seed", str(seed), *into, "--progress", "json"]

        self._begin(arguments, lambda files, report: take(files.result, report), view, networks=False)

    def export(
        self,
        write: Callable[[Path, OnProgress], None],
        source: Callable[[], Path | None],
        folder: Path,
        view: RunView,
    ) -> None:
        """Exports a result as DICOM; ``view.run_done`` gets the folder.

        Args:
            write: Called with the folder to write the result into, and whom to tell between its pieces.
            source: Called for a temporary folder with the DICOM files of the CT, or ``None``.
            folder: For the DICOM files.
            view: Is told how it goes.
        """

        def arguments(files: CaseFiles, report: OnProgress) -> list[str | Path]:
            write(files.result, report)
            command: list[str | Path] = ["export", files.result, "--dicom", folder, "--progress", "json"]
            found = source()
            return command if found is None else [*command, "--source", files.adopt(found)]

        self._begin(arguments, lambda *_: folder, view, networks=False)

    def cancel(self) -> None:
        """Stops at once; the scene is as it was. A result that is in the scene already stays."""
        if self._taken:
            return
        view, self._view = self._view, None
        if self._waits:
            self._waits = False
            self.installer.cancel()
        if self._run is not None:
            self._run.cancel()
        if view is not None:
            view.run_cancelled()

    def close(self) -> None:
        """Stops, and removes what was kept."""
        self._taken = False
        self.cancel()
        if self._kept is not None:
            shutil.rmtree(self._kept.parent, ignore_errors=True)
            self._kept = None

    def _begin(self, arguments: Arguments, take: Take, view: RunView, networks: bool = True) -> None:
        if self.busy:
            view.run_failed("Another run is on its way. Wait for it, or cancel it.")
            return
        self._view = view = _Turn(view)
        view.run_started()
        if networks:
            self._waits = True
            self.installer.ensure(
                lambda: self._start(arguments, take, view),
                lambda text: self._end(view, view.run_failed, text),
                lambda progress: view.run_progress(progress) if self._view is view else None,
            )
        else:
            self._start(arguments, take, view)

    def _start(self, arguments: Arguments, take: Take, view: RunView) -> None:
        if self._view is not view:  # cancelled while packages were installed
            return
        self._waits = False
        files = CaseFiles(self._folder)
        try:
            command = arguments(files, self._reporter(view, 0.0))
        except _Cancelled:
            files.remove()
            return
        except (InputRefused, OSError, RuntimeError) as error:
            files.remove()
            self._end(view, view.run_failed, str(error))
            return
        self._run = BackgroundRun(
            self.command_line,
            command,
            Listener(
                progress=view.run_progress,
                done=lambda _: self._done(files, take, view),
                failed=lambda failure: self._end(view, view.run_failed, failure.text()),
                ended=lambda: None if files.awaited else files.remove(),
            ),
        )
        self._run.start()

    def _done(self, files: CaseFiles, take: Take, view: RunView) -> None:
        view.run_progress(Progress(1.0, "adding the result to the scene"))
        # In a turn of its own, so that these words are on the screen while it lasts.
        files.awaited = True
        qt.QTimer.singleShot(0, lambda: self._take(files, take, view))

    def _reporter(self, view: RunView, fraction: float) -> OnProgress:
        """Keeps the window alive between pieces of work here, so that Cancel can be pressed.

        Args:
            view: Is told what is being done.
            fraction: Of the whole run, at which these pieces are.
        """

        def report(_: float, message: str) -> None:
            view.run_progress(Progress(fraction, message))
            slicer.app.processEvents()
            if self._view is not view:
                raise _Cancelled

        return report

    def _take(self, files: CaseFiles, take: Take, view: RunView) -> None:
        if self._view is not view:  # cancelled in the meantime
            files.remove()
            return
        if self._session.scene.IsBatchProcessing():  # a scene is loading, and shows its progress
            qt.QTimer.singleShot(LATER_MS, lambda: self._take(files, take, view))
            return
        try:
            result = take(files, self._reporter(view, 1.0))
        except _Cancelled:
            return
        except Exception as error:  # whatever it is, the panel must not stay in the state of a run
            known = isinstance(error, InputRefused | OSError)
            text = str(error) if known else f"The result could not be added to the scene: {error!r}"
            self._end(view, view.run_failed, text)
            if not known:
                raise
            return
        finally:
            files.remove()
        self._taken = True
        qt.QTimer.singleShot(0, lambda: self._end(view, view.run_done, result))

    def _end(self, view: RunView, tell: Callable[[Any], None], what: Any) -> None:
        if self._view is view:
            self._view, self._run, self._waits, self._taken = None, None, False, False
            tell(what)

    def _keep(self, report: Path) -> None:
        """A report outlives the folder it was written in: the scene does not hold it."""
        if not report.is_file():
            return
        if self._kept is None:
            self._kept = CaseFiles(self._folder).folder / report.name
        shutil.copyfile(report, self._kept)


def try_out_with(command_line: CommandLine) -> Callable[..., None]:
    """What `Installer` tries packages out with: Python code in a process of its own."""

    def try_out(code: str, good: Callable[[], None], bad: Callable[[RunFailure], None]) -> None:
        python = CommandLine(command_line.program, ("-c",), command_line.folder)
        BackgroundRun(python, [code], Listener(done=lambda _: good(), failed=bad)).start()

    return try_out
