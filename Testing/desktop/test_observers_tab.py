"""Observers: a study is read to its end by clicking, nothing betrays what is hidden, and nothing that was drawn is lost."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from Testing.desktop.desktop_case import OpenPanel

ROOT = Path(__file__).resolve().parents[2]
KILLED = """
import os, signal, sys, tempfile, time
sys.path[:0] = [{module!r}, {root!r}]
from Testing.desktop.stand_in.installation import StandIn
stand_in = StandIn(tempfile.mkdtemp())
widget = stand_in.open_module()
from Testing.desktop.test_observers_tab import draw, sign_in
from Testing.study.small_study import numbered
sign_in(widget.ui, {study!r}, {token!r})
draw(widget.panel.observers, numbered(77))
until = time.monotonic() + 60
while widget.panel.observers._rest.isActive() and time.monotonic() < until:
    stand_in.slicer.app.processEvents()
    time.sleep(0.01)
print(widget.panel.observers._task.label, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def study(tmp_path: Path) -> Any:
    """Two cases under every condition, read by Anna and Ben; with its key."""
    for needed in ("sqlalchemy", "alembic"):
        if importlib.util.find_spec(needed) is None:
            pytest.skip(f"{needed} is not installed here")
    from SyntheticCECTLib.study.records import Condition
    from Testing.study.small_study import small_study

    key = small_study(
        tmp_path / "s", cases=2, conditions=tuple(Condition), instructions="Draw both chambers."
    )
    return tmp_path / "s", key


@pytest.fixture
def reader(panel: OpenPanel, study: Any) -> OpenPanel:
    """Anna, at her first case."""
    folder, key = study
    sign_in(panel.ui, str(folder), key.tokens["Anna"])
    assert panel.panel.observers.reading, panel.ui.observersMessageLabel.text
    panel.slicer.app.processEvents()
    return panel


def sign_in(ui: Any, folder: str, token: str) -> None:
    ui.tabs.currentIndex = ui.tabs.indexOf(ui.observersPage)
    ui.studyEdit.currentPath, ui.tokenEdit.text = folder, token
    ui.signInButton.click()


def draw(tab: Any, mask: Any) -> None:
    """As the Segment Editor leaves it."""
    from SyntheticCECTLib.mrml.segmentation_node import update_chambers

    update_chambers(tab._screen.segmentation, mask, surfaces=False)


def voxels(mask: Any) -> list[int]:
    import SimpleITK as sitk

    return sitk.GetArrayFromImage(mask).ravel().tolist()


def shown_texts(panel: OpenPanel) -> list[str]:
    """Whatever stands on the page, and whatever other modules of Slicer could show of the nodes."""
    scene, texts = panel.scene, []
    for name, widget in vars(panel.ui).items():
        if hasattr(widget, "toolTip") and panel.ui.observersPage.isAncestorOf(widget):
            texts += [name] + [
                str(getattr(widget, one))
                for one in ("text", "toolTip", "currentText", "currentPath")
                if hasattr(widget, one)
            ]
    for index in range(scene.GetNumberOfNodes()):
        node = scene.GetNthNode(index)
        if node.GetClassName() == "vtkMRMLScriptedModuleNode":
            continue  # names of the panel's own fields
        texts += [node.GetName() or "", node.GetDescription() or ""]
        texts += [f"{name} {node.GetAttribute(name)}" for name in node.GetAttributeNames() or ()]
        if node.IsA("vtkMRMLStorageNode"):
            texts.append(node.GetFileName() or "")
    return texts


def read_to_the_end(panel: OpenPanel) -> tuple[dict[str, int], list[str]]:
    """Answers every task; returns the number that was drawn by label (0 for a rating), and all that was shown."""
    from Testing.study.small_study import numbered

    tab, ui, drawn, texts = panel.panel.observers, panel.ui, {}, []
    while tab._task is not None:
        label, number = tab._task.label, len(drawn) + 1
        if tab._task.draws:
            draw(tab, numbered(number))
        else:
            ui.ratingCombo.currentIndex = 4
            number = 0
        if tab._task.second_image is not None:
            ui.readingOpacitySlider.value = 0.5
        ui.confidenceCombo.currentIndex = 2
        texts += shown_texts(panel)
        ui.submitButton.click()
        drawn[label] = number
        panel.slicer.app.processEvents()
    return drawn, texts


def test_whole_study_is_read_by_clicking(reader: OpenPanel, study: Any) -> None:
    from SyntheticCECTLib.study.store.stored_mask import restore_mask
    from SyntheticCECTLib.study.study_folder import StudyFolder
    from Testing.study.small_study import numbered

    assert reader.ui.readingProgressLabel.text.startswith("0 of 8 read, case 1")
    drawn, _ = read_to_the_end(reader)
    assert len(drawn) == 8 and "read everything" in reader.ui.observersMessageLabel.text
    assert reader.ui.readingProgressLabel.text.startswith("8 of 8 read")
    store = StudyFolder(study[0]).open_store()
    reads = list(store.reads())
    store.close()
    assert len(reads) == 8 and {read.reader for read in reads} == {"Anna"}
    for read in reads:
        number, answer = drawn[read.receipt.label], read.answer
        assert (answer.rating, answer.confidence) == (None if number else 4, 2)
        if number:
            assert answer.mask is not None
            assert voxels(restore_mask(answer.mask)) == voxels(numbered(number))


def test_nothing_that_is_shown_betrays_case_condition_truth_or_others(reader: OpenPanel, study: Any) -> None:
    from Testing.study.small_study import SECRETS

    reader.ui.studyEdit.currentPath = ""  # its name is the coordinator's choice
    _, texts = read_to_the_end(reader)
    text = "\n".join(texts)
    assert "SYNTHETIC" in text and "Anna" in text, "the grep must see the names of nodes and the page"
    assert [secret for secret in (*SECRETS, "ben") if secret in text.lower()] == []


def test_views_show_the_studys_window_and_the_fixed_layout(reader: OpenPanel) -> None:
    screen = reader.panel.observers._screen
    display = screen.volume.GetDisplayNode()
    assert (display.GetWindow(), display.GetLevel()) == (350.0, 40.0)
    display.SetWindowLevel(900.0, 250.0)
    assert (display.GetWindow(), display.GetLevel()) == (350.0, 40.0)
    assert reader.application.page_layout == reader.slicer.vtkMRMLLayoutNode.SlicerLayoutOneUpRedSliceView
    reader.ui.leaveButton.click()
    assert reader.application.page_layout == 3 and screen.volume is None


def test_page_is_pictured(reader: OpenPanel) -> None:
    from Testing.desktop.test_whole_job import PICTURES

    while not reader.panel.observers._task.second_image:
        reader.ui.nextTaskButton.click()
    reader.slicer.app.processEvents()
    PICTURES.mkdir(parents=True, exist_ok=True)
    path = PICTURES / "observers.png"
    assert reader.widget.parent.grab().save(str(path)) and path.stat().st_size > 5000


def test_reader_has_no_other_tab(reader: OpenPanel) -> None:
    tabs = reader.ui.tabs
    assert [tabs.isTabEnabled(number) for number in range(tabs.count)] == [False] * (tabs.count - 1) + [True]
    reader.ui.leaveButton.click()
    assert all(tabs.isTabEnabled(number) for number in range(tabs.count))


def test_editor_offers_the_same_tools_to_everybody(reader: OpenPanel) -> None:
    tab = reader.panel.observers
    while not tab._task.draws:
        reader.ui.nextTaskButton.click()
    editor = tab._editor._widget
    assert editor.segmentationNode() is tab._screen.segmentation
    assert editor.sourceVolumeNode() is tab._screen.volume
    assert not editor.segmentationNodeSelectorVisible and not editor.sourceVolumeNodeSelectorVisible
    assert not editor.unorderedEffectsVisible and not editor.autoShowSourceVolumeNode


def test_previous_case_comes_with_its_answer_and_another_one_is_kept_beside_it(
    reader: OpenPanel, study: Any
) -> None:
    from SyntheticCECTLib.study.study_folder import StudyFolder
    from Testing.study.small_study import numbered

    tab = reader.panel.observers
    while not tab._task.draws:
        reader.ui.nextTaskButton.click()
    label = tab._task.label
    draw(tab, numbered(5))
    reader.ui.submitButton.click()
    for _ in range(8):
        if tab._task.label != label:
            reader.ui.previousTaskButton.click()
    assert tab._task.given and voxels(tab._screen.labels()) == voxels(numbered(5))
    draw(tab, numbered(6))
    reader.ui.submitButton.click()
    store = StudyFolder(study[0]).open_store()
    assert [read.receipt.version for read in store.reads(every_version=True)] == [1, 2]
    store.close()


def test_looking_back_is_no_work_on_an_answer(reader: OpenPanel) -> None:
    from Testing.study.small_study import numbered

    tab = reader.panel.observers
    while not tab._task.draws:
        reader.ui.nextTaskButton.click()
    draw(tab, numbered(5))
    reader.ui.submitButton.click()
    reader.ui.previousTaskButton.click()
    task = tab._session._task()
    reader.ui.nextTaskButton.click()
    assert tab._session._store.draft(task) is None


def test_empty_drawing_is_refused_in_words(reader: OpenPanel) -> None:
    tab = reader.panel.observers
    while not tab._task.draws or tab._task.proposal is not None:
        reader.ui.nextTaskButton.click()
    reader.ui.submitButton.click()
    assert "The drawing is empty" in reader.ui.observersMessageLabel.text
    assert tab._session.progress.done == 0


def test_pause_stops_the_clock_and_hides_the_images(reader: OpenPanel) -> None:
    tab, ui = reader.panel.observers, reader.ui
    ui.pauseButton.click()
    composite = tab._screen._composites()[0]
    assert composite.GetBackgroundVolumeID() is None and not ui.submitButton.enabled
    assert ui.pauseButton.text == "Resume" and "paused" in ui.readingTimeLabel.text
    before = tab._session.seconds
    tab._screen._slice_node().SetSliceOffset(47.0)
    assert tab._session.seconds == before and not tab._session._timer.running
    ui.pauseButton.click()
    assert composite.GetBackgroundVolumeID() == tab._screen.volume.GetID() and ui.submitButton.enabled


def test_slices_to_draw_on_are_found_and_told(panel: OpenPanel, tmp_path: Path, study: Any) -> None:
    from SyntheticCECTLib.study.design.plan import PER_PATIENT, SliceChoice
    from Testing.study.small_study import small_study

    key = small_study(tmp_path / "t", cases=1, slices=SliceChoice(PER_PATIENT, 2))
    sign_in(panel.ui, str(tmp_path / "t"), key.tokens["Anna"])
    tab, node = panel.panel.observers, panel.panel.observers._screen._slice_node()
    low, high = (40.0 + 5.0 * number for number in tab._task.slices)
    assert node.GetSliceOffset() == pytest.approx(high) and panel.ui.sliceLabel.text == "Draw on this slice."
    panel.ui.lowerSliceButton.click()
    assert node.GetSliceOffset() == pytest.approx(low)
    node.SetSliceOffset(400.0)
    assert panel.ui.sliceLabel.text == "Not a slice to draw on."
    panel.ui.lowerSliceButton.click()
    assert node.GetSliceOffset() == pytest.approx(high)


def test_opening_another_module_is_a_pause(reader: OpenPanel) -> None:
    reader.widget.exit()
    assert reader.ui.pauseButton.text == "Resume" and not reader.ui.submitButton.enabled


def test_wrong_token_is_refused_in_words(panel: OpenPanel, study: Any) -> None:
    sign_in(panel.ui, str(study[0]), "nobody")
    assert "No reader of this study has that token" in panel.ui.observersMessageLabel.text
    assert not panel.panel.observers.reading


def test_folder_that_is_no_study_is_refused_in_words(panel: OpenPanel, tmp_path: Path, study: Any) -> None:
    sign_in(panel.ui, str(tmp_path), "nobody")
    assert "is not a study" in panel.ui.observersMessageLabel.text


def test_scene_that_holds_something_is_closed_only_after_a_question(
    panel: OpenPanel, ct: Any, study: Any
) -> None:
    panel.application.answer = False
    sign_in(panel.ui, str(study[0]), study[1].tokens["Anna"])
    assert not panel.panel.observers.reading and panel.scene.IsNodePresent(ct)
    panel.application.answer = True
    sign_in(panel.ui, str(study[0]), study[1].tokens["Anna"])
    assert panel.panel.observers.reading and not panel.scene.IsNodePresent(ct)


def test_closing_the_scene_keeps_the_stroke_in_the_readers_hand(reader: OpenPanel, study: Any) -> None:
    from Testing.study.small_study import numbered

    tab = reader.panel.observers
    while not tab._task.draws:
        reader.ui.nextTaskButton.click()
    reader.ui.leaveButton.click()
    sign_in(reader.ui, str(study[0]), study[1].tokens["Anna"])
    while not tab._task.draws:
        reader.ui.nextTaskButton.click()
    label = tab._task.label
    draw(tab, numbered(9))
    reader.scene.Clear(False)
    reader.slicer.app.processEvents()
    assert not tab.reading
    sign_in(reader.ui, str(study[0]), study[1].tokens["Anna"])
    while tab._task.label != label:
        reader.ui.nextTaskButton.click()
    assert voxels(tab._screen.labels()) == voxels(numbered(9))


def test_killed_reader_resumes_at_his_case_with_his_drawing(panel: OpenPanel, tmp_path: Path) -> None:
    if hasattr(panel.slicer.app, "commandOptions") or importlib.util.find_spec("alembic") is None:
        pytest.skip("needs an application that may be killed, and packages to create a study")
    from Testing.study.small_study import numbered, small_study

    key = small_study(tmp_path / "s", cases=2)
    token = key.tokens["Anna"]
    code = KILLED.format(
        module=str(ROOT / "SyntheticCECT"), root=str(ROOT), study=str(tmp_path / "s"), token=token
    )
    killed = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=180, check=False
    )
    assert killed.returncode == -9, killed.stderr
    sign_in(panel.ui, str(tmp_path / "s"), token)
    tab = panel.panel.observers
    assert tab._task.label == killed.stdout.split()[-1]
    assert voxels(tab._screen.labels()) == voxels(numbered(77))


