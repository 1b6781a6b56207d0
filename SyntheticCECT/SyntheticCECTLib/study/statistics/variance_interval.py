"""Confidence intervals of variances that are made of several mean squares."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .estimate import CONFIDENCE, Estimate, Interval
from .quantiles import chi2_quantile, f_quantile

Part = tuple[float, float, float]
"""Coefficient (0 or more), mean square, degrees of freedom."""


def variance_interval(mean_square: float, df: float, confidence: float = CONFIDENCE) -> Interval:
    """Interval of the variance that ``mean_square`` estimates: df MS / chi2, exact for normal errors."""
    tail = (1 - confidence) / 2
    return (
        float(df * mean_square / chi2_quantile(1 - tail, df)),
        float(df * mean_square / chi2_quantile(tail, df)),
    )


def sum_interval(parts: Sequence[Part], confidence: float = CONFIDENCE) -> Interval:
    """Interval of sum(c_i E[MS_i]) with c_i >= 0 and independent mean squares.

    Modified large-sample method: exact for a single mean square, and close to nominal for any mixture of
    degrees of freedom, where Satterthwaite's approximation fails for few readers.

    Source: Graybill & Wang, J Am Stat Assoc 75:869 (1980).
    """
    total = sum(c * ms for c, ms, _ in parts)
    below = above = 0.0
    for c, ms, df in parts:
        low, high = variance_interval(ms, df, confidence)
        below += (c * (ms - low)) ** 2
        above += (c * (high - ms)) ** 2
    return max(0.0, total - float(np.sqrt(below))), total + float(np.sqrt(above))


def difference_interval(plus: Part, minus: Part, confidence: float = CONFIDENCE) -> Interval:
    """Interval of c1 E[MS1] - c2 E[MS2], cut at zero: a variance component cannot be negative.

    Source: Ting, Burdick, Graybill, Jeyaratnam & Lu, J Stat Comput Simul 35:135 (1990), theorem 2.1.
    """
    (c1, ms1, df1), (c2, ms2, df2) = plus, minus
    tail = (1 - confidence) / 2
    a, b = c1 * ms1, c2 * ms2

    def g(df: float) -> float:
        return 1 - df / float(chi2_quantile(1 - tail, df))

    def h(df: float) -> float:
        return df / float(chi2_quantile(tail, df)) - 1

    f_up, f_low = float(f_quantile(1 - tail, df1, df2)), float(f_quantile(tail, df1, df2))
    g12 = ((f_up - 1) ** 2 - (g(df1) * f_up) ** 2 - h(df2) ** 2) / f_up
    h12 = ((1 - f_low) ** 2 - (h(df1) * f_low) ** 2 - g(df2) ** 2) / f_low
    below = (g(df1) * a) ** 2 + (h(df2) * b) ** 2 + g12 * a * b
    above = (h(df1) * a) ** 2 + (g(df2) * b) ** 2 + h12 * a * b
    low, high = a - b - np.sqrt(max(below, 0.0)), a - b + np.sqrt(max(above, 0.0))
    return max(0.0, float(low)), max(0.0, float(high))


def satterthwaite_df(parts: Sequence[Part]) -> float:
    """Degrees of freedom of sum(c_i MS_i), coefficients of either sign.

    Source: Satterthwaite, Biometrics Bull 2:110 (1946).
    """
    total = sum(c * ms for c, ms, _ in parts)
    return float(total**2 / sum((c * ms) ** 2 / df for c, ms, df in parts))


def sd_estimate(variance: float, interval: Interval, n: int) -> Estimate:
    """Square roots of a variance and its interval; a negative variance component counts as zero."""
    low, high = (float(np.sqrt(max(end, 0.0))) for end in interval)
    return Estimate.within(float(np.sqrt(max(variance, 0.0))), (low, high), n)
