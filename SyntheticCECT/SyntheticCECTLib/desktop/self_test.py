"""The module's self test: three clicks on a virtual patient, with the real command line."""

from __future__ import annotations

import time
from typing import Any

import qt
import slicer

LONGEST_S = 300.0


def sample_apply_chambers(panel: Any, seed: int = 1) -> dict[str, tuple[float, float]]:
    """Draws a virtual patient, presses Apply and opens the Chambers tab.

    Args:
        panel: The module's, open.
        seed: Which patient.

    Returns:
        Measured and true volume in mL of each chamber.

    Raises:
        RuntimeError: Something failed, or took longer than five minutes.
    """
    from ..core.chambers import measure
    from ..mrml.label_node import chambers_of, mask_of
    from ..mrml.segmentation_node import HEART_ID

    ui, session = panel.desk.ui, panel.desk.session
    panel.draw_patient(seed)
    _wait(panel)
    if panel.desk.parameters.nativeCt is None:
        raise RuntimeError(f"No virtual patient: {ui.messageLabel.text}")
    ui.applyButton.click()
    _wait(panel)
    ui.tabs.currentIndex = 2
    if session.nodes is None:
        raise RuntimeError(f"No result: {ui.messageLabel.text}")
    heart = mask_of(session.nodes.heart, HEART_ID, session.native)
    truth = measure(chambers_of(panel.desk.parameters.referenceSegmentation, session.native), heart)
    shown = {ui.volumesTable.item(row, 0).text(): ui.volumesTable.item(row, 1).text() for row in range(2)}
    return {
        name: (float(shown[name]), float(truth[key]["ml"] or 0.0))
        for key, name in (("la", "Left atrium"), ("lv", "Left ventricle"))
    }


def _wait(panel: Any) -> None:
    """Lets the event loop go on until the run is over."""
    until = time.monotonic() + LONGEST_S
    while panel.desk.runner.busy:
        slicer.app.processEvents()
        qt.QThread.msleep(10)
        if time.monotonic() > until:
            panel.desk.runner.cancel()
            raise RuntimeError(f"No answer within {LONGEST_S:.0f} s.")
