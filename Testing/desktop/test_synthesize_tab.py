"""Synthesize: Apply, Cancel, and every way in which it may not work."""

from __future__ import annotations

import os
import time
from typing import Any

import pytest

from Testing.desktop.desktop_case import OpenPanel
from Testing.small_case import LA_ML, LV_ML


def alive(pid: int) -> bool:
    from SyntheticCECTLib.desktop.process_tree import descendants

    return pid in descendants(pid)


def test_apply_waits_for_a_ct(panel: OpenPanel) -> None:
    assert not panel.ui.applyButton.enabled


def test_apply_adds_the_result_and_says_the_volumes(panel: OpenPanel, ct: Any) -> None:
    assert panel.ui.applyButton.enabled
    panel.run(panel.ui.applyButton)
    assert panel.nodes is not None and panel.nodes.native is ct
    text = panel.ui.messageLabel.text
    assert f"{LA_ML:.1f} mL" in text and f"{LV_ML:.1f} mL" in text
    assert "The slices are 5 mm thick." in text, "the input gate's warning must be in the panel"
    assert panel.ui.applyButton.enabled and not panel.ui.cancelButton.enabled


def test_what_was_chosen_reaches_the_command_line(panel: OpenPanel, ct: Any) -> None:
    panel.ui.deviceCombo.currentIndex = panel.ui.deviceCombo.count - 1
    panel.run(panel.ui.applyButton)
    seen = panel.command.seen
    assert seen[0] == "synthesize" and seen[1].endswith("native_ct.nrrd")
    assert seen[seen.index("--device") + 1] == "cpu" and "--heart-mask" not in seen


def test_temporary_files_are_gone_after_a_run(done: OpenPanel) -> None:
    assert not os.path.exists(done.command.seen[1])


def test_result_lies_exactly_on_the_ct(done: OpenPanel) -> None:
    from SyntheticCECTLib.mrml.volume_node import to_image

    native, synthetic = to_image(done.nodes.native), to_image(done.nodes.synthetic_cect)
    assert native.GetOrigin() == pytest.approx(synthetic.GetOrigin())
    assert native.GetSize() == synthetic.GetSize() and native.GetSpacing() == pytest.approx(
        synthetic.GetSpacing()
    )


def test_applying_again_replaces_the_earlier_result(done: OpenPanel) -> None:
    before = done.node_ids()
    done.run(done.ui.applyButton)
    volumes = [one for one in done.node_ids() if one.startswith("vtkMRMLScalarVolumeNode")]
    assert len(volumes) == 3 and len(done.node_ids()) == len(before)


def test_earlier_result_stays_where_it_is_not_to_be_replaced(done: OpenPanel) -> None:
    done.ui.replaceEarlierCheck.checked = False
    done.run(done.ui.applyButton)
    assert len([one for one in done.node_ids() if one.startswith("vtkMRMLScalarVolumeNode")]) == 5


@pytest.mark.parametrize("mode", ["slow", "stubborn"])
def test_cancel_gives_control_back_at_once_and_leaves_nothing(panel: OpenPanel, ct: Any, mode: str) -> None:
    panel.command.mode(mode)
    before = panel.node_ids()
    panel.ui.applyButton.click()
    panel.wait(lambda: len(panel.command.pids()) == 2 and panel.ui.progressBar.value > 0)
    scan = panel.command.seen[1]
    started = time.monotonic()
    panel.ui.cancelButton.click()
    assert time.monotonic() - started < 1.0 and not panel.panel.desk.runner.busy
    assert "Cancelled" in panel.ui.messageLabel.text and panel.ui.applyButton.enabled
    panel.wait(lambda: not any(alive(pid) for pid in panel.command.pids()), 10)
    panel.wait(lambda: not os.path.exists(scan), 10)
    assert panel.node_ids() == before


def test_progress_says_what_is_done_and_how_long_it_takes(panel: OpenPanel, ct: Any) -> None:
    panel.command.mode("slow")
    panel.ui.applyButton.click()
    panel.wait(lambda: "left" in panel.ui.progressLabel.text)
    assert panel.ui.progressLabel.text.startswith("Step ") and 0 < panel.ui.progressBar.value <= 900
    panel.ui.cancelButton.click()


