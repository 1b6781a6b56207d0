"""What every start is refused for, whichever tab it comes from: a choice that is absent here, and too little memory."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from Testing.desktop.desktop_case import OpenPanel
from Testing.small_case import blocks, image_of


def saved_elsewhere(panel: OpenPanel, field: str, value: str, answered: bool = True) -> None:
    """A scene with this choice is shown; the driver has told that there is no graphics card, or has not yet."""
    setattr(panel.parameters, field, value)
    panel.panel.synthesize._gpus_known = answered
    panel.panel.synthesize.restore()


def apply(panel: OpenPanel) -> str:
    panel.run(panel.ui.applyButton)
    return panel.ui.messageLabel.text


def compare(panel: OpenPanel) -> str:
    from SyntheticCECTLib.mrml.volume_node import add_volume

    panel.ui.realCectSelector.setCurrentNode(add_volume(panel.scene, image_of(blocks(LA=340)), "CECT"))
    panel.run(panel.ui.compareButton)
    return panel.ui.compareMessageLabel.text


def start_queue(panel: OpenPanel) -> str:
    import SimpleITK as sitk

    scans = panel.command.folder / "scans"
    scans.mkdir()
    sitk.WriteImage(image_of(blocks()), str(scans / "a.nrrd"))
    panel.ui.batchInputEdit.currentPath = str(scans)
    panel.ui.batchOutputEdit.currentPath = str(panel.command.folder / "results")
    panel.ui.batchStartButton.click()
    return panel.ui.batchMessageLabel.text


STARTS = [apply, compare, start_queue]


def nothing_ran(panel: OpenPanel) -> bool:
    return not (panel.command.folder / "seen.json").exists() and not panel.panel.desk.runner.busy


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize(
    ("field", "value", "said"), [("device", "cuda:7", "'cuda:7'"), ("model", "ours", "'ours'")]
)
def test_saved_choice_that_is_absent_here_is_refused_with_the_remedy(
    panel: OpenPanel, ct: Any, start: Callable[[OpenPanel], str], field: str, value: str, said: str
) -> None:
    saved_elsewhere(panel, field, value)
    text = start(panel)
    assert said in text and f"Choose another {field}" in text and nothing_ran(panel)


@pytest.mark.parametrize(("field", "value"), [("device", "cuda:7"), ("model", "ours")])
def test_absent_choice_is_shown_as_what_it_is_and_stays_chosen(
    panel: OpenPanel, field: str, value: str
) -> None:
    saved_elsewhere(panel, field, value)
    combo = getattr(panel.ui, f"{field}Combo")
    assert combo.currentText == f"{value} (not here)" and getattr(panel.parameters, field) == value
    combo.currentIndex = 0
    assert getattr(panel.parameters, field) != value
    panel.panel.synthesize.restore()
    assert "not here" not in [combo.itemText(n) for n in range(combo.count)]


def test_card_of_an_absent_model_is_not_that_of_another_one(panel: OpenPanel) -> None:
    saved_elsewhere(panel, "model", "ours")
    assert panel.ui.modelCardLabel.text == "This model is not on this computer."


def test_device_is_not_called_absent_before_the_driver_answered(panel: OpenPanel, ct: Any) -> None:
    from SyntheticCECTLib.desktop.device_list import Device

    saved_elsewhere(panel, "device", "cuda:7", answered=False)
    assert panel.ui.deviceCombo.currentText == "cuda:7 (being looked for)"
    panel.panel.synthesize._torch = None
    panel.panel.synthesize.show_gpus([Device("cuda:7", "NVIDIA T4")])
    assert panel.ui.deviceCombo.currentText == "NVIDIA T4" and panel.parameters.device == "cuda:7"
    apply(panel)
    assert panel.command.seen[panel.command.seen.index("--device") + 1] == "cuda:7"


@pytest.mark.parametrize("start", STARTS)
def test_too_little_memory_is_asked_about_wherever_a_run_starts(
    panel: OpenPanel, ct: Any, start: Callable[[OpenPanel], str]
) -> None:
    panel.panel.check.free_memory = lambda: 2**20
    panel.application.answer = False
    text = start(panel)
    (question,) = panel.application.of("ask")
    assert "Try it nevertheless?" in question
    assert "not enough" in text and "Close other programs" in text and nothing_ran(panel)


def test_memory_that_the_running_queue_takes_is_counted(panel: OpenPanel, ct: Any) -> None:
    from SyntheticCECTLib.desktop.memory import memory_need

    alone = memory_need(48 * 40 * 12, None).needed
    panel.panel.check.free_memory = lambda: 2 * alone - 1
    panel.application.answer = False
    panel.command.mode("slow")
    start_queue(panel)
    assert panel.application.of("ask") == [] and panel.panel.batch.queue.running
    assert "for the other run" in apply(panel)
    panel.ui.batchStopButton.click()
    panel.ui.applyButton.click()
    assert panel.panel.desk.runner.busy
    assert len(panel.application.of("ask")) == 1
    panel.ui.cancelButton.click()


def test_folders_that_are_chosen_while_headers_are_read_start_nothing(
    panel: OpenPanel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from SyntheticCECTLib.desktop import batch_tab

    def choose_meanwhile(_: Path) -> int:
        panel.ui.batchOutputEdit.currentPath = str(tmp_path)
        return 1

    monkeypatch.setattr(batch_tab, "scan_voxels", choose_meanwhile)
    start_queue(panel)
    assert not panel.panel.batch.queue.running and nothing_ran(panel)
    assert panel.ui.batchStartButton.enabled
