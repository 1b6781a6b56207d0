"""What a reader says, draws and spends stays with the task that it is of, and none of it is lost on the way."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk

from SyntheticCECTLib.core.errors import InputRefused
from SyntheticCECTLib.study.active_timer import ActiveTimer
from SyntheticCECTLib.study.design.study_key import read_key
from SyntheticCECTLib.study.session import ReadingSession
from SyntheticCECTLib.study.store.rows import Said
from SyntheticCECTLib.study.study_folder import StudyFolder
from Testing.web.conftest import needs_room
from Testing.web.room_in_process import in_room, rest, until
from Testing.web.small_study import small_study
from Testing.web.test_reading_order import SlowImages, read_in_room, slow_images

__all__ = ["slow_images"]
pytestmark = needs_room


def tokens_of(folder: Path) -> dict[str, str]:
    """The tokens of the study in a folder."""
    return read_key(folder / "study" / "coordinator", StudyFolder(folder / "study").settings.id).tokens


def draw(room: Any) -> None:
    """A stroke of the left ventricle, as the editor makes one."""
    stroke = np.zeros(room.reading._screen.volume.GetImageData().GetDimensions()[::-1], np.uint8)
    stroke[tuple(size // 2 for size in stroke.shape)] = 1
    room.slicer_app.segmentation_editor.active_segment_modifier.set_segment_labelmap("lv", stroke)


async def shown(room: Any, number: int) -> None:
    """Waits until the reader sees his task of this number."""
    await until(lambda: room.reading.data.number == number and room.reading._screen.volume is not None)


async def answer(room: Any, comment: str) -> None:
    """Gives an answer without a drawing to the first task, and waits for the second one."""
    room.reading.data.comment, room.reading.data.confidence = comment, 4
    room._ui.answer.submit_clicked(room.reading.data.label)
    await shown(room, 2)


def test_second_click_on_an_answer_is_not_one_to_the_next_task(tmp_path: Path) -> None:
    async def work(room: Any) -> None:
        first = room.reading.data.label
        await answer(room, "no chambers")
        room.reading.data.comment = "something to say of the second"
        room._ui.answer.submit_clicked(first)
        await rest()
        assert room.reading._session.progress.done == 1

    read_in_room(tmp_path, work)


def test_look_at_an_answered_task_begins_no_correction(tmp_path: Path) -> None:
    async def work(room: Any) -> None:
        await answer(room, "no chambers")
        room._ui.answer.previous_clicked()
        await shown(room, 1)
        await rest()
        room._ui.answer.next_clicked()
        await shown(room, 2)
        session = room.reading._session
        assert session._store.draft(session._tasks[0]) is None

    read_in_room(tmp_path, work)


def test_correction_begins_with_what_was_said_and_nothing_said_is_lost_by_leafing(tmp_path: Path) -> None:
    async def work(room: Any) -> None:
        data, ui = room.reading.data, room._ui.answer
        await answer(room, "no chambers")
        data.comment, data.confidence = "half a sentence", 2
        ui.previous_clicked()
        await shown(room, 1)
        assert (data.comment, data.confidence) == ("no chambers", 4)
        ui.next_clicked()
        await shown(room, 2)
        assert (data.comment, data.confidence) == ("half a sentence", 2)
        ui.next_clicked()
        await shown(room, 3)
        assert (data.comment, data.confidence) == ("", 0)

    read_in_room(tmp_path, work)


def test_words_survive_a_killed_server(tmp_path: Path) -> None:
    async def work(room: Any) -> None:
        room.reading.data.comment, room.reading.data.confidence = "half a sentence", 2
        room.reading.state.flush()
        await until(lambda: "kept" in room.reading.data.saved)
        session = room.reading._session  # no farewell: the server is killed now
        again = ReadingSession(session.study, tokens_of(tmp_path)["Anna"])
        assert again.said == Said(None, 2, "half a sentence")

    read_in_room(tmp_path, work)


def test_room_that_a_reader_left_for_another_one_says_so_and_lets_him_go(tmp_path: Path) -> None:
    async def work(room: Any) -> None:
        draw(room)
        await until(lambda: "kept" in room.reading.data.saved)
        kept = sitk.GetArrayFromImage(room.board.labels())
        other = ReadingSession(tmp_path / "study", tokens_of(tmp_path)["Anna"])
        for click in (
            lambda: room._ui.answer.submit_clicked(room.reading.data.label),
            room._ui.answer.next_clicked,
            lambda: room.reading.data.__setattr__("comment", "late") or room.reading.state.flush(),
        ):
            room.teller._data.toast_text = ""
            click()
            await until(lambda: "signed in elsewhere" in room.teller._data.toast_text)
            assert room.reading.data.number == 1 and room.reading._session is not None
        assert room.reading.data.saved == "Not stored"
        room.reading.leave()
        assert room.reading._session is None
        assert other.progress.done == 0 and other.said == Said()
        mask = other.mask()
        assert mask is not None and (sitk.GetArrayFromImage(mask) == kept).all()
        room.reading.data.token = tokens_of(tmp_path)["Anna"]
        await room.reading.sign_in()
        await answer(room, "taken back")
        with pytest.raises(InputRefused, match="signed in elsewhere"):
            other.say(Said(comment="late"))

    read_in_room(tmp_path, work)


def test_drawing_that_cannot_be_kept_stays_on_the_screen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError("no space left")

    async def work(room: Any) -> None:
        draw(room)
        monkeypatch.setattr(ReadingSession, "draft", full)
        room._ui.answer.next_clicked()
        await rest()
        room.reading.leave()
        assert room.reading.data.number == 1 and room.reading._session is not None
        assert sitk.GetArrayFromImage(room.board.labels()).any()
        monkeypatch.undo()
        room._ui.answer.next_clicked()
        await shown(room, 2)
        room._ui.answer.previous_clicked()
        await shown(room, 1)
        assert sitk.GetArrayFromImage(room.board.labels()).any()

    read_in_room(tmp_path, work)


def test_loading_is_no_reading_time_and_every_view_and_answer_is_work(
    tmp_path: Path, slow_images: SlowImages, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    real = ActiveTimer.__init__
    monkeypatch.setattr(
        ActiveTimer,
        "__init__",
        lambda timer, limit, _clock, spent=0.0: real(timer, limit, lambda: now[0], spent),
    )

    async def work(room: Any) -> None:
        reading = room.reading
        await asyncio.sleep(0.1)
        slow_images.held = True
        room._ui.answer.next_clicked()
        await until(lambda: reading.data.number == 2)
        now[0] += 50.0
        slow_images.held = False
        await shown(room, 2)
        assert reading._session.seconds == 0.0
        for act in (
            lambda: room.views.by_tag["Coronal"].get_view_node().SetSliceOffset(7.0),
            lambda: setattr(reading.data, "comment", "clear"),
            lambda: setattr(reading.data, "confidence", 3),
        ):
            now[0] += 50.0
            with reading.state:
                act()
            await asyncio.sleep(0.05)
        assert reading._session.seconds == 150.0

    read_in_room(tmp_path, work)


def test_page_of_the_next_reader_holds_nothing_of_the_last_one(tmp_path: Path) -> None:
    async def work(room: Any) -> None:
        data = room.reading.data
        data.comment = "half a sentence"
        room.reading.leave()
        assert (data.label, data.comment) == ("", "")

    read_in_room(tmp_path, work)


def test_second_click_on_sign_in_is_no_wrong_token(tmp_path: Path) -> None:
    async def work(room: Any) -> None:
        session = room.reading._session
        room._ui.sign_in.sign_in_clicked()
        await rest()
        assert room.reading._session is session
        assert "No reader" not in room.teller._data.toast_text

    read_in_room(tmp_path, work)


def test_progress_that_cannot_be_asked_for_is_not_passed_off_as_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_study(tmp_path / "study")

    def busy(_: StudyFolder) -> None:
        raise InputRefused("database_failed", "The study database refused (locked).", "Try again.")

    async def work(room: Any) -> None:
        await room.coordinator.open(tmp_path / "study", room._go_to)
        monkeypatch.setattr(StudyFolder, "open_store", busy)
        room._ui.coordinator.refresh_clicked()
        await rest()
        assert "database refused" in room.teller._data.toast_text

    in_room(tmp_path, work)
