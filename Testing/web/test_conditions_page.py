"""A read under every condition, and the report that the coordinator makes of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from SyntheticCECTLib.study.records import Condition
from SyntheticCECTLib.study.session import ReadingSession
from Testing.web.conftest import SYNTHESIS_MS, Visitor
from Testing.web.room_process import RoomProcess
from Testing.web.screen import changed, is_marked, paint, settled, slide
from Testing.web.small_study import SECRET, small_study
from Testing.web.test_reading_page import sign_in

AIDED = (Condition.OVERLAY, Condition.RATE, Condition.CORRECT)


def condition_of(visitor: Visitor) -> Condition:
    """What the reader is asked to do, from what he sees."""
    page = visitor.page
    page.wait_for_selector("[data-input=rating], [data-segment=lv]")
    if page.locator("[data-input=rating]").count():
        return Condition.RATE
    return Condition.OVERLAY if page.locator("[data-slider=second]").count() else Condition.CORRECT


def rate(visitor: Visitor) -> None:
    """A rating is asked for, and nothing can be drawn."""
    page = visitor.page
    assert not page.locator("[data-segment]").count()
    page.click("[data-action=submit]")
    page.wait_for_function("() => document.body.innerText.includes('No rating was given')")
    page.locator("[data-input=rating] button").nth(3).click()


def fade_in(visitor: Visitor) -> None:
    """The second image is faded in, says that it is synthetic, and is drawn over."""
    page = visitor.page
    assert not page.locator("[data-synthetic]").count()
    plain = settled(visitor, "Axial")
    slide(visitor, "second", 0.98)
    page.wait_for_selector("[data-synthetic=Axial]", state="attached")
    faded = settled(visitor, "Axial", is_marked)
    assert changed(plain, faded) > 500
    paint(visitor, "lv", (0.55, 0.4), (0.6, 0.45))


def correct(visitor: Visitor) -> None:
    """The network's chambers lie there already; some is added."""
    assert not visitor.page.locator("[data-synthetic]").count()
    paint(visitor, "lv", (0.2, 0.2), (0.3, 0.2))


def test_reader_overlays_rates_and_corrects_and_the_coordinator_reports(
    open_room: Callable[..., RoomProcess], visitor: Visitor, tmp_path: Path
) -> None:
    study, page = tmp_path / "study", visitor.page
    key = small_study(study, AIDED, cases=1)
    room = open_room(study)
    sign_in(visitor, room, key.tokens["Anna"])
    seen = []
    for number in range(1, len(AIDED) + 1):
        page.wait_for_function(
            f"() => document.querySelector('[data-shown=number]')?.innerText === '{number} of {len(AIDED)}'"
        )
        condition = condition_of(visitor)
        seen.append(condition)
        {Condition.RATE: rate, Condition.OVERLAY: fade_in, Condition.CORRECT: correct}[condition](visitor)
        assert SECRET not in page.content()
        label = page.inner_text("[data-shown=label]")
        page.click("[data-action=submit]")
        page.wait_for_function(f"() => document.querySelector('[data-shown=label]').innerText !== '{label}'")
    assert set(seen) == set(AIDED)
    assert "read everything" in page.inner_text("[data-shown=waiting]")
    assert visitor.complaints == []
    room.stop()
    assert_kept(study, key.tokens["Anna"], seen)

    coordinator = open_room(study, "--coordinator")
    page.goto(coordinator.address)
    page.click("[data-action=analyse]")
    page.wait_for_selector("[data-action=report]", timeout=SYNTHESIS_MS)
    with page.expect_popup() as popup:
        page.click("[data-action=report]")
    report = popup.value
    report.wait_for_load_state()
    assert "Small study" in report.inner_text("h1") and "Anna" in report.inner_text("body")
    assert "token" not in report.url


def assert_kept(study: Path, token: str, seen: list[Condition]) -> None:
    """Masks with what was painted, where masks were asked for."""
    session = ReadingSession(study, token)
    try:
        assert session.progress.finished
        session.previous()
        for condition in reversed(seen):
            task = session.current
            assert task is not None and task.draws is (condition is not Condition.RATE)
            if task.draws:
                mask = session.mask()
                assert mask is not None
                lv = int(np.count_nonzero(sitk.GetArrayViewFromImage(mask) == 2))
                proposed = 0
                if task.proposal is not None:
                    proposed = int(
                        np.count_nonzero(sitk.GetArrayFromImage(sitk.ReadImage(str(task.proposal))) == 2)
                    )
                    assert condition is Condition.CORRECT
                assert lv > proposed
            session.previous()
    finally:
        session.close()
