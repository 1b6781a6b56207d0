"""The first page, and what it says to files that are no scans."""

from __future__ import annotations

import zipfile
from pathlib import Path

from SyntheticCECTLib.web.door.upload import MOST_FILES
from Testing.core.small_scans import chest, write_series
from Testing.web.conftest import Visitor
from Testing.web.room_process import RoomProcess


def open_first_page(visitor: Visitor, room: RoomProcess) -> None:
    visitor.page.goto(room.address)
    visitor.page.wait_for_selector("[data-page=start]")


def toast_of(visitor: Visitor) -> str:
    panel = visitor.page.locator(
        "[data-panel=toast] .v-snackbar__content, .v-snackbar__content[data-panel=toast]"
    ).first
    panel.wait_for()
    return panel.inner_text()


def choose(visitor: Visitor, path: Path) -> None:
    with visitor.page.expect_file_chooser() as chooser:
        visitor.page.click("[data-action=open-file]")
    chooser.value.set_files(str(path))


def test_first_page_offers_a_scan_and_a_virtual_patient(room: RoomProcess, visitor: Visitor) -> None:
    open_first_page(visitor, room)
    text = visitor.page.inner_text("[data-page=start]")
    assert "Open a scan" in text and "Try a virtual patient" in text
    assert "token" not in visitor.page.url
    assert "Research use only" in visitor.page.inner_text("header")


def test_files_that_are_no_scans_are_explained(room: RoomProcess, visitor: Visitor, tmp_path: Path) -> None:
    bad, trick = tmp_path / "Mrs Smith.nrrd", tmp_path / "Mrs Smith.zip"
    bad.write_text("this is no scan")
    with zipfile.ZipFile(trick, "w") as archive:
        archive.writestr("../../outside.dcm", "x")
    open_first_page(visitor, room)
    choose(visitor, bad)
    said = toast_of(visitor)
    assert "no scan" in said and "NRRD" in said
    choose(visitor, trick)
    visitor.page.wait_for_function("() => document.body.innerText.includes('points out of the zip')")
    assert not any("Smith" in url for url in visitor.asked)
    assert "Smith" not in room.log.read_text()


def choose_folder(visitor: Visitor, path: Path) -> None:
    with visitor.page.expect_file_chooser() as chooser:
        visitor.page.click("[data-action=open-folder]")
    chooser.value.set_files(path)


def test_folder_of_a_cd_is_opened_without_what_is_no_scan(
    room: RoomProcess, visitor: Visitor, tmp_path: Path
) -> None:
    cd, page = tmp_path / "cd", visitor.page
    for number, slice_file in enumerate(write_series(cd / "images", chest())):
        slice_file.rename(slice_file.with_name(f"slice{number}.dicom"))
    for name in ("README.txt", "autorun.inf", "viewer.exe", "LICENSE"):
        (cd / name).write_text("this is no scan")
    open_first_page(visitor, room)
    choose_folder(visitor, cd)
    page.wait_for_selector("[data-panel=synthesize]")
    said = page.inner_text("[data-panel=synthesize]")
    assert "files left out, being no scans: 4" in said
    page.click("[data-action=close]")
    page.wait_for_selector("[data-page=start]")


def test_folder_without_a_scan_and_one_with_too_many_files_are_refused(
    room: RoomProcess, visitor: Visitor, tmp_path: Path
) -> None:
    none, many = tmp_path / "none", tmp_path / "many"
    none.mkdir()
    many.mkdir()
    (none / "README.txt").write_text("this is no scan")
    (none / "LICENSE").write_text("this is no scan")
    for number in range(MOST_FILES + 1):
        (many / f"{number}.dcm").touch()
    open_first_page(visitor, room)
    choose_folder(visitor, none)
    visitor.page.wait_for_function("() => document.body.innerText.includes('None of the 2 files is a scan.')")
    choose_folder(visitor, many)
    visitor.page.wait_for_function(
        f"() => document.body.innerText.includes('These are {MOST_FILES + 1} files')"
    )


def test_nothing_else_is_chosen_while_a_file_is_sent(
    room: RoomProcess, visitor: Visitor, tmp_path: Path
) -> None:
    bad, page, sent = tmp_path / "bad.nrrd", visitor.page, []
    bad.write_text("this is no scan")
    open_first_page(visitor, room)
    page.route("**/upload?*", lambda route: sent.append(route))
    choose(visitor, bad)
    page.wait_for_selector("[data-action=open-folder][disabled]")
    page.reload()  # a page that is gone sends nothing
    page.wait_for_selector("[data-action=open-folder]:not([disabled])")
    choose(visitor, bad)
    page.wait_for_selector("[data-action=open-folder][disabled]")
    sent[-1].continue_()
    page.wait_for_selector("[data-action=open-folder]:not([disabled])")


def test_cancelled_synthesis_leaves_the_scan_and_no_result(room: RoomProcess, visitor: Visitor) -> None:
    open_first_page(visitor, room)
    page = visitor.page
    page.click("[data-action=try]")
    page.click("[data-panel=synthesize] [data-action=synthesize]")
    page.wait_for_selector("[data-panel=progress]")
    page.click("[data-image=ct]")  # the interface is live meanwhile
    page.click("[data-action=cancel]")
    page.wait_for_function("() => document.body.innerText.includes('Cancelled.')")
    page.wait_for_selector("[data-panel=progress]", state="detached")
    page.wait_for_selector("[data-action=synthesize]:not([disabled])")
    assert not page.locator("[data-volume=lv]").count()
    left = [file for file in room.log.parent.glob("synthetic-cect-room-*/result-*/**/*") if file.is_file()]
    assert not left, "the cancelled command left files"
    page.click("[data-action=close]")
    page.wait_for_selector("[data-page=start]")
    assert visitor.complaints == []


def test_window_without_the_token_sees_only_how_to_come_in(room: RoomProcess, visitor: Visitor) -> None:
    answer = visitor.page.goto(room.base)
    assert answer is not None and answer.status == 403
    assert "Copy the whole address" in visitor.page.inner_text("body")
