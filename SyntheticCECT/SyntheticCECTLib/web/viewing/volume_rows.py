"""Volumes as the panel shows them: mL, or the reason why there is no value, and the interval where there is one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...core.formats.segment_header import CHAMBERS
from ...core.pipeline import Synthesis

NO_VALUE = "no value"


def volume_rows(
    synthesis: Synthesis, volumes: Mapping[str, Mapping[str, Any]], threshold_hu: float
) -> list[dict[str, str]]:
    """One row for each chamber.

    Args:
        synthesis: Whose calibrated factors give the 95 % interval, at its own threshold only.
        volumes: ``{"la": {"ml", "reason"}, "lv": ...}``.
        threshold_hu: That they were measured at.

    Returns:
        Rows with ``key``, ``name``, ``ml``, ``interval``, ``reason``, ``color``, all text.
    """
    calibrated = synthesis.volume_factors if threshold_hu == synthesis.default_threshold_hu else {}
    rows = []
    for chamber in CHAMBERS:
        ml, reason = volumes[chamber.key]["ml"], volumes[chamber.key]["reason"]
        interval = ""
        if ml is not None and chamber.key in calibrated:
            low, high = (float(ml) * factor for factor in calibrated[chamber.key])
            interval = f"95 %: {low:.0f} to {high:.0f} mL"
        rows.append(
            {
                "key": chamber.key,
                "name": chamber.name.capitalize(),
                "ml": NO_VALUE if ml is None else f"{ml:.1f} mL",
                "interval": interval,
                "reason": str(reason or ""),
                "color": "rgb({:.0f} {:.0f} {:.0f})".format(*(255 * part for part in chamber.color)),
            }
        )
    return rows
