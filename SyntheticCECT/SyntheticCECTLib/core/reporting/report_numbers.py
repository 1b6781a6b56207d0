"""The numbers of a report page: volumes in large figures, notices, charts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from ..errors import Notice
from .charts import Chart, Line
from .report_html import number_or_none

ThresholdCurve = Sequence[tuple[float, float | None, float | None]]

CHAMBER_NAMES = {"la": "Left atrium", "lv": "Left ventricle"}


def volume_tiles(metrics: Mapping[str, Any]) -> str:
    """LA and LV in large figures, or "no value" and why; then threshold, heart volume, Dice, dV%."""
    tiles = [_chamber_tile(key, metrics) for key in CHAMBER_NAMES]
    agreement = metrics.get("agreement") or {}
    for name, value, digits, unit, below in (
        ("Threshold", metrics.get("threshold_hu"), 0, "HU", "chambers are at or above it"),
        ("Heart", metrics.get("heart_volume_ml"), 0, "mL", "everything inside the heart mask"),
        ("Dice", agreement.get("dice"), 3, "", "against the reference, mean of axial slices, LA + LV"),
        ("Volume error dV%", agreement.get("dv_percent"), 1, "%", "against the reference, LA + LV"),
    ):
        number = number_or_none(value)
        if number is not None:
            tiles.append(_tile("", name, f"{number:.{digits}f}", unit, below))
    return f'<div class="tiles">{"".join(tiles)}</div>'


def _chamber_tile(key: str, metrics: Mapping[str, Any]) -> str:
    entry = (metrics.get("volumes_ml") or {}).get(key)
    value, reason = (entry.get("ml"), entry.get("reason")) if isinstance(entry, Mapping) else (entry, None)
    number = number_or_none(value)
    if number is None:
        reasons = metrics.get("reasons") or {}
        reason = reason or reasons.get(key) or reasons.get(f"volumes_ml.{key}") or "not measured"
        return _tile(key, CHAMBER_NAMES[key], "", "", str(reason))
    ends = (metrics.get("volume_intervals_ml") or {}).get(key)
    below = f"95 % interval {ends[0]:.0f} to {ends[1]:.0f} mL" if ends else "from the synthetic CECT"
    return _tile(key, CHAMBER_NAMES[key], f"{number:.1f}", "mL", below)


def _tile(kind: str, name: str, number: str, unit: str, below: str) -> str:
    shown = f'<div class="number">{number}<small>{unit}</small></div>' if number else (
        '<div class="number none">no value</div>'
    )  # fmt: skip
    return (
        f'<div class="tile {kind}"><div class="name">{escape(name)}</div>{shown}'
        f'<div class="below">{escape(below)}</div></div>'
    )


def notice_list(notices: Sequence[Notice]) -> str:
    """What the reader should know before trusting a number; nothing when there is nothing."""
    if not notices:
        return ""
    items = "".join(f"<li><code>{escape(n.code)}</code>{escape(n.message)}</li>" for n in notices)
    return f'<section><h2>Please note</h2><ul class="notices">{items}</ul></section>'


def charts(curve: ThresholdCurve, metrics: Mapping[str, Any]) -> str:
    """Volume against threshold, and Dice of each slice where there is a reference."""
    threshold = number_or_none(metrics.get("threshold_hu"))
    volumes = Chart(
        title="Volumes of left atrium and left ventricle against the threshold",
        x_label="threshold on the synthetic CECT (HU)",
        y_label="volume (mL)",
        lines=(
            Line("left atrium", "var(--la)", [(t, la) for t, la, _ in curve]),
            Line("left ventricle", "var(--lv)", [(t, lv) for t, _, lv in curve]),
        ),
        marked_x=threshold,
        marked_text="" if threshold is None else f"used: {threshold:.0f} HU",
    ).svg()
    agreement = metrics.get("agreement") or {}
    mean = number_or_none(agreement.get("dice"))
    dices = Chart(
        title="Dice of left atrium and ventricle together on each axial slice",
        x_label="z of the slice (mm, feet to head)",
        y_label="Dice LA + LV",
        lines=(Line("Dice", "var(--both)", _dice_points(agreement), dots=True),),
        y_range=(0.0, 1.0),
        level_y=mean,
        level_text="" if mean is None else f"mean {mean:.3f}",
    ).svg()
    parts = [
        f"<div><h2>{heading}</h2>{svg}</div>"
        for heading, svg in (("Volume against threshold", volumes), ("Dice of each axial slice", dices))
        if svg
    ]
    return f'<section><div class="charts">{"".join(parts)}</div></section>' if parts else ""


def _dice_points(agreement: Mapping[str, Any]) -> list[tuple[float, float | None]]:
    entries = sorted(agreement.get("dice_per_slice") or (), key=lambda entry: entry["z_mm"])
    return [(entry["z_mm"], number_or_none(entry["dice"])) for entry in entries]
