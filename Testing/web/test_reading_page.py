"""A blinded read: drawn, kept through a crash of the server, given, and seen by the coordinator."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import SimpleITK as sitk

from SyntheticCECTLib.study.session import ReadingSession
from Testing.web.conftest import Visitor
from Testing.web.room_process import RoomProcess
from Testing.web.screen import paint
from Testing.web.small_study import SECRET, small_study


def sign_in(visitor: Visitor, room: RoomProcess, token: str) -> None:
    visitor.page.goto(room.address)
    visitor.page.fill("[data-input=token] input", token)
    visitor.page.click("[data-action=sign-in]")


def drawn(study: Path, token: str) -> dict[int, int]:
    """Voxels of each label that the store holds for the reader's current task, and on how many slices."""
    session = ReadingSession(study, token)
    try:
        mask = session.mask()
        array = sitk.GetArrayFromImage(mask) if mask is not None else None
        return {} if array is None else {label: int((array == label).sum()) for label in (1, 2)}
    finally:
        session.close()


def test_read_survives_a_killed_server_and_reaches_the_coordinator(
    open_room: Callable[..., RoomProcess], visitor: Visitor, tmp_path: Path
) -> None:
    study, page = tmp_path / "study", visitor.page
    token = small_study(study).tokens["Anna"]
    room = open_room(study)
    sign_in(visitor, room, "not-a-token")
    page.wait_for_function("() => document.body.innerText.includes('No reader of this study')")
    sign_in(visitor, room, token)
    page.wait_for_selector("[data-segment=lv]")
    label = page.inner_text("[data-shown=label]")
    assert SECRET not in page.content()
    assert not page.locator("[data-panel=threshold], [data-synthetic]").count(), "the reader is not blinded"
    paint(visitor, "lv", (0.55, 0.4), (0.6, 0.45))
    paint(visitor, "la", (0.4, 0.6), (0.45, 0.6))
    page.wait_for_function("() => document.querySelector('[data-shown=saved]').innerText.includes('kept')")
    page.wait_for_timeout(1500)
    room.kill()

    kept = drawn(study, token)
    assert kept[1] > 0 and kept[2] > 0
    again = open_room(study)
    sign_in(visitor, again, token)
    page.wait_for_selector("[data-segment=lv]")
    assert page.inner_text("[data-shown=label]") == label
    page.wait_for_timeout(500)
    page.click("[data-action=submit]")
    page.wait_for_function(f"() => document.querySelector('[data-shown=label]').innerText !== '{label}'")
    session = ReadingSession(study, token)
    assert session.progress.done == 1
    session.previous()
    assert session.seconds > 0
    given = session.mask()
    session.close()
    assert given is not None and int((sitk.GetArrayFromImage(given) == 2).sum()) == kept[2]
    again.stop()

    coordinator = open_room(study, "--coordinator")
    page.goto(coordinator.address)
    row = page.locator("[data-reader=Anna]")
    row.wait_for()
    assert "1 of 2" in row.inner_text()


def test_brush_stays_on_the_slice_that_is_seen(
    open_room: Callable[..., RoomProcess], visitor: Visitor, tmp_path: Path
) -> None:
    study = tmp_path / "study"
    token = small_study(study).tokens["Anna"]
    sign_in(visitor, open_room(study), token)
    visitor.page.wait_for_selector("[data-segment=lv]")
    paint(visitor, "lv", (0.5, 0.5), (0.55, 0.5))
    visitor.page.wait_for_function(
        "() => document.querySelector('[data-shown=saved]').innerText.includes('kept')"
    )
    session = ReadingSession(study, token)
    mask = session.mask()
    session.close()
    assert mask is not None
    assert sitk.GetArrayFromImage(mask).any(axis=(1, 2)).sum() == 1
    visitor.page.keyboard.press("Control+z")
    visitor.page.wait_for_selector("[data-tool=undo][disabled]")
