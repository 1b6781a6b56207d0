"""What evaluations write on a model's card: mean and spread of each figure, and what they are of."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from SyntheticCECTLib.core.metrics.statistics import pearson
from SyntheticCECTLib.core.networks.model_package import CARD_NAME

from .package import rewrite_card
from .paper_report.cohort_statistics import Spread, spread

COLUMNS = {
    "dice": "Dice LA+LV per slice", "dice_both_chambers": "same, slices with both",
    "dice_volume": "Dice LA+LV, whole volume", "dice_la": "Dice LA", "dice_lv": "Dice LV", "dv_percent": "dV %",
    "heart_dice": "Dice heart mask", "registration_mm": "registration error, mm", "nmi": "NMI",
    "psnr_db": "PSNR (4096 HU), dB", "mae_hu": "MAE, HU",
}  # fmt: skip


def mean_and_spread(rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Each figure of `COLUMNS` over the patients that have it, for people: mean +- sample standard deviation."""
    found = {}
    for key, name in COLUMNS.items():
        if over := spread([row.get(key) for row in rows]):
            found[name] = f"{over.mean:.3f}{_deviation(over)} (n = {over.n})"
    return found


def _deviation(over: Spread) -> str:
    return "" if over.sd is None else f" +- {over.sd:.3f}"


def of_volumes(rows: Sequence[Mapping[str, Any]], reference: str = "true") -> dict[str, str]:
    """Correlation and bias of LA + LV over patients, and how many intervals hold the reference volume, for people.

    Args:
        rows: Of each patient ``volumes_ml``, empty or with None where not measured; ``true_ml`` of the same chambers; and
            ``intervals_ml``, the lower and upper end for each chamber that has them. Where all know ``wall_mm``, the error is
            compared with it: a model that has seen too few rare hearts takes every wall for a usual one.
        reference: What volumes are compared with, one word.
    """
    found: dict[str, str] = {}
    measured = [row for row in rows if row["volumes_ml"] and None not in row["volumes_ml"].values()]
    volumes, truth = (
        np.array([sum(row[side].values()) for row in measured]) for side in ("volumes_ml", "true_ml")
    )
    if len(measured) >= 4:
        agreement = pearson(volumes, truth)
        found["Pearson's rho of LA+LV"] = f"{agreement.rho:.3f} (p {agreement.p:.1g}, n = {len(measured)})"
        error = volumes / truth - 1
        found["bias of LA+LV, median"] = f"{100 * np.median(error):+.1f} %"
        walls = [row.get("wall_mm") for row in measured]
        if None not in walls:
            found["rho of that error with the wall"] = f"{pearson(error, np.array(walls)).rho:+.2f}"
    held = [
        low <= row["true_ml"][key] <= high for row in rows for key, (low, high) in row["intervals_ml"].items()
    ]
    if held:
        found[f"95 % intervals that hold the {reference} volume"] = f"{sum(held)} of {len(held)}"
    return found


def write_on_card(package: Path, heading: str, on: str, figures: Mapping[str, str]) -> None:
    """Writes results on a model's card; those that an earlier evaluation left under the heading are replaced.

    Args:
        package: Folder of the model that was evaluated.
        heading: What was done, such as ``whole path``.
        on: Whom it was done to, and how many.
        figures: Names and values, for people.
    """
    card = json.loads((package / CARD_NAME).read_text(encoding="utf-8"))
    card.setdefault("results", {})[heading] = {"on": on, **figures}
    rewrite_card(package, card)
