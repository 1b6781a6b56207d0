"""The paper's numbers over a test set: means and spreads, correlation, limits of agreement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from SyntheticCECTLib.core.metrics.metric_catalogue import METRICS
from SyntheticCECTLib.core.metrics.statistics import bland_altman, icc_2_1, pearson

from .cohort_results import SIDES, PatientResult, has_both

SIDE_NAMES = {"la": "LA", "lv": "LV", "union": "LA + LV"}


@dataclass(frozen=True)
class Spread:
    """Mean, sample SD (None for one value), median, smallest, largest, number of values."""

    mean: float
    sd: float | None
    median: float
    least: float
    most: float
    n: int


def spread(values: Sequence[float | None]) -> Spread | None:
    """The spread of the values that exist; None where there are none."""
    known = np.array([value for value in values if value is not None], float)
    if not known.size:
        return None
    sd = float(known.std(ddof=1)) if known.size > 1 else None
    return Spread(
        float(known.mean()), sd, float(np.median(known)), float(known.min()), float(known.max()), known.size
    )


def cohort_statistics(results: Sequence[PatientResult]) -> dict[str, Any]:
    """Everything for statistics.json in plain types.

    ``metrics``: spread over patients of each figure. ``paper_slices``: spread of Dice over all slices that hold both
    chambers, pooled over patients as the paper's 78 are. ``volumes``: for ``la``, ``lv``, ``union`` Pearson,
    Bland-Altman and ICC(2,1), or the reason why there is none.
    """
    slices = [part for one in results for part in one.agreement["slices"]]
    return {
        "patients": len(results),
        "models": sorted({one.model for one in results}),
        "metrics": {key: _plain(spread([one.agreement.get(key) for one in results])) for key in METRICS},
        "paper_slices": _plain(spread([part["dice"] for part in slices if has_both(part)])),
        "all_slices": _plain(spread([part.get("dice") for part in slices])),
        "volumes": {side: _volumes(results, side) for side in SIDES},
    }


def _volumes(results: Sequence[PatientResult], side: str) -> dict[str, Any]:
    pairs = [pair for one in results if (pair := one.volumes_ml(side)) is not None]
    predicted, reference = np.array(pairs, float).reshape(-1, 2).T
    found: dict[str, Any] = {"n": len(pairs), "reasons": {}}
    for name, compute in (
        ("pearson", lambda: pearson(predicted, reference)),
        ("bland_altman", lambda: bland_altman(predicted, reference)),
        ("icc", lambda: icc_2_1(np.stack([predicted, reference], 1))),
    ):
        try:
            found[name] = asdict(compute())
        except ValueError as why:
            found[name] = None
            found["reasons"][name] = str(why)
    return found


def _plain(found: Spread | None) -> dict[str, Any] | None:
    return None if found is None else asdict(found)
