"""Strips of pictures that show where readers differ: their contours over the slice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

from ...core.bounding_box import bounding_box
from ...core.metrics import overlap
from ...core.metrics.chamber_agreement import LA, LV
from ...core.metrics.no_value import NoValue
from ...core.reporting.picture import BOTH_COLOUR, EXTRA_COLOUR, Colour, Picture, Window
from ...core.reporting.report_figures import Shot
from ...core.reporting.report_html import section, shot_grid
from ...core.reporting.report_style import css_colour
from .reader_colours import NETWORK_COLOUR, TRUTH_COLOUR, reader_colours

WINDOW = Window(width=400.0, level=40.0)
PIXELS = 420
MARGIN_MM = 18.0


@dataclass(frozen=True)
class StripSlice:
    """One axial slice with everything that was drawn on it.

    Attributes:
        case_id: The case.
        slice_index: Which of its slices.
        ct_hu: (J, I) non-contrast CT, rows to the back, columns to the patient's left.
        spacing_ji: Size of a pixel in mm, rows first.
        drawn: Reader -> (J, I) labels, LA = 1, LV = 2.
        truth: The same of the truth, or ``None``.
        network: The same of the network, or ``None``.
    """

    case_id: str
    slice_index: int
    ct_hu: np.ndarray
    spacing_ji: tuple[float, float]
    drawn: Mapping[str, np.ndarray]
    truth: np.ndarray | None = None
    network: np.ndarray | None = None


def strip_section(strips: Sequence[StripSlice], simulated: bool) -> str:
    """A row of four for each slice: CT, all readers, where they differ, truth and network."""
    if not strips:
        return ""
    colours = reader_colours({reader for strip in strips for reader in strip.drawn})
    heads = [
        ("Non-contrast CT", str(WINDOW)),
        ("All readers", "contours of LA and LV"),
        ("Where readers differ", "drawn by all, drawn by some"),
        ("Truth and network", "contours of LA and LV"),
    ]
    rings = {**colours, "truth": TRUTH_COLOUR, "network": NETWORK_COLOUR}
    legend = "".join(f"<span>{_ring(colour)}{escape(name)}</span>" for name, colour in rings.items())
    areas = "".join(
        f'<span><i style="background:var(--{key})"></i>{text}</span>'
        for key, text in (("both", "drawn by all readers"), ("extra", "drawn by some"))
    )
    rows = [_row(strip, colours, simulated) for strip in strips]
    return section(
        "Where readers differ",
        "One slice of each case. The patient's right is at the picture's left.",
        f'<p class="legend">{legend}{areas}</p>',
        shot_grid(heads, rows),
    )


def _row(strip: StripSlice, colours: Mapping[str, Colour], simulated: bool) -> list[Shot]:
    crop = _crop(strip)
    grey = WINDOW.grey(strip.ct_hu[crop])
    where = f"{strip.case_id}, slice {strip.slice_index}"

    def picture() -> Picture:
        return Picture(grey, strip.spacing_ji, PIXELS)

    plain = picture().note(where).scale_bar(20)
    readers, differ, truth = picture(), picture(), picture()
    masks = []
    for reader, labels in sorted(strip.drawn.items()):
        _contours(readers, labels[crop], colours[reader])
        masks.append(_both(labels[crop]))
    if masks:
        share = np.mean(masks, axis=0)
        differ.tint(share == 1, BOTH_COLOUR, opacity=0.45, outline=False)
        differ.tint((share > 0) & (share < 1), EXTRA_COLOUR, opacity=0.75, outline=False)
    for labels, colour in ((strip.truth, TRUTH_COLOUR), (strip.network, NETWORK_COLOUR)):
        if labels is not None:
            _contours(truth, labels[crop], colour)
    if simulated:
        readers.chip("SIMULATED READERS")
        differ.chip("SIMULATED READERS")
    alts = (
        "Non-contrast CT",
        f"Contours of {', '.join(sorted(strip.drawn)) or 'no reader'}",
        "Area drawn by all readers in green, by some in pink",
        "Contours of truth in white and network in red",
    )
    captions = (where, "", _pairwise_dice(masks), "")
    return [
        Shot(shot.data_uri(), f"{alt}, {where}", shot.size, caption)
        for shot, alt, caption in zip((plain, readers, differ, truth), alts, captions, strict=True)
    ]


def _contours(picture: Picture, labels: np.ndarray, colour: Colour) -> None:
    picture.outline(labels == LA, colour).outline(labels == LV, colour)


def _pairwise_dice(masks: Sequence[np.ndarray]) -> str:
    try:
        values = [overlap.dice(a, b) for n, a in enumerate(masks) for b in masks[n + 1 :]]
    except NoValue:
        return ""
    return f"Dice between readers {min(values):.2f} to {max(values):.2f}" if values else ""


def _crop(strip: StripSlice) -> tuple[slice, slice]:
    every = [labels for labels in (*strip.drawn.values(), strip.truth, strip.network) if labels is not None]
    margin = [round(MARGIN_MM / size) for size in strip.spacing_ji]
    box = bounding_box(np.any([_both(labels) for labels in every], axis=0), margin) if every else None
    return (box[0], box[1]) if box else (slice(None), slice(None))


def _both(labels: np.ndarray) -> np.ndarray:
    return (labels == LA) | (labels == LV)


def _ring(colour: Colour) -> str:
    return f'<i style="background:{css_colour(colour)}"></i>'
