"""A round through a folder of results, by keyboard, with an edit in between."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import SimpleITK as sitk

from SyntheticCECTLib.core.case_folder import CHAMBERS, write_case
from SyntheticCECTLib.core.formats.label_file import read_labels, write_chambers
from Testing.small_case import case_result, labels
from Testing.web.conftest import Visitor, write_results
from Testing.web.room_process import RoomProcess
from Testing.web.screen import paint


def chosen(visitor: Visitor, name: str) -> None:
    """Waits until a result is the one that is looked at, and on the screen."""
    visitor.page.wait_for_selector(f"[data-case={name}][aria-selected=true]")
    visitor.page.wait_for_selector("[data-panel=verdict][aria-busy=false]")


def test_round_by_keyboard_with_an_edit_and_resumption(
    open_room: Callable[..., RoomProcess], visitor: Visitor, tmp_path: Path
) -> None:
    results = tmp_path / "results"
    write_results(results, ("a", "b", "c"))
    room, page = open_room(results), visitor.page
    page.goto(room.address)
    page.wait_for_selector("[data-volume=lv]")
    chosen(visitor, "a")
    page.wait_for_selector("[data-case=c] img")
    page.click("[data-reason=leak]")
    page.keyboard.press("x")
    chosen(visitor, "b")
    assert page.inner_text("[data-shown=done]") == "1 of 3"

    page.click("[data-action=edit]")
    page.wait_for_selector("[data-segment=lv]")
    paint(visitor, "lv", (0.2, 0.2), (0.3, 0.2))
    page.click("[data-action=keep-edit]")
    page.wait_for_selector("[data-shown=edited]")
    page.wait_for_selector("[data-shown=by-hand]")
    before, after = (
        int((sitk.GetArrayFromImage(read_labels(results / "b" / name)) == 2).sum())
        for name in ("chambers.seg.nrrd", "chambers_edited_1.seg.nrrd")
    )
    assert after > before

    page.keyboard.press("p")
    chosen(visitor, "c")
    assert visitor.complaints == []
    room.kill()
    page.wait_for_selector("[data-panel=lost]")

    said = json.loads((results / "qa.json").read_text())["verdicts"]
    assert (said["a"]["verdict"], said["a"]["reasons"]) == ("fail", ["leak"])
    assert (said["b"]["verdict"], said["b"]["edited"]) == ("pass", "chambers_edited_1.seg.nrrd")
    again = open_room(results)
    page.goto(again.address)
    chosen(visitor, "c")
    assert page.inner_text("[data-shown=done]") == "2 of 3"
    with page.expect_download() as download:
        page.click("[data-action=qa_csv]")
    table = Path(download.value.path()).read_text()
    assert "a,fail,chamber leaks" in table
    with page.expect_download() as download:
        page.click("[data-action=qa_sheet]")
    assert Path(download.value.path()).read_text().count("<figure") == 3


def test_key_that_is_held_down_judges_one_result(
    open_room: Callable[..., RoomProcess], visitor: Visitor, tmp_path: Path
) -> None:
    results, page = tmp_path / "results", visitor.page
    write_results(results, ("a", "b"))
    page.goto(open_room(results).address)
    chosen(visitor, "a")
    page.keyboard.down("x")
    chosen(visitor, "b")
    page.wait_for_selector("[data-volume=lv]")
    page.keyboard.down("x")  # the same key still: a keyboard repeats it
    page.wait_for_timeout(1000)
    page.keyboard.up("x")
    assert page.inner_text("[data-shown=done]") == "1 of 2"
    page.keyboard.press("x")
    page.wait_for_selector("[data-case=b][data-verdict=fail]")
    assert visitor.complaints == []


def test_result_that_cannot_be_read_is_judged_without_the_last_ones_picture(
    open_room: Callable[..., RoomProcess], visitor: Visitor, tmp_path: Path
) -> None:
    results = tmp_path / "results"
    write_results(results, ("a", "b"))
    next((results / "b").glob("*synthetic*.nrrd")).write_bytes(b"no scan")
    room, page = open_room(results), visitor.page
    page.goto(room.address)
    page.wait_for_selector("[data-volume=lv]")
    page.keyboard.press("n")
    chosen(visitor, "b")
    page.wait_for_selector("[data-volume=lv]", state="detached")
    assert not page.locator("[data-synthetic]").count()
    assert page.is_disabled("[data-action=edit]")
    page.click("[data-verdict-button=fail]")
    page.wait_for_selector("[data-case=b][data-verdict=fail]")
    chosen(visitor, "a")
    assert visitor.complaints == []


def test_every_result_is_shown_as_its_folder_holds_it(
    open_room: Callable[..., RoomProcess], visitor: Visitor, tmp_path: Path
) -> None:
    results = tmp_path / "results"
    write_results(results, ("a", "b"))
    write_case(case_result(380.0), results / "a")
    write_chambers(results / "b" / CHAMBERS, labels() == 2)
    page = visitor.page
    page.goto(open_room(results).address)
    chosen(visitor, "a")
    page.wait_for_selector("[data-volume=la] >> text=no value")
    assert page.inner_text("[data-shown=threshold]") == "≥ 380 HU"
    page.keyboard.press("n")
    chosen(visitor, "b")
    page.wait_for_selector("[data-shown=by-hand]")
    assert page.inner_text("[data-volume=lv]") == "no value"

    page.goto(open_room(results / "a").address)
    page.wait_for_selector("[data-volume=la] >> text=no value")
    assert page.inner_text("[data-shown=threshold]") == "≥ 380 HU"
    page.goto(open_room(results / "b").address)
    page.wait_for_selector("[data-shown=by-hand]")
    assert visitor.complaints == []


@pytest.mark.parametrize("drawn", [True, False])
def test_drawing_in_hand_is_kept_where_the_server_ends(
    open_room: Callable[..., RoomProcess], visitor: Visitor, tmp_path: Path, drawn: bool
) -> None:
    results, page = tmp_path / "results", visitor.page
    write_results(results, ("a",))
    room = open_room(results)
    page.goto(room.address)
    chosen(visitor, "a")
    page.click("[data-action=edit]")
    page.wait_for_selector("[data-segment=lv]")
    if drawn:
        paint(visitor, "lv", (0.2, 0.2), (0.3, 0.2))
        page.wait_for_timeout(1000)
    room.stop()
    kept = results / "a" / "chambers_edited_1.seg.nrrd"
    assert kept.exists() is drawn, "what was only looked at is no version"
    if drawn:
        before, after = (
            int((sitk.GetArrayFromImage(read_labels(path)) == 2).sum())
            for path in (kept.with_name(CHAMBERS), kept)
        )
        assert after > before


def test_remark_belongs_to_the_verdict_that_follows_it_while_an_answer_is_awaited(
    open_room: Callable[..., RoomProcess], visitor: Visitor, tmp_path: Path
) -> None:
    results, page = tmp_path / "results", visitor.page
    write_results(results, ("a", "b"))
    page.goto(open_room(results).address)
    chosen(visitor, "a")
    page.evaluate(
        "() => { const { client } = window.trame; client.beginBusy(); setTimeout(() => client.endBusy(), 1500); }"
    )
    page.fill("[data-input=remark] textarea", "too wide at the valve")
    page.click("[data-verdict-button=fix]")
    chosen(visitor, "b")
    page.wait_for_timeout(1500)
    page.keyboard.press("n")
    chosen(visitor, "a")
    said = json.loads((results / "qa.json").read_text())["verdicts"]
    assert (said["a"]["verdict"], said["a"]["text"]) == ("fix", "too wide at the valve")
    assert not said.get("b", {}).get("text")
    assert visitor.complaints == []
