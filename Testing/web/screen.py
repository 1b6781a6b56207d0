"""What a test sees of the page and does with the mouse; pictures come when they come, so it waits for what it expects."""

from __future__ import annotations

import time
from collections.abc import Callable
from io import BytesIO

import numpy as np
from PIL import Image

from Testing.web.conftest import PATIENCE_MS, Visitor


def picture_of(visitor: Visitor, view: str) -> np.ndarray:
    """Pixels (rows, columns, 3) of a view as it is now."""
    shot = visitor.page.locator(f"[data-view={view}]").screenshot()
    return np.asarray(Image.open(BytesIO(shot)).convert("RGB")).astype(int)


def settled(
    visitor: Visitor, view: str, expected: Callable[[np.ndarray], bool] = lambda pixels: True
) -> np.ndarray:
    """Pixels of a view once they are as expected and stay so."""
    before, until = None, time.monotonic() + PATIENCE_MS / 1000
    while time.monotonic() < until:
        pixels = picture_of(visitor, view)
        same = before is not None and before.shape == pixels.shape and np.abs(before - pixels).max() < 12
        if same and expected(pixels):
            return pixels
        before = pixels
        visitor.page.wait_for_timeout(500)
    raise AssertionError(f"the {view} view never came to show what was expected")


def is_marked(pixels: np.ndarray) -> bool:
    """Whether SYNTHETIC stands in amber at the upper edge."""
    amber = pixels[:30]
    return int(((amber[..., 0] > 180) & (amber[..., 2] < 90)).sum()) > 40


def changed(one: np.ndarray, other: np.ndarray, by: int = 60) -> int:
    """How many pixels differ by more than ``by`` grey levels."""
    return int((np.abs(one - other).max(axis=2) > by).sum()) if one.shape == other.shape else one.size


def slide(visitor: Visitor, slider: str, share: float) -> None:
    """Drags a slider by hand to a share of its length."""
    track = visitor.page.locator(f"[data-slider={slider}] .v-slider-track").first
    box = track.bounding_box()
    assert box is not None
    y, mouse = box["y"] + box["height"] / 2, visitor.page.mouse
    mouse.move(box["x"] + box["width"] / 2, y)
    mouse.down()
    mouse.move(box["x"] + box["width"] * share, y, steps=8)
    mouse.up()


def paint(visitor: Visitor, segment: str, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Paints a stroke of one chamber in the axial view, from and to shares of its width and height."""
    page = visitor.page
    settled(visitor, "Axial")
    page.click(f"[data-segment={segment}]")
    page.click("[data-tool=paint]")
    page.wait_for_selector("[data-tool=paint].bg-primary")
    box = page.locator("[data-view=Axial]").bounding_box()
    assert box is not None
    (x, y), (x_end, y_end) = (
        (box["x"] + a * box["width"], box["y"] + b * box["height"]) for a, b in (start, end)
    )
    page.mouse.move(x, y)
    page.wait_for_timeout(400)  # the brush comes to the mouse
    page.mouse.down()
    page.mouse.move(x_end, y_end, steps=8)
    page.wait_for_timeout(200)
    page.mouse.up()
    page.wait_for_selector("[data-tool=undo]:not([disabled])")
