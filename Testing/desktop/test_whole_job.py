"""The whole job with the real command line, and a picture of each tab with its result."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from typing import Any

import pytest

from Testing.desktop.desktop_case import OpenPanel

PICTURES = Path(
    os.environ.get(
        "SYNTHETIC_CECT_PICTURES", Path(__file__).resolve().parents[2] / "build" / "desktop-pictures"
    )
)
TABS = ("synthesize", "view", "chambers", "compare", "batch")


@pytest.fixture
def real(panel: OpenPanel) -> OpenPanel:
    """The panel with the real command line."""
    from SyntheticCECTLib.desktop.command_line import CommandLine, slicer_python

    if importlib.util.find_spec("torch") is None:
        pytest.skip("PyTorch is not installed here")
    panel.panel.desk.runner.command_line = CommandLine(slicer_python())
    return panel


@pytest.fixture
def a_small_patient(real: OpenPanel) -> Any:
    """A virtual patient of coarse voxels, which is drawn quickly."""
    from SyntheticCECTLib.mrml.segmentation_node import add_chambers
    from SyntheticCECTLib.mrml.volume_node import add_volume
    from SyntheticCECTLib.phantom.patient import Protocol, make_patient

    drawn = make_patient(1, Protocol(field_mm=200.0, matrix=128, slices=26, slice_mm=5.0, cect_slice_mm=5.0))
    native = add_volume(real.scene, drawn.native_ct, "small virtual patient")
    truth = add_chambers(real.scene, drawn.labels, native, "truth", 0.0)
    real.ui.nativeCtSelector.setCurrentNode(native)
    real.ui.referenceSelector.setCurrentNode(truth)
    return drawn


def test_virtual_patient_through_the_real_command_line(real: OpenPanel, a_small_patient: Any) -> None:
    real.ui.compareButton.click()
    real.wait(lambda: not real.panel.desk.runner.busy, 240)
    assert real.nodes is not None, real.ui.compareMessageLabel.text
    figures = {row[0]: row[1] for row in real.table(real.ui.metricsTable)}
    # On a grid this coarse, for a model that is trained on finer ones: that the parts fit together, not how well.
    assert float(figures["Dice, whole volume"]) > 0.5
    true_ml = a_small_patient.truth["volumes_ml"]
    for key, row in zip(("la", "lv"), real.volumes(), strict=True):
        assert row[1] == "no value" or 0.3 * true_ml[key] < float(row[1]) < 3 * true_ml[key]
    PICTURES.mkdir(parents=True, exist_ok=True)
    for number, name in enumerate(TABS):
        real.ui.tabs.currentIndex = number
        real.slicer.app.processEvents()
        path = PICTURES / f"{name}.png"
        assert real.widget.parent.grab().save(str(path)) and path.stat().st_size > 5000
