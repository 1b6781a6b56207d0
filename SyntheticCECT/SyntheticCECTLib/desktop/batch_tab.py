"""The tab *Batch and QA*: a queue in the background, then case by case."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import slicer

from ..core.errors import InputRefused
from .background_run import BackgroundRun, Listener
from .batch_queue import BatchQueue, State, scans_in
from .desk import Desk
from .opened_case import OpenedCase
from .path_field import TypedPath
from .quality_check import QualityCheck, Verdict
from .run_display import STEPS
from .scan_size import scan_voxels
from .series_folder import series_folders
from .start_check import QUEUE, StartCheck
from .volume_rows import fill_table

HEADINGS = ("Case", "State", "Verdict", "Remark")


class BatchTab:
    """Runs many scans, and asks for a verdict on each.

    Args:
        desk: What all tabs share.
        check: Asked before the queue starts.
        opened: Called when a case was put into the scene.
    """

    def __init__(self, desk: Desk, check: StartCheck, opened: Callable[[], None]) -> None:
        self._desk, self._check, self._opened = desk, check, opened
        check.running[QUEUE] = lambda: self.queue is not None and self.queue.running
        self.queue: BatchQueue | None = None
        self._quality: QualityCheck | None = None
        self._opened_case = OpenedCase(desk)
        self._loading = self._closed = False
        self._series: dict[str, Path] = {}
        self._series_roots: list[Path] = []
        self._trouble = ""
        ui = self._ui = desk.ui
        for button, act in (
            (ui.batchStartButton, self._start), (ui.batchStopButton, self._stop), (ui.addDicomButton, self._add_dicom),
            (ui.openCaseButton, self._open), (ui.nextCaseButton, self._open_next),
            (ui.passButton, lambda *_: self._decide(Verdict.PASS)),
            (ui.fixButton, lambda *_: self._decide(Verdict.FIX)),
            (ui.failButton, lambda *_: self._decide(Verdict.FAIL)),
        ):  # fmt: skip
            button.connect("clicked(bool)", act)
        self._typed = [TypedPath(field, self._folders) for field in (ui.batchInputEdit, ui.batchOutputEdit)]
        ui.batchTable.connect("cellDoubleClicked(int,int)", self._open)

    def restore(self) -> None:
        """Shows the folders of the parameter node; a queue that runs goes on, whatever became of the scene."""
        ui, parameters = self._ui, self._desk.parameters
        self._opened_case.follow_scene()
        if self.queue is not None and self.queue.running:
            parameters.batchInput = str(ui.batchInputEdit.currentPath)
            parameters.batchOutput = str(ui.batchOutputEdit.currentPath)
            self.show()
            return
        ui.batchInputEdit.currentPath, ui.batchOutputEdit.currentPath = (
            parameters.batchInput,
            parameters.batchOutput,
        )
        self._look()

    def close(self) -> None:
        """Stops the queue, and removes the files of DICOM series; finished cases stay, the others wait for the next Start."""
        self._closed = True
        for typed in self._typed:
            typed.close()
        self._stop()
        self._remove_series()

    def show(self) -> None:
        """The queue as it is."""
        queue, quality, ui = self.queue, self._quality, self._ui
        cases = queue.cases if queue else []
        decisions = quality.decisions if quality else {}
        rows = []
        for case in cases:
            decision = decisions.get(case.case_id)
            remark = case.detail or (decision.comment if decision else "")
            rows.append((case.case_id, case.state.value, decision.verdict if decision else "", remark))
        fill_table(ui.batchTable, HEADINGS, rows)
        running = bool(queue and queue.running)
        ui.batchInputEdit.enabled = ui.batchOutputEdit.enabled = not running
        ui.batchStartButton.enabled, ui.batchStopButton.enabled = not running, running
        ui.batchProgressBar.setVisible(running)
        ui.batchProgressBar.value = round(STEPS * (queue.finished if queue else 0))
        ui.batchMessageLabel.text = self._summary()
        done = [case.case_id for case in cases if case.state is State.DONE]
        left = sum(one not in decisions for one in done)
        ui.qaMessageLabel.text = f"{len(done) - left} of {len(done)} cases decided." if done else ""
        for button in (ui.openCaseButton, ui.nextCaseButton):
            button.enabled = bool(done)
        for button in (ui.passButton, ui.fixButton, ui.failButton):
            button.enabled = self._looked_at() is not None

    def _summary(self) -> str:
        if self.queue is None or not self.queue.cases:
            return self._trouble or "Choose a folder of scans and a folder for the results."
        count = {state: sum(case.state is state for case in self.queue.cases) for state in State}
        return ", ".join(f"{number} {state.value}" for state, number in count.items() if number) + "."

    def _start(self, *_: Any) -> None:
        self._settle()
        if self.queue is None or not self.queue.running:
            self._look()
        queue = self.queue
        if queue is None or not queue.cases:
            self._ui.batchMessageLabel.text = (
                self._trouble or "There is no scan in that folder, or no folder for the results is chosen."
            )
            return
        self._desk.runner.installer.ensure(
            lambda: self._resume(queue), self._say, lambda progress: self._say(progress.text())
        )

    def _resume(self, queue: BatchQueue) -> None:
        if self.queue is not queue:  # other folders were chosen while packages were installed
            self.show()
            return
        self._ui.batchStartButton.enabled = False  # the window is alive while headers are read
        voxels = self._most_voxels(queue)
        if self._closed:
            return
        self._settle()
        if self.queue is not queue:  # other folders were chosen meanwhile
            self.show()
            return
        self._ui.batchStartButton.enabled = True
        try:
            self._check.admit(QUEUE, self._check.memory(QUEUE, voxels) if voxels else None)
            queue.resume()
        except InputRefused as refusal:
            self._say(str(refusal))
        except OSError as error:
            self._say(f"The folder for the results cannot be written ({error}). Choose another one.")

    def _most_voxels(self, queue: BatchQueue) -> int:
        """Of the largest scan that is to be computed; 0 where no header tells."""
        most = 0
        for case in queue.cases:
            if case.state is not State.DONE and not self._closed:
                self._ui.batchMessageLabel.text = f"Looking at {case.case_id}…"
                slicer.app.processEvents()
                most = max(most, scan_voxels(case.scan) or 0)
        return most

    def _say(self, text: str) -> None:
        self._ui.batchMessageLabel.text = text

    def _stop(self, *_: Any) -> None:
        if self.queue is not None and self.queue.running:
            self.queue.stop()

    def _look(self) -> None:
        """Makes the queue of the folders that are chosen; none where one of them may not be looked into."""
        self.queue, self._quality, self._trouble = None, None, ""
        scans, results = self._desk.parameters.batchInput, self._desk.parameters.batchOutput
        try:
            if scans and not Path(scans).is_dir():
                self._trouble = f"'{scans}' is not a folder. Choose another one."
            if results:
                self.queue, self._quality = self._queue_and_verdicts(Path(results))
        except InputRefused as refusal:
            self._trouble = str(refusal)
        except OSError as error:
            self._trouble = f"A folder cannot be read ({error}). Choose another one."
        self.show()

    def _queue_and_verdicts(self, output: Path) -> tuple[BatchQueue, QualityCheck]:
        parameters = self._desk.parameters
        scans = scans_in(Path(parameters.batchInput)) if parameters.batchInput else {}
        options = ["--device", parameters.device]
        if parameters.model:
            options += ["--model", parameters.model]
        queue = BatchQueue(output, {**scans, **self._series}, options, self._start_run, self.show)
        return queue, QualityCheck(output)

    def _start_run(
        self,
        arguments: list[str],
        progress: Any,
        done: Callable[[], None],
        failed: Any,
        ended: Callable[[], None],
    ) -> BackgroundRun:
        def over() -> None:
            ended()
            if self._closed:  # Windows removes no file that is being read
                self._remove_series()

        listener = Listener(progress=progress, done=lambda _: done(), failed=failed, ended=over)
        return BackgroundRun(self._desk.runner.command_line, arguments, listener)

    def _settle(self) -> None:
        for typed in self._typed:
            typed.settle()

    def _folders(self) -> None:
        """Looks into the folders that the fields name, where they are others."""
        ui, parameters = self._ui, self._desk.parameters
        folders = str(ui.batchInputEdit.currentPath), str(ui.batchOutputEdit.currentPath)
        if (parameters.batchInput, parameters.batchOutput) != folders:
            self._stop()
            parameters.batchInput, parameters.batchOutput = folders
            self._look()

    def _add_dicom(self, *_: Any) -> None:
        self._settle()
        application = self._desk.application
        try:
            series = application.selected_series()
        except AttributeError:
            series = {}
        if not series:
            self._say("Select series in the DICOM module first (Advanced view), then press again.")
            return
        if not self._desk.parameters.batchOutput:
            self._say("Choose a folder for the results first.")
            return
        self._stop()  # it may be reading one of these series
        try:
            root = Path(tempfile.mkdtemp(prefix="SyntheticCECT-", dir=application.temporary_folder()))
            self._series_roots.append(root)
            self._series |= series_folders(series, root)
        except OSError as error:
            self._say(f"The DICOM files cannot be handed over ({error}). Import the series again.")
            return
        self._look()

    def _remove_series(self) -> None:
        for root in self._series_roots:
            shutil.rmtree(root, ignore_errors=True)

    def _open(self, *_: Any) -> None:
        row = self._ui.batchTable.currentRow()
        if self.queue is not None and 0 <= row < len(self.queue.cases):
            self._load(self.queue.cases[row].case_id)

    def _open_next(self, *_: Any) -> None:
        if self.queue is None or self._quality is None:
            return
        done = [case.case_id for case in self.queue.cases if case.state is State.DONE]
        case_id = self._quality.next_undecided(done, self._looked_at())
        if case_id is None:
            self._ui.qaMessageLabel.text = "Every finished case is decided."
            return
        self._ui.batchTable.selectRow([case.case_id for case in self.queue.cases].index(case_id))
        self._load(case_id)

    def _load(self, case_id: str) -> None:
        """Puts a case into the scene; the one that was looked at before leaves it."""
        if self._loading:  # the window is alive meanwhile
            return
        self._loading = True
        try:
            self._show_case(case_id)
        except InputRefused as refusal:
            self._ui.qaMessageLabel.text = str(refusal)
        finally:
            self._loading = False

    def _show_case(self, case_id: str) -> None:
        def report(_: float, message: str) -> None:
            self._ui.qaMessageLabel.text = f"{message[:1].upper()}{message[1:]}…"
            slicer.app.processEvents()

        assert self.queue is not None
        self._opened_case.show(case_id, self.queue.folder(case_id), report)
        decision = self._quality.decisions.get(case_id) if self._quality else None
        self._ui.qaCommentEdit.text = decision.comment if decision else ""
        self._opened()
        self.show()
        self._ui.qaMessageLabel.text = f"Looking at {case_id}."

    def _looked_at(self) -> str | None:
        """Which of these results is looked at."""
        return self._opened_case.of(self.queue.output) if self.queue is not None else None

    def _decide(self, verdict: Verdict) -> None:
        case_id = self._looked_at()
        if self._quality is None or case_id is None:
            return
        try:
            self._quality.decide(case_id, verdict, self._ui.qaCommentEdit.text)
        except OSError as error:
            self._ui.qaMessageLabel.text = f"The verdict could not be kept: {error}"
            return
        self.show()
