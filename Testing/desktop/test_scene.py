"""Scenes: closed, saved, loaded, and made without a desktop."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from Testing.desktop.desktop_case import OpenPanel
from Testing.small_case import LV_ML, blocks, image_of


def test_closing_the_scene_empties_the_panel(done: OpenPanel) -> None:
    done.scene.Clear(False)
    done.slicer.app.processEvents()
    assert done.nodes is None and done.volumes() == [] and not done.ui.applyButton.enabled


def test_closing_the_scene_cancels_a_run(panel: OpenPanel, ct: Any) -> None:
    panel.command.mode("slow")
    panel.ui.applyButton.click()
    panel.wait(lambda: panel.command.pids())
    panel.scene.Clear(False)
    assert not panel.panel.desk.runner.busy


def test_saved_scene_brings_everything_back(done: OpenPanel, tmp_path: Path) -> None:
    from SyntheticCECTLib.mrml.scene_file import load_scene, save_scene

    done.ui.thresholdSlider.value = 350.0
    done.panel.chambers.finish()
    done.ui.opacitySlider.value = 0.3
    done.ui.heightSpin.value = 170.0
    done.ui.viewPresetCombo.currentIndex = 3
    done.ui.viewPresetCombo.activated.emit(3)
    path = save_scene(done.scene, tmp_path / "case.mrb")
    done.scene.Clear(False)
    done.slicer.app.processEvents()
    assert done.nodes is None and not any(view.GetForegroundVolumeID() for view in composites(done))
    load_scene(done.scene, path)
    done.slicer.app.processEvents()
    assert done.parameters.nativeCt.GetName() == "blocks" and done.nodes is not None
    assert done.ui.nativeCtSelector.currentNode() is done.parameters.nativeCt
    assert (done.ui.opacitySlider.value, done.ui.heightSpin.value) == (0.3, 170.0)
    assert done.ui.viewPresetCombo.currentText == "Enhancement in colour"
    assert done.ui.thresholdSlider.value == 350.0
    assert done.volumes()[0][1] == "no value" and done.volumes()[1][1] == f"{LV_ML:.1f}"
    assert {"volumes", "metrics"} <= set(done.nodes.tables) and "curve" in done.nodes.charts
    views = composites(done)
    assert len(views) >= 3
    for view in views:
        assert view.GetBackgroundVolumeID() == done.nodes.native.GetID()
        assert view.GetForegroundVolumeID() == done.nodes.enhancement.GetID()
        assert view.GetForegroundOpacity() == pytest.approx(0.3)


def test_scene_that_takes_long_to_load_brings_everything_back_too(done: OpenPanel, tmp_path: Path) -> None:
    """Slicer shows its progress then, and the window works off what happened while the nodes come one by one."""
    from SyntheticCECTLib.mrml.scene_file import load_scene, save_scene

    path = save_scene(done.scene, tmp_path / "case.mrb")
    came: list[Any] = []

    def show_progress(*_: Any) -> None:
        came.append(None)
        if len(came) > 1:
            done.slicer.app.processEvents()

    tag = done.scene.AddObserver(done.scene.NodeAddedEvent, show_progress)
    try:
        load_scene(done.scene, path, clear=True)
    finally:
        done.scene.RemoveObserver(tag)
    done.slicer.app.processEvents()
    assert len(came) > 2 and done.parameters.nativeCt.GetName() == "blocks" and done.nodes is not None
    assert done.ui.nativeCtSelector.currentNode() is done.parameters.nativeCt
    assert done.volumes()[1][1] == f"{LV_ML:.1f}"


def test_run_that_ends_while_a_scene_loads_waits_with_its_result(done: OpenPanel, tmp_path: Path) -> None:
    from SyntheticCECTLib.mrml.scene_file import load_scene, save_scene

    path = save_scene(done.scene, tmp_path / "case.mrb")
    runner, native, before = done.panel.desk.runner, done.nodes.native, done.nodes.chambers
    awaited, waiting = runner._done, []
    runner._done = lambda *given: (awaited(*given), waiting.append(None))
    came: list[bool] = []

    def show_progress(*_: Any) -> None:
        if done.scene.IsImporting() and not came:
            done.wait(lambda: waiting)
            done.slicer.app.processEvents()
            done.slicer.app.processEvents()
        if done.scene.IsImporting():
            came.append(done.scene.IsNodePresent(before) != 0 and runner.busy)

    done.ui.applyButton.click()
    tag = done.scene.AddObserver(done.scene.NodeAddedEvent, show_progress)
    try:
        load_scene(done.scene, path)
    finally:
        done.scene.RemoveObserver(tag)
    assert came and all(came)
    done.wait(lambda: not runner.busy)
    assert done.nodes.native is native is done.parameters.nativeCt and not done.scene.IsNodePresent(before)


UNREADABLE = {
    "viewPreset": "HOLOGRAM",
    "thresholdHu": "30O.0",
    "overlayOpacity": "7.5",
    "linkedViews": "Ja",
    "lastSlice": "",
    "comparedCases": '[{"name": "a newer list"}]',
}


def test_saved_values_that_cannot_be_read_are_told_once_and_the_rest_is_followed(
    done: OpenPanel, tmp_path: Path
) -> None:
    from SyntheticCECTLib.mrml.scene_file import load_scene, save_scene

    done.ui.heightSpin.value = 170.0
    node, native = done.parameters.parameterNode, done.nodes.native
    node.DisableModifiedEventOn()
    for name, text in UNREADABLE.items():
        node.SetParameter(name, text)
    node.SetNodeReferenceID("realCect", done.nodes.heart.GetID())
    path = save_scene(done.scene, tmp_path / "case.mrb")
    node.DisableModifiedEventOff()
    done.scene.Clear(False)
    done.slicer.app.processEvents()
    load_scene(done.scene, path)
    done.wait(lambda: done.application.of("show_error"), 10)
    (text,) = done.application.of("show_error")
    assert done.ui.messageLabel.text == text
    for words in (
        "'HOLOGRAM' of 'view preset' cannot be read; 'Fusion' is used",
        "'30O.0' of 'threshold hu' cannot be read; '300.0' is used", "'7.5' of 'overlay opacity' cannot be read; '0.5' is used",
        "'Ja' of 'linked views' cannot be read; yes is used", "'' of 'last slice' cannot be read; '0' is used",
        "newer list\"}]' of 'compared cases' cannot be read; nothing is used", "of 'real cect' cannot be read; nothing is used",
    ):  # fmt: skip
        assert words in text
    assert done.parameters.viewPreset.name == "FUSION" and done.ui.opacitySlider.value == 0.5
    assert done.parameters.nativeCt.GetName() == native.GetName() and done.ui.heightSpin.value == 170.0
    assert done.volumes()[1][1] == f"{LV_ML:.1f}" and done.ui.realCectSelector.currentNode() is None
    done.ui.opacitySlider.value = 0.8
    assert done.parameters.overlayOpacity == 0.8
    load_scene(done.scene, save_scene(done.scene, tmp_path / "again.mrb"), clear=True)
    for _ in range(3):
        done.slicer.app.processEvents()
    assert len(done.application.of("show_error")) == 1 and done.parameters.overlayOpacity == 0.8


def composites(panel: OpenPanel) -> list[Any]:
    """What each slice view shows."""
    from SyntheticCECTLib.mrml.node_types import nodes_of

    return nodes_of(panel.scene, "vtkMRMLSliceCompositeNode")


def test_scenes_that_come_and_go_leave_no_observers_behind(panel: OpenPanel) -> None:
    """Slicer's wrapper leaves one at each disconnection, and every one of them writes to every widget."""

    def writes() -> int:
        parameters, calls = panel.parameters, list[int]()
        start = parameters.StartModify

        def counted() -> int:
            calls.append(1)
            return start()

        parameters.StartModify = counted
        try:
            parameters.parameterNode.Modified()
        finally:
            del parameters.StartModify
        return len(calls)

    before = writes()
    for _ in range(3):
        panel.scene.Clear(False)
        panel.slicer.app.processEvents()
    assert before > 0 and writes() == before
    panel.panel.scene_loads()
    assert writes() == 0


