"""Pages as they looked when somebody last looked at them and found them right.

Pictures are kept small, so that another font or another renderer passes, and a view that is gone, moved, or shows
another image does not. ``PICTURES=renew`` writes them anew: look at them before they are committed.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

from Testing.web.conftest import PATIENCE_MS, Visitor
from Testing.web.room_process import RoomProcess
from Testing.web.screen import is_marked, settled

FOLDER = Path(__file__).with_name("pictures")
SIZE = (160, 100)
MEAN_LEVELS, FAR_LEVELS, FAR_SHARE = 3.0, 40, 0.01
STILL_LEVELS = 4


def small(visitor: Visitor) -> np.ndarray:
    """The window in a few pixels (rows, columns, 3)."""
    shot = Image.open(BytesIO(visitor.page.screenshot(animations="disabled"))).convert("RGB")
    return np.asarray(shot.resize(SIZE, Image.Resampling.BOX)).astype(int)


def looks_like(pixels: np.ndarray, name: str) -> bool:
    """Whether a page looks as it did."""
    file = FOLDER / f"{name}.png"
    if os.environ.get("PICTURES") == "renew":
        Image.fromarray(pixels.astype(np.uint8)).save(file, optimize=True)
    return alike(pixels, np.asarray(Image.open(file).convert("RGB")).astype(int))


def alike(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether two pages look the same but for fonts and renderers."""
    apart = np.abs(one - other).max(axis=2)
    return bool(apart.mean() < MEAN_LEVELS and (apart > FAR_LEVELS).mean() < FAR_SHARE)


def test_first_page_looks_as_it_did(room: RoomProcess, visitor: Visitor) -> None:
    visitor.page.goto(room.address)
    visitor.page.wait_for_selector("[data-page=start]")
    visitor.page.wait_for_function("() => document.fonts.status === 'loaded'")
    visitor.page.wait_for_timeout(500)
    assert looks_like(small(visitor), "first-page")


def test_case_looks_as_it_did(
    open_room: Callable[..., RoomProcess], visitor: Visitor, result_folder: Path
) -> None:
    page = visitor.page
    page.goto(open_room(result_folder).address)
    page.wait_for_selector("[data-volume=lv]")
    page.click("[data-image=overlay]")
    page.wait_for_selector("[data-panel=toast]", state="hidden")
    settled(visitor, "Sagittal", is_marked)
    shown = {"overlay": picture(visitor)}
    page.click("[data-image=enhancement]")
    shown["enhancement"] = picture(visitor, shown["overlay"])
    page.click("[data-layout=side]")
    shown["side"] = picture(visitor, shown["enhancement"])
    wrong = [name for name, pixels in shown.items() if not looks_like(pixels, name)]
    assert not wrong


def picture(visitor: Visitor, last: np.ndarray | None = None) -> np.ndarray:
    """The window once it is still, and no longer alike the last one; the mouse lies outside the views."""
    visitor.page.mouse.move(5, 5)
    before, until = small(visitor), time.monotonic() + PATIENCE_MS / 1000
    while time.monotonic() < until:
        visitor.page.wait_for_timeout(1000)
        pixels = small(visitor)
        changed = last is None or not alike(pixels, last)
        if changed and np.abs(pixels - before).max() < STILL_LEVELS:
            return pixels
        before = pixels
    raise AssertionError("the page never stood still, or never changed by more than the tolerance")
