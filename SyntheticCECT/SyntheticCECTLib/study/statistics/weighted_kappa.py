"""Weighted kappa: agreement of two readers' ordinal ratings beyond chance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from scipy import stats

from ...core.metrics.no_value import NoValue
from .estimate import CONFIDENCE, Estimate, reason_instead, require

Weights = Literal["linear", "quadratic"]


@reason_instead(Estimate)
def weighted_kappa(
    first: Sequence[int],
    second: Sequence[int],
    categories: Sequence[int] | None = None,
    weights: Weights | np.ndarray = "quadratic",
    confidence: float = CONFIDENCE,
) -> Estimate:
    """Cohen's weighted kappa with its large-sample interval.

    Args:
        first: Ratings of N cases.
        second: Ratings of the same cases.
        categories: The scale, in order; otherwise every whole number from the lowest to the highest rating given.
        weights: ``linear`` or ``quadratic`` in the distance on the scale, or a matrix of disagreement weights, zero
            on its diagonal.
        confidence: Coverage of the interval.

    Returns:
        n is the number of cases; without value for fewer than 5, or where chance alone would agree perfectly.

    Source: Cohen, Psychol Bull 70:213 (1968); standard error: Fleiss, Cohen & Everitt, Psychol Bull 72:323 (1969).
    """
    require(len(first), 5, "ratings")
    scale = list(categories or range(min(*first, *second), max(*first, *second) + 1))
    table = np.zeros((len(scale), len(scale)))
    for a, b in zip(first, second, strict=True):
        table[scale.index(a), scale.index(b)] += 1
    return kappa_of_table(table, weights, confidence)


def kappa_of_table(
    counts: np.ndarray, weights: Weights | np.ndarray = "quadratic", confidence: float = CONFIDENCE
) -> Estimate:
    """The same from a square table of counts, rows the first reader's ratings.

    Raises:
        NoValue: Both readers gave one and the same rating throughout.
    """
    n = float(counts.sum())
    observed = counts / n
    rows, columns = observed.sum(axis=1), observed.sum(axis=0)
    chance = np.outer(rows, columns)
    agreement = _agreement(weights, len(counts))
    expected = float((agreement * chance).sum())
    if expected >= 1:
        raise NoValue("both readers gave the same rating throughout, so chance alone agrees perfectly")
    kappa = (float((agreement * observed).sum()) - expected) / (1 - expected)
    # Fleiss, Cohen & Everitt, equation 9: the mean weights of each row and column against the other reader.
    means = (agreement @ columns)[:, None] + (rows @ agreement)[None, :]
    spread = float((observed * (agreement - means * (1 - kappa)) ** 2).sum())
    variance = (spread - (kappa - expected * (1 - kappa)) ** 2) / (n * (1 - expected) ** 2)
    half = float(stats.norm.ppf(0.5 + confidence / 2)) * float(np.sqrt(max(variance, 0.0)))
    return Estimate.within(kappa, (max(-1.0, kappa - half), min(1.0, kappa + half)), round(n))


def _agreement(weights: Weights | np.ndarray, size: int) -> np.ndarray:
    if isinstance(weights, str):
        steps = np.abs(np.subtract.outer(np.arange(size), np.arange(size))).astype(float)
        disagreement = steps if weights == "linear" else steps**2
    else:
        disagreement = np.asarray(weights, dtype=float)
    return 1 - disagreement / max(float(disagreement.max()), 1.0)