def test_scene_that_is_added_leaves_the_chosen_ct(done: OpenPanel, tmp_path: Path) -> None:
    from SyntheticCECTLib.mrml.scene_file import load_scene, save_scene

    path = save_scene(done.scene, tmp_path / "case.mrb")
    load_scene(done.scene, path)
    done.slicer.app.processEvents()
    assert done.parameters.nativeCt is not None and done.nodes is not None
    assert done.ui.nativeCtSelector.currentNode() is done.parameters.nativeCt
    done.ui.opacitySlider.value = 0.8
    assert done.parameters.overlayOpacity == 0.8


def test_scene_that_is_added_leaves_edited_chambers_as_they_are(done: OpenPanel, tmp_path: Path) -> None:
    """It brings a threshold of its own, which is not for the result that is shown."""
    import SimpleITK as sitk

    from SyntheticCECTLib.mrml.label_node import chambers_of
    from SyntheticCECTLib.mrml.scene_file import load_scene, save_scene
    from SyntheticCECTLib.mrml.segmentation_node import update_chambers

    mine = done.nodes
    done.ui.thresholdSlider.value = 350.0
    done.panel.chambers.finish()
    path = save_scene(done.scene, tmp_path / "case.mrb")
    done.ui.thresholdSlider.value = 300.0
    edited = chambers_of(mine.chambers, mine.native)
    edited[30:34, 30:34, 4] = 2
    update_chambers(mine.chambers, edited)
    load_scene(done.scene, path)
    done.slicer.app.processEvents()
    assert done.ui.thresholdSlider.value == 350.0 and done.nodes.chambers is not mine.chambers
    kept = sitk.GetArrayFromImage(chambers_of(mine.chambers, mine.native))
    assert (kept == sitk.GetArrayFromImage(edited)).all()


