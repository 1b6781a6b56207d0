"""The open panel: in the stand-in, or in Slicer where the tests run in it."""

from __future__ import annotations

import importlib
import importlib.util
import json
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from SyntheticCECTLib.core.case_folder import write_case
from Testing.desktop.desktop_case import (
    FakeApplication,
    FakeCommand,
    NothingMissing,
    OpenPanel,
    fake_command_line,
)
from Testing.small_case import blocks, case_result, image_of, labels


class RealSlicer:
    """Slicer around the tests."""

    def __init__(self, slicer: Any) -> None:
        self.slicer = slicer
        self.slot_errors: list[str] = []

    def open_module(self) -> Any:
        self.slicer.util.selectModule("SyntheticCECT")
        self.slicer.util.reloadScriptedModule("SyntheticCECT")
        return self.slicer.modules.SyntheticCECTWidget

    def close(self, widget: Any) -> None:
        """The next reload takes it away."""

    def remove(self) -> None:
        pass


@pytest.fixture(scope="package")
def desktop(tmp_path_factory: Any) -> Iterator[Any]:
    """The desktop application, or what stands for it."""
    for needed in ("slicer", "PySide6", "trame_slicer"):
        if "slicer" in sys.modules and hasattr(sys.modules["slicer"], "app"):
            break
        if importlib.util.find_spec(needed) is None:
            pytest.skip(f"there is no 3D Slicer here, and its stand-in needs {needed}")
    slicer: Any = importlib.import_module("slicer")
    if hasattr(slicer, "app") and hasattr(slicer.app, "commandOptions"):
        yield RealSlicer(slicer)
        return
    from Testing.desktop.stand_in.installation import StandIn

    stand_in = StandIn(str(tmp_path_factory.mktemp("slicer")))
    yield stand_in
    stand_in.remove()


@pytest.fixture(scope="package")
def ready_results(tmp_path_factory: Any) -> Path:
    """Results of the patient of blocks, with and without something to compare with, and a virtual patient."""
    import SimpleITK as sitk

    folder = tmp_path_factory.mktemp("results")
    for name, changes in (("plain", dict(cect=None, reference=None)), ("compared", {})):
        (folder / name).mkdir()
        write_case(case_result(**changes), folder / name)
    patient = folder / "patient"
    patient.mkdir()
    sitk.WriteImage(image_of(blocks()), str(patient / "native_ct.nrrd"))
    sitk.WriteImage(image_of(blocks(LA=340, LV=400)), str(patient / "cect.nrrd"))
    sitk.WriteImage(labels(), str(patient / "labels.nrrd"))
    (patient / "truth.json").write_text(json.dumps({}))
    return folder


@pytest.fixture
def panel(desktop: Any, ready_results: Path) -> Iterator[OpenPanel]:
    """The open panel in an empty scene, with a command line and answers of the test's own."""
    slicer = desktop.slicer
    slicer.mrmlScene.Clear(False)
    del desktop.slot_errors[:]
    folder = Path(tempfile.mkdtemp())
    for name in ("plain", "compared", "patient"):
        shutil.copytree(ready_results / name, folder / name)
    widget = desktop.open_module()
    opened = OpenPanel(widget, slicer, FakeCommand(folder), FakeApplication(temporary=str(folder)))
    desk = widget.panel.desk
    desk.application = opened.application
    desk.runner.command_line = fake_command_line(folder)
    desk.runner.installer._packages = NothingMissing()
    desk.runner.installer._application = opened.application
    widget.panel.observers.installer._application = opened.application
    slicer.app.processEvents()
    yield opened
    from SyntheticCECTLib.desktop.background_run import BackgroundRun

    widget.cleanup()
    opened.wait(lambda: not BackgroundRun._alive, 20)
    desktop.close(widget)
    shutil.rmtree(folder, ignore_errors=True)
    assert desktop.slot_errors == []


@pytest.fixture
def ct(panel: OpenPanel) -> Any:
    """The patient of blocks as a node, chosen."""
    from SyntheticCECTLib.mrml.volume_node import add_volume

    node = add_volume(panel.scene, image_of(blocks()), "blocks")
    panel.ui.nativeCtSelector.setCurrentNode(node)
    return node


@pytest.fixture
def done(panel: OpenPanel, ct: Any) -> OpenPanel:
    """The panel after Apply."""
    panel.run(panel.ui.applyButton)
    assert panel.nodes is not None, panel.ui.messageLabel.text
    return panel
