"""The tables of a report page: agreement and provenance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from ..metrics.metric_catalogue import CHAMBER_KEYS, IMAGE_KEYS, METRICS, PAPER
from .report_html import number_or_none, section


def metric_table(metrics: Mapping[str, Any]) -> str:
    """All figures of agreement with region, data range, and the paper's beside them."""
    agreement = metrics.get("agreement") or {}
    groups = (("Chambers against the reference", CHAMBER_KEYS), ("Synthetic against real CECT", IMAGE_KEYS))
    body = "".join(_metric_group(heading, keys, agreement) for heading, keys in groups)
    if not body:
        why = (metrics.get("reasons") or {}).get("agreement") or "nothing was given to compare with"
        return section("Agreement", f"Nothing was compared: {why}.")
    head = "".join(
        f'<th scope="col">{name}</th>'
        for name in ("Figure", "This patient", "Computed over", "Data range", "Paper")
    )
    return section(
        "Agreement",
        f"One patient here; the paper's column is mean ± SD of {PAPER}. Image figures depend on the grid, "
        "the mask and the data range, so compare them only where these are the same.",
        f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>',
        _coverage(agreement),
    )


def _metric_group(heading: str, keys: Sequence[str], agreement: Mapping[str, Any]) -> str:
    present = [key for key in keys if key in agreement]
    if not present:
        return ""
    reasons = agreement.get("reasons") or {}
    rows = [f'<tr class="group"><th colspan="5" scope="colgroup">{escape(heading)}</th></tr>']
    shared = (
        {reasons.get(key) for key in present} if all(agreement[key] is None for key in present) else set()
    )
    if len(shared) == 1:  # one reason for all: a table of empty rows would say no more
        return (
            rows[0] + f'<tr><td colspan="5">no value: {escape(str(shared.pop() or "not measured"))}</td></tr>'
        )
    for key in present:
        metric, number = METRICS[key], number_or_none(agreement[key])
        if number is not None:
            shown = f"{number:.{metric.decimals}f} {metric.unit}".strip()
        else:
            shown = f"no value<small>{escape(str(reasons.get(key) or 'not measured'))}</small>"
        data_range = f"{metric.data_range_hu:g} HU" if metric.data_range_hu else ""
        rows.append(
            f'<tr><th scope="row">{escape(metric.label)}<small>{escape(metric.meaning)}</small></th>'
            f'<td class="value">{shown}</td><td>{escape(metric.region)}</td><td>{data_range}</td>'
            f"<td>{escape(metric.paper)}</td></tr>"
        )
    return "".join(rows)


def _coverage(agreement: Mapping[str, Any]) -> str:
    parts = []
    inside = number_or_none(agreement.get("reference_in_heart_percent"))
    covered = number_or_none(agreement.get("cect_covers_heart_percent"))
    if inside is not None:
        parts.append(
            f"{inside:.1f} % of the reference chambers lie inside the heart mask (they count all the same)."
        )
    if covered is not None:
        parts.append(f"The real CECT covers {covered:.1f} % of the heart mask.")
    return f'<p class="lead" style="margin-top:12px">{" ".join(parts)}</p>' if parts else ""


def provenance_table(provenance: Mapping[str, Any]) -> str:
    """Software, model, settings and input, and the seconds of each stage."""
    facts = [(name, value) for name, value in _flattened(provenance) if not name.startswith("seconds ")]
    rows = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td>{_fact(value)}</td></tr>' for name, value in facts
    )
    seconds = provenance.get("seconds")
    if isinstance(seconds, Mapping) and seconds:
        rows += _seconds_rows(seconds)
    return section(
        "Where this came from",
        "What is needed to compute the same result again.",
        f'<div class="scroll"><table class="facts"><tbody>{rows}</tbody></table></div>',
    )


def _seconds_rows(seconds: Mapping[str, Any]) -> str:
    numbers = {str(name): value for name, value in seconds.items() if number_or_none(value) is not None}
    longest = max(numbers.values(), default=0.0) or 1.0
    return "".join(
        f'<tr><th scope="row">{escape(name.replace("_", " "))}</th><td>'
        f'<span class="bar" style="width:{max(1, round(160 * value / longest))}px"></span>'
        f"{value:.2f} s</td></tr>"
        for name, value in numbers.items()
    )


def _flattened(values: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    rows: list[tuple[str, Any]] = []
    for key, value in values.items():
        name = f"{prefix} {key}".strip().replace("_", " ")
        rows += _flattened(value, name) if isinstance(value, Mapping) else [(name, value)]
    return rows


def _fact(value: Any) -> str:
    text = ", ".join(str(part) for part in value) if isinstance(value, (list, tuple)) else str(value)
    is_hash = len(text) >= 32 and all(letter in "0123456789abcdefABCDEF" for letter in text)
    return f"<code>{escape(text)}</code>" if is_hash else escape(text)
