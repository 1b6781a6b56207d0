"""What the panel asks of Slicer's window: questions, files, the clipboard, other modules, layouts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import qt
import slicer

TITLE = "SyntheticCECT"


class Application:
    """The running Slicer; tests hand in one that answers by itself."""

    def ask(self, text: str) -> bool:
        """A question that is answered by OK or Cancel; in a test of Slicer, where nobody sees it, by Cancel."""
        if slicer.app.testingEnabled():
            return False
        return bool(slicer.util.confirmOkCancelDisplay(text, windowTitle=TITLE))

    def show_error(self, text: str) -> None:
        """A message that must be read."""
        slicer.util.errorDisplay(text, windowTitle=TITLE)

    def status(self, text: str) -> None:
        """A message that may be read."""
        slicer.util.showStatusMessage(text, 5000)

    def choose_folder(self, caption: str) -> str:
        """A folder; empty where none was chosen."""
        return str(qt.QFileDialog.getExistingDirectory(slicer.util.mainWindow(), caption) or "")

    def choose_file_to_write(self, caption: str, name: str, pattern: str) -> str:
        """A file to write; empty where none was chosen."""
        chosen = qt.QFileDialog.getSaveFileName(slicer.util.mainWindow(), caption, name, pattern)
        # Some versions hand out the pattern beside the path.
        return str((chosen[0] if isinstance(chosen, tuple) else chosen) or "")

    def copy(self, text: str) -> None:
        """Text for the clipboard."""
        slicer.app.clipboard().setText(text)

    def open_page(self, path: Path) -> None:
        """A page in the browser."""
        qt.QDesktopServices.openUrl(qt.QUrl.fromLocalFile(str(path)))

    def open_module(self, name: str) -> None:
        """Changes to another module."""
        slicer.util.selectModule(name)

    def edit_segmentation(self, segmentation: Any, volume: Any) -> None:
        """Opens the Segment Editor on a segmentation, its volume as source."""
        slicer.util.selectModule("SegmentEditor")
        editor = slicer.modules.segmenteditor.widgetRepresentation().self().editor
        editor.setSegmentationNode(segmentation)
        editor.setSourceVolumeNode(volume)

    def show_chart(self, chart: Any) -> None:
        """A chart in the layout, with a plot view if there is none yet."""
        slicer.modules.plots.logic().ShowChartInLayout(chart)

    def set_layout(self, layout: int) -> None:
        """One of Slicer's layouts; nothing without a main window."""
        manager = slicer.app.layoutManager()
        if manager is not None:
            manager.setLayout(layout)

    def layout(self) -> int:
        """The layout that is shown; 0 without a main window."""
        manager = slicer.app.layoutManager()
        return 0 if manager is None else int(manager.layout)

    def center_3d_views(self) -> None:
        """The cameras of all 3D views on what is visible in them; nothing without a main window."""
        if slicer.app.layoutManager() is not None:
            slicer.util.resetThreeDViews()

    def temporary_folder(self) -> str:
        """Where Slicer keeps temporary files."""
        return str(slicer.app.temporaryPath)

    def dicom_files(self, volume: Any) -> list[str]:
        """The files in Slicer's DICOM database that a volume was loaded from; none where it came from elsewhere."""
        uids = (volume.GetAttribute("DICOM.instanceUIDs") or "").split()
        database = getattr(slicer, "dicomDatabase", None)
        files = [str(database.fileForInstance(uid)) for uid in uids] if database is not None else []
        return files if all(Path(file).is_file() for file in files) else []

    def selected_series(self) -> dict[str, list[str]]:
        """Files of each series that is selected in the DICOM module, by series UID."""
        browser = slicer.modules.DICOMInstance.browserWidget.dicomBrowser
        uids = browser.dicomTableManager().currentSeriesSelection()
        return {str(uid): [str(path) for path in slicer.dicomDatabase.filesForSeries(uid)] for uid in uids}
