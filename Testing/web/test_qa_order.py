"""Quick hands on the work list: a drawing is not lost, and a verdict is of the result that was seen."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import SimpleITK as sitk

from SyntheticCECTLib.web.qa.verdict import Verdict
from SyntheticCECTLib.web.qa.work_list import WorkList
from Testing.web.conftest import needs_room, write_results
from Testing.web.room_in_process import in_room, rest, until

pytestmark = needs_room


def check_in_room(tmp_path: Path, work: Callable[[Any], Awaitable[None]]) -> None:
    """Opens two results."""
    write_results(tmp_path / "results", ("a", "b"))

    async def open_and_work(room: Any) -> None:
        await room.qa.open(tmp_path / "results")
        await work(room)

    in_room(tmp_path, open_and_work)


def test_drawing_outlives_a_click_on_another_result_and_the_keys_of_the_threshold(tmp_path: Path) -> None:
    async def work(room: Any) -> None:
        room._ui.qa.edit_clicked()
        room.slicer_app.segmentation_editor.active_segment_modifier.set_segment_labelmap("lv", 0)
        assert 2 not in sitk.GetArrayFromImage(room.board.labels())
        room._ui.qa.case_clicked("b")
        with room.qa.state:
            room.keys._press("+")
        await rest()
        assert room.qa.data.chosen == "a" and room.qa.data.editing
        assert 2 not in sitk.GetArrayFromImage(room.board.labels())
        room._ui.qa.drop_clicked()
        await until(lambda: not room.qa.data.editing and room.qa.data.ready)
        assert room.case.live is not None

    check_in_room(tmp_path, work)


def test_keys_take_a_stroke_back_and_make_it_again(tmp_path: Path) -> None:
    async def work(room: Any) -> None:
        room._ui.qa.edit_clicked()
        before = sitk.GetArrayFromImage(room.board.labels())
        room.slicer_app.segmentation_editor.active_segment_modifier.set_segment_labelmap("lv", 0)
        room.keys._press("Ctrl+z")
        assert (sitk.GetArrayFromImage(room.board.labels()) == before).all()
        room.keys._press("Ctrl+y")
        assert 2 not in sitk.GetArrayFromImage(room.board.labels())

    check_in_room(tmp_path, work)


def test_table_has_what_others_have_said_meanwhile(tmp_path: Path) -> None:
    async def work(room: Any) -> None:
        WorkList(tmp_path / "results").give("b", Verdict("fail"))
        assert "b,fail," in room._server.controller.trigger_fn("qa_csv")()

    check_in_room(tmp_path, work)


def test_second_click_keeps_a_drawing_no_second_time(tmp_path: Path) -> None:
    async def work(room: Any) -> None:
        room._ui.qa.edit_clicked()
        room._ui.qa.keep_clicked()
        room._ui.qa.keep_clicked()
        await rest()
        assert [file.name for file in (tmp_path / "results/a").glob("chambers_edited_*")] == [
            "chambers_edited_1.seg.nrrd"
        ]
        assert "Kept" in room.teller._data.toast_text

    check_in_room(tmp_path, work)


def test_second_press_is_no_verdict_of_the_result_that_came_meanwhile(tmp_path: Path) -> None:
    async def work(room: Any) -> None:
        room.keys._press("p", "a")
        await until(lambda: room.qa.data.chosen == "b" and room.qa.data.ready)
        room.keys._press("p", "a")
        room._ui.qa.verdict_clicked("fail", "a")
        await rest()
        said = WorkList(tmp_path / "results").verdict
        assert (said("a").verdict, said("b").verdict) == ("pass", "")
        room._ui.qa.verdict_clicked("fail", "b")
        assert WorkList(tmp_path / "results").verdict("b").verdict == "fail"

    check_in_room(tmp_path, work)


def test_remark_leaves_the_verdict_that_somebody_else_has_given_meanwhile(tmp_path: Path) -> None:
    async def work(room: Any) -> None:
        WorkList(tmp_path / "results").give("a", Verdict("fail", ("leak",)))
        room._ui.qa.text_written("a", "too wide at the valve")
        said = WorkList(tmp_path / "results").verdict("a")
        assert (said.verdict, said.text) == ("fail", "too wide at the valve")

    check_in_room(tmp_path, work)


def test_remark_that_comes_late_is_of_the_result_that_it_was_written_for(tmp_path: Path) -> None:
    async def work(room: Any) -> None:
        data = room.qa.data
        room._ui.qa.verdict_clicked("fix", "a")
        await until(lambda: data.chosen == "b" and data.ready)
        with room.qa.state:  # as the page sends it, still showing a
            data.reasons, data.text = ["leak"], "too wide at the valve"
        room._ui.qa.reasons_chosen("a", ["leak"])
        room._ui.qa.text_written("a", "too wide at the valve")
        work_list = WorkList(tmp_path / "results")
        assert work_list.verdict("b") == Verdict() and (data.reasons, data.text) == ([], "")
        said = work_list.verdict("a")
        assert (said.verdict, said.reasons, said.text) == ("fix", ("leak",), "too wide at the valve")

    check_in_room(tmp_path, work)