def test_slider_works_on_a_loaded_scene(done: OpenPanel, tmp_path: Path) -> None:
    from SyntheticCECTLib.mrml.scene_file import load_scene, save_scene

    path = save_scene(done.scene, tmp_path / "case.mrb")
    done.scene.Clear(False)
    load_scene(done.scene, path)
    done.slicer.app.processEvents()
    done.ui.thresholdSlider.value = 370.0
    assert done.volumes()[0][1] == "no value" and done.volumes()[1][1] == f"{LV_ML:.1f}"


def test_removed_ct_leaves_nothing_chosen(done: OpenPanel) -> None:
    done.scene.RemoveNode(done.nodes.native)
    assert done.ui.nativeCtSelector.currentNode() is None and done.parameters.nativeCt is None
    assert not done.ui.applyButton.enabled and done.volumes() == []


def test_removed_segmentation_is_not_followed_by_its_neighbour(done: OpenPanel) -> None:
    done.ui.heartSegmentationSelector.setCurrentNode(done.nodes.heart)
    done.ui.referenceSelector.setCurrentNode(done.nodes.heart)
    done.scene.RemoveNode(done.nodes.heart)
    done.slicer.app.processEvents()
    assert done.parameters.heartSegmentation is None and done.parameters.referenceSegmentation is None
    assert done.ui.heartSegmentationSelector.currentNode() is None and done.nodes is None


@pytest.mark.parametrize("role", ["synthetic_cect", "chambers", "enhancement"])
def test_removed_part_of_a_result_empties_the_panel(done: OpenPanel, role: str) -> None:
    done.scene.RemoveNode(getattr(done.nodes, role))
    done.slicer.app.processEvents()
    assert done.nodes is None and done.volumes() == [] and "Apply" in done.ui.viewMessageLabel.text
    done.ui.showButton.click()
    done.ui.thresholdSlider.value = 350.0


def test_result_that_lost_its_heart_segment_says_so(done: OpenPanel, desktop: Any) -> None:
    native = done.nodes.native
    done.nodes.heart.GetSegmentation().RemoveSegment("heart")
    done.ui.nativeCtSelector.setCurrentNode(None)
    done.ui.nativeCtSelector.setCurrentNode(native)
    assert "has no segment 'heart'" in done.ui.chambersMessageLabel.text and done.volumes() == []
    done.ui.thresholdSlider.value = 350.0
    done.ui.resetThresholdButton.click()
    done.ui.viewPresetCombo.currentIndex = 2  # the checkerboard, which is made of the case
    done.ui.showButton.click()
    assert "has no segment 'heart'" in done.ui.viewMessageLabel.text
    done.widget.cleanup()
    reopened = desktop.open_module()
    assert "has no segment 'heart'" in reopened.ui.chambersMessageLabel.text
    reopened.cleanup()
    desktop.close(reopened)


def test_removed_table_can_no_longer_be_copied(done: OpenPanel) -> None:
    done.scene.RemoveNode(done.nodes.tables["metrics"])
    done.slicer.app.processEvents()
    assert done.nodes is not None and not done.ui.copyButton.enabled


