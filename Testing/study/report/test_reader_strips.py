"""Strips show every reader's contours, and where readers differ."""

from __future__ import annotations

import base64
import io
import re

import numpy as np
from PIL import Image

from SyntheticCECTLib.core.reporting.picture import BOTH_COLOUR, EXTRA_COLOUR
from SyntheticCECTLib.study.report.reader_colours import (
    NETWORK_COLOUR,
    PALETTE,
    TRUTH_COLOUR,
    reader_colours,
)
from SyntheticCECTLib.study.report.reader_strips import StripSlice, strip_section


def square(first: int, last: int, label: int = 1) -> np.ndarray:
    labels = np.zeros((60, 60), np.uint8)
    labels[first:last, first:last] = label
    return labels


STRIP = StripSlice(
    "c1", 7, np.full((60, 60), 40.0), (1.5, 1.5), {"ann": square(15, 35), "bob": square(25, 45)},
    truth=square(18, 38), network=square(10, 50),
)  # fmt: skip


def pictures(html: str) -> list[np.ndarray]:
    found = re.findall(r"data:image/jpeg;base64,([A-Za-z0-9+/=]+)", html)
    return [np.asarray(Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB"), int) for data in found]


def holds(picture: np.ndarray, colour: tuple[int, int, int], within: int = 60) -> bool:
    return bool((np.abs(picture - colour).max(axis=2) < within).sum() > 20)


def test_each_reader_has_his_contour_in_his_colour() -> None:
    plain, readers, _, _ = pictures(strip_section([STRIP], simulated=False))
    for colour in reader_colours(["ann", "bob"]).values():
        assert holds(readers, colour) and not holds(plain, colour)


def test_what_all_and_what_some_drew_is_told_apart() -> None:
    differ = pictures(strip_section([STRIP], simulated=False))[2]
    mixed = [tuple(round(0.45 * c + 0.55 * 127) for c in BOTH_COLOUR), EXTRA_COLOUR]
    assert holds(differ, mixed[0]) and holds(differ, mixed[1], within=80)
    agree = StripSlice("c1", 7, STRIP.ct_hu, (1.5, 1.5), {"ann": square(15, 35), "bob": square(15, 35)})
    assert not holds(pictures(strip_section([agree], simulated=False))[2], EXTRA_COLOUR, within=80)


def test_truth_and_network_are_drawn_where_they_exist() -> None:
    truth = pictures(strip_section([STRIP], simulated=False))[3]
    assert holds(truth, TRUTH_COLOUR, 40) and holds(truth, NETWORK_COLOUR)
    bare = StripSlice("c1", 7, STRIP.ct_hu, (1.5, 1.5), STRIP.drawn)
    assert not holds(pictures(strip_section([bare], simulated=False))[3], NETWORK_COLOUR)


def test_simulated_readers_are_marked_in_the_pictures() -> None:
    corner = slice(0, 30), slice(0, 150)
    marked, plain = (pictures(strip_section([STRIP], simulated=s))[1][corner] for s in (True, False))
    yellow = (255, 193, 7)
    assert holds(marked, yellow, 30) and not holds(plain, yellow, 30)


def test_the_range_of_dice_between_readers_is_the_caption() -> None:
    # Squares of 20 x 20 that share 10 x 10.
    assert "Dice between readers 0.25 to 0.25" in strip_section([STRIP], simulated=False)


def test_slices_on_which_nobody_drew_are_shown_without_a_number() -> None:
    empty = StripSlice("c1", 7, STRIP.ct_hu, (1.5, 1.5), {"ann": square(0, 0), "bob": square(0, 0)})
    html = strip_section([empty], simulated=False)
    assert len(pictures(html)) == 4 and "Dice between" not in html


def test_no_strips_are_no_section() -> None:
    assert strip_section([], simulated=True) == ""


def test_colours_follow_the_names_and_repeat_after_the_last() -> None:
    assert reader_colours(["bob", "ann"]) == {"ann": PALETTE[0], "bob": PALETTE[1]}
    many = reader_colours([f"r{n}" for n in range(8)])
    assert many["r7"] == many["r0"]