@pytest.mark.parametrize(
    ("mode", "message", "remedy"),
    [
        ("refuse", "The slices are 20.00 mm apart.", "Reconstruct the scan."),
        ("break", "unexpected ValueError: broke", "report these lines"),
        ("no torch", "No module named 'torch'", "Install what is missing"),
        ("killed", "crashed (code ", "not enough memory"),
        ("empty", "is not a result folder", "synthesize wrote"),
    ],
)
def test_failure_says_what_happened_and_what_to_do(
    panel: OpenPanel, ct: Any, mode: str, message: str, remedy: str
) -> None:
    panel.command.mode(mode)
    before = panel.node_ids()
    panel.run(panel.ui.applyButton)
    text = panel.ui.messageLabel.text
    assert message in text and remedy in text
    assert panel.application.of("show_error") == [text]
    assert panel.node_ids() == before and panel.nodes is None and panel.ui.applyButton.enabled


def test_program_that_is_not_there_is_named(panel: OpenPanel, ct: Any) -> None:
    from SyntheticCECTLib.desktop.command_line import CommandLine

    panel.panel.desk.runner.command_line = CommandLine("/nowhere/PythonSlicer")
    panel.run(panel.ui.applyButton)
    assert "'/nowhere/PythonSlicer' could not be started" in panel.ui.messageLabel.text


def test_too_little_memory_is_shown_and_asked_about(panel: OpenPanel, ct: Any) -> None:
    panel.panel.check.free_memory = lambda: 2**20
    panel.application.answer = False
    panel.panel.synthesize.update()
    assert "not enough" in panel.ui.memoryLabel.text
    panel.run(panel.ui.applyButton)
    assert panel.nodes is None and len(panel.application.of("ask")) == 1
    assert "Close other programs" in panel.ui.messageLabel.text


def test_drawn_heart_reaches_the_command_line(done: OpenPanel) -> None:
    done.ui.heartSegmentationSelector.setCurrentNode(done.nodes.heart)
    assert done.ui.heartSegmentCombo.currentText == "heart" and done.parameters.heartSegmentId == "heart"
    done.ui.replaceEarlierCheck.checked = False
    done.run(done.ui.applyButton)
    assert done.command.seen[done.command.seen.index("--heart-mask") + 1].endswith("heart_mask.nrrd")


def test_chosen_heart_stays_when_its_result_is_replaced(done: OpenPanel) -> None:
    heart = done.nodes.heart
    done.ui.heartSegmentationSelector.setCurrentNode(heart)
    done.run(done.ui.applyButton)
    assert done.nodes.heart is not heart and done.scene.IsNodePresent(heart)
    assert done.parameters.heartSegmentation is heart and done.parameters.heartSegmentId == "heart"
    assert done.ui.heartSegmentationSelector.currentNode() is heart


def test_heart_that_was_drawn_in_another_module_can_be_chosen(panel: OpenPanel, ct: Any) -> None:
    node = panel.scene.AddNewNodeByClass("vtkMRMLSegmentationNode", "drawn by hand")
    panel.ui.heartSegmentationSelector.setCurrentNode(node)
    assert panel.ui.heartSegmentCombo.count == 0 and not panel.ui.heartSegmentCombo.enabled
    panel.widget.exit()
    segment = panel.slicer.vtkSegment()
    segment.SetName("Segment_1")
    node.GetSegmentation().AddSegment(segment, "Segment_1")
    panel.widget.enter()
    assert panel.ui.heartSegmentCombo.enabled and panel.parameters.heartSegmentId == "Segment_1"
    segment.SetName("whole heart")
    panel.widget.enter()
    assert panel.ui.heartSegmentCombo.currentText == "whole heart"
    assert panel.panel.synthesize.choice().heart_segment == "Segment_1"