def test_database_package_is_asked_for_from_this_tab_only(panel: OpenPanel, study: Any) -> None:
    from SyntheticCECTLib.desktop.packages import STUDIES

    class Missing:
        def missing(self) -> list[Any]:
            return list(STUDIES)

    panel.panel.observers.installer._packages = Missing()
    panel.application.answer = False
    sign_in(panel.ui, str(study[0]), study[1].tokens["Anna"])
    (question,) = panel.application.of("ask")
    assert "sqlalchemy>=2.0: about 3 MB" in question and not panel.panel.observers.reading
    assert "sqlalchemy is missing" in panel.ui.observersMessageLabel.text


def test_words_survive_leafing_and_a_correction_begins_with_the_last_answers(
    reader: OpenPanel, study: Any
) -> None:
    from SyntheticCECTLib.study.study_folder import StudyFolder
    from Testing.study.small_study import numbered

    tab, ui = reader.panel.observers, reader.ui
    while not tab._task.draws:
        ui.nextTaskButton.click()
    label = tab._task.label
    ui.confidenceCombo.currentIndex, ui.readingCommentEdit.text = 2, "blurred"
    ui.nextTaskButton.click()
    assert (ui.confidenceCombo.currentIndex, str(ui.readingCommentEdit.text)) == (0, "")
    ui.previousTaskButton.click()
    assert (ui.confidenceCombo.currentIndex, str(ui.readingCommentEdit.text)) == (2, "blurred")
    draw(tab, numbered(5))
    ui.submitButton.click()
    for _ in range(8):
        if tab._task.label != label:
            ui.previousTaskButton.click()
    draw(tab, numbered(6))
    ui.submitButton.click()
    store = StudyFolder(study[0]).open_store()
    reads = store.reads(every_version=True)
    store.close()
    assert [(read.answer.confidence, read.answer.comment) for read in reads] == [(2, "blurred")] * 2


