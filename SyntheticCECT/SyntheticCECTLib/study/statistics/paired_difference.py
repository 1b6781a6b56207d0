"""Two methods on the same cases: mean paired difference with bootstrap interval, and Wilcoxon's test."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

from ...core.metrics.no_value import NoValue
from .estimate import CONFIDENCE, Estimate, EstimateGroup, Interval, reason_instead, require

RESAMPLES = 4000


@dataclass(frozen=True)
class PairedDifference(EstimateGroup):
    """First minus second, over cases.

    Attributes:
        mean: Mean difference with bootstrap interval.
        wilcoxon: Median of the pairwise averages of the differences (Hodges-Lehmann) with p of the signed-rank test.
    """

    mean: Estimate
    wilcoxon: Estimate


@reason_instead(PairedDifference)
def paired_difference(
    first: np.ndarray,
    second: np.ndarray,
    seed: int = 0,
    confidence: float = CONFIDENCE,
    resamples: int = RESAMPLES,
) -> PairedDifference:
    """Compares two methods case by case.

    Args:
        first: (N,) one value per case, such as the network's Dice.
        second: (N,) the same cases, such as the readers' mean Dice.
        seed: Of the bootstrap; the same seed gives the same interval.
        confidence: Coverage of the interval.
        resamples: Bootstrap resamples of cases.

    Returns:
        n is the number of cases; without value for fewer than 5.

    Source: BCa bootstrap: Efron, J Am Stat Assoc 82:171 (1987); test: Wilcoxon, Biometrics Bull 1:80 (1945).
    """
    difference = np.asarray(first, dtype=float) - np.asarray(second, dtype=float)
    require(difference.size, 5, "cases")
    interval = bca_interval_of_mean(difference, np.random.default_rng(seed), confidence, resamples)
    return PairedDifference(
        mean=Estimate.within(difference.mean(), interval, difference.size),
        wilcoxon=_wilcoxon(difference),
    )


def bca_interval_of_mean(
    values: np.ndarray, random: np.random.Generator, confidence: float, resamples: int
) -> Interval:
    """Bias-corrected and accelerated bootstrap interval of the mean of ``values`` (N,)."""
    n, mean = values.size, values.mean()
    if np.ptp(values) == 0:
        return float(mean), float(mean)
    drawn = values[random.integers(0, n, size=(resamples, n))].mean(axis=1)
    below = (np.count_nonzero(drawn < mean) + 0.5 * np.count_nonzero(drawn == mean)) / resamples
    shift = stats.norm.ppf(np.clip(below, 0.5 / resamples, 1 - 0.5 / resamples))
    # The jackknife of a mean: leaving one out moves it by (mean - value) / (n - 1).
    moved = values - mean
    acceleration = (moved**3).sum() / (6 * (moved**2).sum() ** 1.5)
    z = shift + stats.norm.ppf([(1 - confidence) / 2, (1 + confidence) / 2])
    low, high = np.quantile(drawn, stats.norm.cdf(shift + z / (1 - acceleration * z)))
    return float(low), float(high)


@reason_instead(Estimate)
def _wilcoxon(difference: np.ndarray) -> Estimate:
    if not np.any(difference):
        raise NoValue("all differences are zero")
    i, j = np.triu_indices(difference.size)
    walsh = (difference[i] + difference[j]) / 2
    found: Any = stats.wilcoxon(difference)
    return Estimate(float(np.median(walsh)), p=float(found.pvalue), n=difference.size)
