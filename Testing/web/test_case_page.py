"""From the first page to volumes, contours and layouts, in a real browser."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from Testing.web.conftest import SYNTHESIS_MS, Visitor
from Testing.web.room_process import RoomProcess
from Testing.web.screen import changed, is_marked, settled, slide

VALUE = "() => document.querySelector('[data-volume=lv]')?.innerText"


@pytest.fixture(scope="module")
def case_page(chromium: Any, room: RoomProcess) -> Iterator[Visitor]:
    """The virtual patient, synthesized once for all tests of this file."""
    visitor = Visitor(chromium)
    page = visitor.page
    page.goto(room.address)
    page.click("[data-action=try]")
    page.wait_for_selector("[data-panel=synthesize]")
    page.click("[data-action=synthesize]")
    page.wait_for_selector("[data-panel=progress]")
    page.wait_for_selector("[data-volume=lv]", timeout=SYNTHESIS_MS)
    yield visitor
    visitor.close()


def test_virtual_patient_becomes_volumes_near_the_truth(case_page: Visitor, patient_folder: Path) -> None:
    truth = json.loads((patient_folder / "truth.json").read_text())["volumes_ml"]["lv"]
    shown = float(case_page.page.inner_text("[data-volume=lv]").removesuffix(" mL"))
    assert abs(shown - truth) < 0.6 * truth
    figures = case_page.page.locator("[data-panel=agreement] [data-figure]").all_inner_texts()
    assert any(0.3 < float(text) <= 1 for text in figures if text.replace(".", "").isdigit()), figures


def test_views_show_images_and_say_synthetic(case_page: Visitor) -> None:
    page = case_page.page
    page.click("[data-image=overlay]")
    page.wait_for_function("() => document.querySelectorAll('[data-synthetic]').length === 3")
    assert settled(case_page, "Axial", is_marked).std() > 15
    page.click("[data-image=ct]")
    page.wait_for_function("() => !document.querySelector('[data-synthetic]')")
    settled(case_page, "Axial", lambda pixels: not is_marked(pixels))


def test_threshold_drag_changes_contour_and_volume(case_page: Visitor) -> None:
    page = case_page.page
    page.click("[data-image=overlay]")
    before, volume = settled(case_page, "Axial", is_marked), page.inner_text("[data-volume=lv]")
    slide(case_page, "threshold", 0.85)
    page.wait_for_function(f"({VALUE})() !== '{volume}'")
    settled(case_page, "Axial", lambda pixels: changed(pixels, before) > 30)
    page.click("[data-action=reset-threshold]")
    page.wait_for_function(f"({VALUE})() === '{volume}'")
    settled(case_page, "Axial", lambda pixels: changed(pixels, before) < 10)


def test_opacity_fades_the_synthetic_contrast_in(case_page: Visitor) -> None:
    case_page.page.click("[data-image=overlay]")
    half = settled(case_page, "Axial", is_marked)
    slide(case_page, "opacity", 0.98)
    settled(case_page, "Axial", lambda pixels: changed(pixels, half, 20) > 0.02 * half[..., 0].size)


def test_rendering_in_3d_shows_the_contrast_and_says_synthetic(case_page: Visitor) -> None:
    page = case_page.page
    page.click("[data-image=ct]")
    page.wait_for_function("() => !document.querySelector('[data-synthetic]')")
    surfaces = settled(case_page, "ThreeD", lambda pixels: not is_marked(pixels))
    page.click("[data-check=rendering] input")
    page.wait_for_selector("[data-synthetic=ThreeD]", state="attached")
    rendered = settled(case_page, "ThreeD", is_marked)
    assert changed(surfaces, rendered, 20) > 1000
    page.click("[data-check=rendering] input")
    settled(case_page, "ThreeD", lambda pixels: changed(pixels, surfaces, 20) < 200)


@pytest.mark.parametrize(
    ("layout", "views"), [("side", 2), ("wipe", 2), ("solid", 1), ("primary", 4), ("four", 4)]
)
def test_layouts_show_their_views(case_page: Visitor, layout: str, views: int) -> None:
    case_page.page.click(f"[data-layout={layout}]")
    case_page.page.wait_for_function(f"() => document.querySelectorAll('[data-view]').length === {views}")
    for view in case_page.page.locator("[data-view]").all():
        box = view.bounding_box()
        assert box is not None and box["width"] > 150 and box["height"] > 100


def test_side_by_side_shows_the_same_slice_of_both(case_page: Visitor) -> None:
    page = case_page.page
    page.click("[data-layout=side]")
    page.click("[data-image=synthetic]")
    page.wait_for_function("() => document.querySelectorAll('[data-synthetic]').length === 1")
    first = settled(case_page, "Compared", is_marked)
    page.locator("[data-view=Axial]").hover()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    settled(case_page, "Compared", lambda pixels: changed(pixels, first, 40) > 100)
    page.click("[data-layout=four]")


def test_keys_open_and_close_help_in_this_window_only(
    case_page: Visitor, visitor: Visitor, room: RoomProcess
) -> None:
    page, help_panel = case_page.page, case_page.page.locator("[data-panel=help]")
    page.keyboard.press("?")
    help_panel.wait_for()
    assert "threshold" in help_panel.inner_text()
    visitor.page.goto(room.address)
    visitor.page.click("[data-layout=solid]")  # no dialog stands before it
    page.wait_for_function("() => document.querySelectorAll('[data-view]').length === 1")
    page.keyboard.press("4")
    page.keyboard.press("Escape")
    help_panel.wait_for(state="hidden")
    assert page.locator("[data-view]").count() == 1, "a key acted behind the dialog"
    page.keyboard.press("1")
    page.wait_for_function("() => document.querySelectorAll('[data-view]').length === 4")


def test_nothing_is_asked_from_elsewhere_and_nothing_complains(case_page: Visitor) -> None:
    hosts = {urlsplit(url).hostname for url in case_page.asked if not url.startswith(("data:", "blob:"))}
    assert hosts == {"127.0.0.1"}
    assert not any("patient" in url or ".nrrd" in url for url in case_page.asked)
    assert case_page.complaints == []