def test_ct_that_got_its_voxels_in_another_module_can_be_worked_on(panel: OpenPanel, ct: Any) -> None:
    voxels = ct.GetImageData()
    ct.SetAndObserveImageData(None)
    panel.widget.enter()
    assert not panel.ui.applyButton.enabled and panel.ui.memoryLabel.text == ""
    ct.SetAndObserveImageData(voxels)
    panel.widget.enter()
    assert panel.ui.applyButton.enabled and panel.ui.memoryLabel.text


def test_ct_that_was_removed_during_its_run_is_named(panel: OpenPanel, ct: Any) -> None:
    before = panel.node_ids()
    panel.ui.applyButton.click()
    panel.scene.RemoveNode(ct)
    panel.wait(lambda: not panel.panel.desk.runner.busy)
    assert "'blocks' was removed from the scene" in panel.ui.messageLabel.text
    assert panel.nodes is None and panel.node_ids() < before


def test_result_is_shown_with_its_own_ct(panel: OpenPanel, ct: Any) -> None:
    from SyntheticCECTLib.mrml.volume_node import add_volume
    from Testing.small_case import blocks, image_of

    other = add_volume(panel.scene, image_of(blocks()), "other")
    panel.ui.applyButton.click()
    panel.ui.nativeCtSelector.setCurrentNode(other)
    panel.wait(lambda: not panel.panel.desk.runner.busy)
    assert panel.nodes.native is ct and panel.ui.nativeCtSelector.currentNode() is ct
    panel.ui.nativeCtSelector.setCurrentNode(other)
    panel.run(panel.ui.applyButton)
    assert panel.nodes.native is other and panel.ui.nativeCtSelector.currentNode() is other


def test_what_came_of_a_run_is_said_also_where_another_ct_was_chosen_meanwhile(
    panel: OpenPanel, ct: Any
) -> None:
    from SyntheticCECTLib.mrml.volume_node import add_volume
    from Testing.small_case import blocks, image_of

    panel.ui.applyButton.click()
    panel.ui.nativeCtSelector.setCurrentNode(add_volume(panel.scene, image_of(blocks()), "other"))
    panel.wait(lambda: not panel.panel.desk.runner.busy)
    assert panel.parameters.nativeCt is ct and "Done: left atrium" in panel.ui.messageLabel.text


def test_virtual_patient_says_what_to_do_next(panel: OpenPanel) -> None:
    panel.run(panel.ui.virtualPatientButton)
    assert panel.ui.messageLabel.text == "Virtual patient 1 CT is in the scene. Press Apply."
    assert panel.ui.applyButton.enabled


def test_impossible_slices_are_refused_in_words(panel: OpenPanel, ct: Any) -> None:
    panel.ui.firstSliceSpin.value = 11
    panel.ui.lastSliceSpin.value = 5
    panel.ui.applyButton.enabled = True
    panel.run(panel.ui.applyButton)
    assert panel.nodes is None


def test_virtual_patient_sample_apply_chambers(panel: OpenPanel) -> None:
    panel.run(panel.ui.virtualPatientButton)
    assert panel.parameters.nativeCt.GetName() == "Virtual patient 1 CT"
    panel.run(panel.ui.applyButton)
    panel.ui.tabs.currentIndex = 2
    assert [row[1] for row in panel.volumes()] == [f"{LA_ML:.1f}", f"{LV_ML:.1f}"]
    assert panel.parameters.realCect is not None and panel.parameters.referenceSegmentation is not None


def test_wheel_folder_is_kept_until_it_is_emptied(panel: OpenPanel) -> None:
    from SyntheticCECTLib.desktop.panel import WHEEL_FOLDER

    settings = panel.slicer.app.userSettings()
    panel.ui.wheelFolderEdit.currentPath = "/wheels"
    assert settings.value(WHEEL_FOLDER) == "/wheels"
    panel.ui.wheelFolderEdit.currentPath = ""
    assert not settings.value(WHEEL_FOLDER)


def test_model_card_is_shown(panel: OpenPanel) -> None:
    assert "Trained on" in panel.ui.modelCardLabel.text and panel.ui.modelCombo.count >= 1