def test_other_nodes_that_go_leave_the_case_as_it_is(done: OpenPanel) -> None:
    case = done.panel.desk.session.case()
    done.scene.RemoveNode(done.scene.AddNewNodeByClass("vtkMRMLTextNode"))
    done.slicer.app.processEvents()
    assert done.panel.desk.session.case() is case


HEADLESS = """
import sys
sys.path[:0] = {paths!r}
from trame_slicer.core import SlicerApp
from SyntheticCECTLib.mrml.result_nodes import add_result
from SyntheticCECTLib.mrml.scene_file import save_scene
from SyntheticCECTLib.mrml.volume_node import add_volume
from Testing.small_case import blocks, case_result, image_of
scene = SlicerApp().scene
native = add_volume(scene, image_of(blocks()), "headless")
nodes = add_result(scene, case_result(), native)
print(save_scene(scene, {file!r}), *(node.GetID() for node in nodes.nodes()), sep="\\n")
"""


def test_scene_made_without_a_desktop_opens_with_the_same_nodes(panel: OpenPanel, tmp_path: Path) -> None:
    from SyntheticCECTLib.mrml.scene_file import load_scene

    if importlib.util.find_spec("trame_slicer") is None:
        pytest.skip("there is no slicer-core here to make the scene with")
    root = Path(__file__).resolve().parents[2]
    code = HEADLESS.format(paths=[str(root / "SyntheticCECT"), str(root)], file=str(tmp_path / "made.mrb"))
    made = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
    path, *ids = made.stdout.split("\n")[:-1]
    load_scene(panel.scene, path)
    panel.slicer.app.processEvents()
    native = panel.scene.GetFirstNodeByName("headless")
    panel.ui.nativeCtSelector.setCurrentNode(native)
    assert panel.nodes is not None and len(list(panel.nodes.nodes())) == len(ids)
    assert [node.GetClassName() for node in panel.nodes.nodes()] == [one.rstrip("0123456789") for one in ids]
    assert panel.volumes()[1][1] == f"{LV_ML:.1f}"


def test_undone_and_redone_result_leaves_and_comes_back_to_the_panel(panel: OpenPanel, ct: Any) -> None:
    scene = panel.scene
    scene.SetUndoFlag(True)
    kinds = (
        "vtkMRMLScalarVolumeNode", "vtkMRMLLabelMapVolumeNode", "vtkMRMLSegmentationNode", "vtkMRMLTableNode",
    )  # fmt: skip
    try:
        for kind in kinds:
            set_undoable(scene, kind, True)
        panel.run(panel.ui.applyButton)
        mine = panel.nodes.synthetic_cect.GetID()
        scene.Undo()
        panel.slicer.app.processEvents()
        assert panel.nodes is None and panel.volumes() == []
        scene.Redo()
        panel.slicer.app.processEvents()
        assert panel.nodes is not None and panel.nodes.synthetic_cect.GetID() == mine
        assert panel.volumes()[1][1] == f"{LV_ML:.1f}"
    finally:
        for kind in kinds:
            set_undoable(scene, kind, False)
        scene.SetUndoFlag(False)
        scene.ClearUndoStack()
        scene.ClearRedoStack()


def set_undoable(scene: Any, kind: str, undoable: bool) -> None:
    """Whether nodes of a class that are made from now on take part in Undo."""
    node = scene.CreateNodeByClass(kind)
    node.UnRegister(None)
    node.SetUndoEnabled(undoable)
    scene.AddDefaultNode(node)


def test_another_ct_has_its_own_result(done: OpenPanel) -> None:
    from SyntheticCECTLib.mrml.volume_node import add_volume

    other = add_volume(done.scene, image_of(blocks()), "other")
    done.ui.nativeCtSelector.setCurrentNode(other)
    assert done.nodes is None and done.volumes() == []


def test_moved_ct_takes_its_result_along(panel: OpenPanel, ct: Any) -> None:
    import numpy as np

    from SyntheticCECTLib.mrml.geometry import node_to_world, vtk_matrix_of

    transform = panel.scene.AddNewNodeByClass("vtkMRMLLinearTransformNode", "moved")
    matrix = np.eye(4)
    matrix[:3, 3] = 10.0, -20.0, 30.0
    transform.SetMatrixTransformToParent(vtk_matrix_of(matrix))
    ct.SetAndObserveTransformNodeID(transform.GetID())
    panel.command.mode("empty")
    panel.run(panel.ui.applyButton)
    assert panel.nodes is None
    assert (node_to_world(ct)[:3, 3] == (10.0, -20.0, 30.0)).all()
