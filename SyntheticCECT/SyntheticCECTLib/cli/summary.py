"""What a command prints when it is done: a short table for people, or everything as JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ..core.metrics.metric_catalogue import METRICS
from ..core.version import RESEARCH_USE

CHAMBERS = {"la": "Left atrium", "lv": "Left ventricle"}
SHOWN = ("dice", "dice_la", "dice_lv", "dv_percent", "nmi", "psnr_db", "mae_hu")


def show(metrics: dict[str, Any], folder: Path | None, as_json: bool) -> None:
    """Print the result of one patient to standard output."""
    if as_json:
        print_json(metrics)
        return
    lines = volume_lines(metrics) + agreement_lines(metrics)
    lines += [f"Warning: {warning['message']}" for warning in metrics["warnings"]]
    if folder is not None:
        lines.append(f"{'Report':<26} {folder / 'report.html'}")
    print("\n".join([*lines, RESEARCH_USE]), flush=True)


def print_json(content: Any) -> None:
    """Print JSON without NaN, so that any reader takes it."""
    print(json.dumps(content, indent=2, allow_nan=False), flush=True)


def volume_lines(metrics: dict[str, Any]) -> list[str]:
    """Volumes with their unit, or "no value" and the reason."""
    lines = []
    for key, name in CHAMBERS.items():
        reason = metrics["reasons"].get(f"volumes_ml.{key}", "not measured")
        ends = metrics.get("volume_intervals_ml", {}).get(key)
        interval = f" (95 % interval {ends[0]:.0f} to {ends[1]:.0f} mL)" if ends else ""
        lines.append(line(name, metrics["volumes_ml"].get(key), "mL", 1, reason) + interval)
    lines.append(line("Heart", metrics["heart_volume_ml"], "mL", 0))
    lines.append(line("Threshold", metrics["threshold_hu"], "HU", 0))
    return lines


def agreement_lines(metrics: dict[str, Any]) -> list[str]:
    """The main figures of agreement; none where nothing was compared."""
    agreement = metrics.get("agreement")
    if agreement is None:
        return []
    return [
        line(
            METRICS[key].label,
            agreement[key],
            METRICS[key].unit,
            METRICS[key].decimals,
            agreement["reasons"].get(key, ""),
        )
        for key in SHOWN
        # What was not given needs no line; what failed does.
        if agreement[key] is not None or "given" not in agreement["reasons"].get(key, "")
    ]


def line(name: str, value: float | None, unit: str, decimals: int, reason: str = "") -> str:
    """One row: name, value, unit."""
    if value is None:
        return f"{name:<26} no value: {reason}"
    return f"{name:<26} {value:>8.{decimals}f} {unit}".rstrip()
