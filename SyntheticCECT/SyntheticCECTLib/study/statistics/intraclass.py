"""Intraclass correlations of reads: ICC(2,1) and ICC(3,1)."""

from __future__ import annotations

import numpy as np
from scipy import stats

from ...core.metrics import statistics as cohort
from ...core.metrics.no_value import NoValue
from .crossed_anova import crossed_anova
from .estimate import CONFIDENCE, Estimate, reason_instead, require
from .quantiles import f_quantile


@reason_instead(Estimate)
def icc_2_1(ratings: np.ndarray, confidence: float = CONFIDENCE) -> Estimate:
    """ICC(2,1), two-way random effects, absolute agreement, single read; McGraw & Wong's ICC(A,1).

    Args:
        ratings: (cases, readers), complete.
        confidence: Coverage of the interval.

    Returns:
        n is the number of cases; without value for fewer than 5 of them, or one reader.

    Source: Shrout & Fleiss, Psychol Bull 86:420 (1979); interval: McGraw & Wong, Psychol Methods 1:30 (1996);
    computed by `core.metrics.statistics.icc_2_1`.
    """
    _check(ratings)
    found = cohort.icc_2_1(ratings, confidence)
    return Estimate.within(found.icc, found.icc_ci, found.targets)


@reason_instead(Estimate)
def icc_3_1(ratings: np.ndarray, confidence: float = CONFIDENCE) -> Estimate:
    """ICC(3,1) = (MS_case - MS_rest) / (MS_case + (k - 1) MS_rest), consistency, single read; ICC(C,1).

    The readers' biases do not count, as in Pearson's correlation, of which it is the version for several
    readers of equal variance. The interval, from F = MS_case / MS_rest, is exact for normal errors.

    Args:
        ratings: (cases, readers), complete.
        confidence: Coverage of the interval.

    Returns:
        n is the number of cases, p against no correlation; without value for fewer than 5 cases, or one reader.

    Source: Shrout & Fleiss, Psychol Bull 86:420 (1979), equation 3 and the interval after it.
    """
    _check(ratings)
    anova = crossed_anova(ratings)
    n, k = anova.cases, anova.readers
    if anova.ms_rest <= 1e-12 * anova.ms_case:  # readers differ by a constant at most
        return Estimate.within(1.0, (1.0, 1.0), n, 0.0)
    ratio, tail = anova.ms_case / anova.ms_rest, (1 - confidence) / 2
    low = ratio / f_quantile(1 - tail, anova.df_case, anova.df_rest)
    high = ratio * f_quantile(1 - tail, anova.df_rest, anova.df_case)

    def icc(f: float) -> float:
        return float((f - 1) / (f + k - 1))

    p = float(stats.f.sf(ratio, anova.df_case, anova.df_rest))
    return Estimate.within(icc(ratio), (icc(low), icc(high)), n, p)


def _check(ratings: np.ndarray) -> None:
    require(ratings.shape[1], 2, "readers")
    require(ratings.shape[0], 5, "cases read by every reader")
    if np.ptp(ratings) == 0:
        raise NoValue("all reads are equal")
