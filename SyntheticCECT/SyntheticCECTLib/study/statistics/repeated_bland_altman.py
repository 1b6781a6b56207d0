"""Limits of agreement of two methods that measured every case several times."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .bland_altman import Limits, limits_from
from .crossed_anova import within_mean_square
from .estimate import CONFIDENCE, Estimate, reason_instead, require
from .quantiles import t_quantile, t_two_sided_p
from .variance_interval import Part, sd_estimate, sum_interval


@reason_instead(Limits)
def limits_varying_truth(differences: Sequence[np.ndarray], confidence: float = CONFIDENCE) -> Limits:
    """Limits of agreement from pairs taken together, where the true value may change between pairs.

    One-way analysis of variance of the differences by case: variance of a difference = within + between,
    between = (MS_case - MS_within) / d, d = ((sum m)^2 - sum m^2) / ((n - 1) sum m).

    Args:
        differences: For each case its (m_i,) differences measured - reference.
        confidence: Coverage of the intervals.

    Returns:
        n is the number of cases; without value for fewer than 5, or where nothing was repeated.

    Source: Bland & Altman, J Biopharm Stat 17:571 (2007), section 3; intervals: `sum_interval` and MOVER.
    """
    n = len(differences)
    require(n, 5, "cases")
    counts = np.array([len(values) for values in differences], dtype=float)
    ms_within, df_within = within_mean_square(differences, needs=2)
    means, total = np.array([values.mean() for values in differences]), counts.sum()
    bias = float((counts * means).sum() / total)
    ms_case = float((counts * (means - bias) ** 2).sum() / (n - 1))
    divisor = (total**2 - (counts**2).sum()) / ((n - 1) * total)
    between = max(0.0, (ms_case - ms_within) / divisor)
    parts: list[Part] = [(1 / divisor, ms_case, n - 1), (1 - 1 / divisor, ms_within, df_within)]
    error = np.sqrt(between * (counts**2).sum() / total**2 + ms_within / total)
    return _limits(bias, error, between + ms_within, parts, n, confidence)


@reason_instead(Limits)
def limits_constant_truth(
    measured: Sequence[np.ndarray], reference: Sequence[np.ndarray], confidence: float = CONFIDENCE
) -> Limits:
    """Limits of agreement of single measurements, where the true value of a case does not change.

    Variance of a difference of single measurements = var(differences of case means)
    + (1 - mean 1/m_x) within_x + (1 - mean 1/m_y) within_y. The bias is the mean difference over all measurements of
    the first method, each from its own case's reference: with as many of the other, the difference of both means.

    Args:
        measured: For each case its (m_x,) measurements by one method or reader.
        reference: For the same cases the (m_y,) measurements by the other; a known truth is one value each.
        confidence: Coverage of the intervals.

    Returns:
        n is the number of cases; without value for fewer than 5.

    Source: Bland & Altman, J Biopharm Stat 17:571 (2007), section 2; intervals: `sum_interval` and MOVER.
    """
    n = len(measured)
    require(n, 5, "cases")
    between = np.array([x.mean() - y.mean() for x, y in zip(measured, reference, strict=True)])
    # Not the difference of the means of all: the cases that were repeated count more on one side than on the other.
    bias = float(np.average(between, weights=[len(x) for x in measured]))
    parts: list[Part] = [(1.0, float(between.var(ddof=1)), n - 1)]
    for cells in (measured, reference):
        left = float(np.mean([1 / len(cell) for cell in cells]))
        if left < 1:
            parts.append((1 - left, *within_mean_square(cells, needs=1)))
    error = float(between.std(ddof=1) / np.sqrt(n))
    return _limits(bias, error, sum(c * ms for c, ms, _ in parts), parts, n, confidence)


def _limits(
    bias: float, error: float, variance: float, parts: list[Part], n: int, confidence: float
) -> Limits:
    half = float(t_quantile(0.5 + confidence / 2, n - 1)) * error
    p = float(t_two_sided_p(bias / error, n - 1)) if error > 0 else None
    sd = sd_estimate(variance, sum_interval(parts, confidence), n)
    return limits_from(Estimate.within(bias, (bias - half, bias + half), n, p), sd, n)
