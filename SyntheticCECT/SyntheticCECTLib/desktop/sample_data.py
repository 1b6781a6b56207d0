"""Virtual patients among Slicer's Sample Data: drawn on this computer, nothing is downloaded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import qt
import slicer

from .run_report import Progress

CATEGORY = "SyntheticCECT"
SEEDS = (1, 2, 3)
MODULE = "SyntheticCECT"
CANCELLED = "cancelled"


def register(icons: Path) -> None:
    """Adds the entries; called once Slicer has started."""
    import SampleData  # pyright: ignore[reportMissingImports]

    for seed in SEEDS:
        SampleData.SampleDataLogic.registerCustomSampleDataSource(
            category=CATEGORY,
            sampleName=f"SyntheticCECTVirtualPatient{seed}",
            thumbnailFileName=str(icons / "SyntheticCECT.png"),
            # One of each, else Sample Data refuses the entry; nothing is downloaded.
            uris="",
            fileNames=None,
            nodeNames=f"Virtual patient {seed} CT",
            customDownloader=_downloader(seed),
        )


def _downloader(seed: int) -> Any:
    def draw(source: Any) -> list[Any]:
        return draw_and_wait(slicer.util.getModuleWidget(MODULE).panel, seed)

    return draw


def draw_and_wait(panel: Any, seed: int) -> list[Any]:
    """Draws a virtual patient and returns its CT; Sample Data wants it at once, so the event loop goes on meanwhile.

    Raises:
        RuntimeError: It could not be drawn.
    """
    view = _Waiting()
    panel.draw_patient(seed, view)
    while not view.over:
        slicer.app.processEvents()
        qt.QThread.msleep(10)
    if view.nodes is None:
        if view.problem != CANCELLED:
            panel.desk.application.show_error(view.problem)  # else it would stand in the Python console only
        raise RuntimeError(view.problem)
    panel.choose_patient(view.nodes)
    return [view.nodes.native]


class _Waiting:
    """Waits for a run."""

    def __init__(self) -> None:
        self.over, self.nodes, self.problem = False, None, CANCELLED

    def run_started(self) -> None:
        pass

    def run_progress(self, progress: Progress) -> None:
        slicer.util.showStatusMessage(progress.text(), 2000)

    def run_done(self, nodes: Any) -> None:
        self.over, self.nodes = True, nodes

    def run_failed(self, text: str) -> None:
        self.over, self.problem = True, text

    def run_cancelled(self) -> None:
        self.over = True
