"""The button *Export as DICOM*: the result as it is in the scene, marked as synthetic, written in the background."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..core.errors import InputRefused
from .desk import Desk
from .run_report import Progress
from .series_folder import series_folders

if TYPE_CHECKING:
    from ..core.case import OnProgress

EXPORT, CANCEL = "Export as DICOM...", "Cancel the export"


class DicomButton:
    """Exports the session's result; pressed again meanwhile it cancels.

    Args:
        desk: What all tabs share.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk, self._running = desk, False
        desk.ui.exportDicomButton.connect("clicked(bool)", self._pressed)

    def show(self) -> None:
        """Another result, or none."""
        ui = self._desk.ui
        ui.exportDicomButton.text = CANCEL if self._running else EXPORT
        ui.exportDicomButton.enabled = self._running or self._desk.session.nodes is not None

    def run_started(self) -> None:
        self._running = True
        self.show()

    def run_progress(self, progress: Progress) -> None:
        self._say(progress.text())

    def run_done(self, result: Path) -> None:
        self._end(f"Exported to {result}. It is marked as synthetic and derived; send it as such.")

    def run_failed(self, text: str) -> None:
        self._end(text)
        self._desk.application.show_error(text)

    def run_cancelled(self) -> None:
        self._end("Cancelled. Nothing was exported.")

    def _pressed(self, *_: Any) -> None:
        runner, nodes = self._desk.runner, self._desk.session.nodes
        if self._running:
            runner.cancel()
        elif nodes is not None:
            chosen = self._desk.application.choose_folder("Folder for the DICOM files")
            if chosen:
                folder = Path(chosen) / "synthetic_cect_dicom"
                runner.export(self._write, lambda: self._source(nodes.native), folder, self)

    def _write(self, folder: Path, report: OnProgress) -> None:
        """The result as a folder of the command line, with the chambers as a person left them."""
        from ..core.case import CaseResult
        from ..core.case_folder import write_case
        from ..core.chambers import measure
        from ..mrml.label_node import chambers_of
        from ..mrml.provenance import provenance_of

        session = self._desk.session
        case, nodes = session.case(), session.nodes
        if nodes is None:
            raise InputRefused("no_result", "There is no result to export.", "Press Apply first.")
        threshold = provenance_of(nodes.chambers).get("threshold_hu", case.synthesis.default_threshold_hu)
        labels = chambers_of(nodes.chambers, nodes.native)
        volumes = measure(labels, case.synthesis.heart_mask)
        result = CaseResult(case, float(threshold), labels, volumes, None, "not compared", {})
        folder.mkdir()
        write_case(result, folder, on_progress=report, compress=False, with_report=False)

    def _source(self, native: Any) -> Path | None:
        """The DICOM files that the CT was loaded from, if it was; the export then joins their study."""
        files = self._desk.application.dicom_files(native)
        if not files:
            return None
        (folder,) = series_folders(
            {native.GetID(): files}, Path(self._desk.application.temporary_folder())
        ).values()
        return folder

    def _say(self, text: str) -> None:
        self._desk.ui.chambersMessageLabel.text = text

    def _end(self, text: str) -> None:
        self._running = False
        self._say(text)
        self.show()