def test_words_survive_leaving_and_those_of_an_older_room_are_refused(reader: OpenPanel, study: Any) -> None:
    from SyntheticCECTLib.study.session import ReadingSession
    from SyntheticCECTLib.study.store.rows import Said

    tab, ui = reader.panel.observers, reader.ui
    ui.confidenceCombo.currentIndex, ui.readingCommentEdit.text = 3, "half a sent"
    assert tab._rest.isActive(), "they are kept when the hand rests"
    ui.leaveButton.click()
    sign_in(ui, str(study[0]), study[1].tokens["Anna"])
    assert (ui.confidenceCombo.currentIndex, str(ui.readingCommentEdit.text)) == (3, "half a sent")
    elsewhere = ReadingSession(study[0], study[1].tokens["Anna"])
    ui.readingCommentEdit.text = "late"
    ui.nextTaskButton.click()
    assert "signed in elsewhere" in str(ui.observersMessageLabel.text)
    ui.leaveButton.click()
    assert not tab.reading and elsewhere.said == Said(None, 3, "half a sent")
    elsewhere.close()


def test_reader_stays_where_his_stroke_cannot_be_kept(
    reader: OpenPanel, monkeypatch: pytest.MonkeyPatch
) -> None:
    from Testing.study.small_study import numbered

    def full(*_: Any) -> None:
        raise OSError("no space left")

    tab = reader.panel.observers
    while not tab._task.draws:
        reader.ui.nextTaskButton.click()
    label = tab._task.label
    draw(tab, numbered(5))
    monkeypatch.setattr(type(tab._session), "draft", full)
    for button in (reader.ui.nextTaskButton, reader.ui.previousTaskButton):
        button.click()
        assert tab._task.label == label and "no space left" in str(reader.ui.observersMessageLabel.text)
    assert voxels(tab._screen.labels()) == voxels(numbered(5))


def test_loading_images_is_not_reading_time(reader: OpenPanel, monkeypatch: pytest.MonkeyPatch) -> None:
    tab = reader.panel.observers
    show, now = tab._screen.show, [1000.0]
    tab._session._clock = lambda: now[0]

    def slow(*given: Any) -> None:
        now[0] += 50.0
        show(*given)

    monkeypatch.setattr(tab._screen, "show", slow)
    reader.ui.nextTaskButton.click()
    now[0] += 5.0
    tab._session.touch()
    assert tab._session.seconds == pytest.approx(5.0)
