"""Small pieces of a report page as HTML. Every text from outside goes through `escape`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from typing import Any

from ..version import RESEARCH_USE
from .report_figures import Shot

CHAMBER_LEGEND = (
    '<span><i style="background:var(--la)"></i>left atrium</span>'
    '<span><i style="background:var(--lv)"></i>left ventricle</span>'
)


def research_use(small: bool = False) -> str:
    """The research-use statement as a band; small for repeating it near pictures."""
    return f'<p class="research{" small" if small else ""}" role="note">{escape(RESEARCH_USE)}</p>'


def section(heading: str, lead: str, *body: str) -> str:
    """A card with a heading and one explaining sentence; both are plain text."""
    return f'<section><h2>{escape(heading)}</h2><p class="lead">{escape(lead)}</p>{"".join(body)}</section>'


def shot_grid(heads: Sequence[tuple[str, str]], rows: Sequence[Sequence[Shot]]) -> str:
    """Three or four columns of pictures; a head is what the column shows and, small, its window."""
    columns = "four" if len(heads) == 4 else "three"
    head = "".join(
        f'<div class="head">{escape(name)}<small>{escape(below)}</small></div>' for name, below in heads
    )
    body = "".join(
        f'<div class="shots {columns}">{"".join(figure(shot) for shot in row)}</div>' for row in rows
    )
    return f'<div class="shots {columns}">{head}</div>{body}'


def figure(shot: Shot) -> str:
    """One picture with its alternative text and caption."""
    caption = f"<figcaption>{escape(shot.caption)}</figcaption>" if shot.caption else ""
    width, height = shot.size
    image = f'<img src="{shot.uri}" width="{width}" height="{height}" alt="{escape(shot.alt)}">'
    return f"<figure>{image}{caption}</figure>"


def number_or_none(value: Any) -> float | None:
    """A value from metrics.json as a number that can be printed, or ``None``."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return None
    return float(value)
