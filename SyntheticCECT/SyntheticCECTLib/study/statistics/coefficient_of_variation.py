"""Coefficient of variation: a standard deviation in percent of the mean."""

from __future__ import annotations

import numpy as np

from ...core.metrics.no_value import NoValue
from .crossed_anova import crossed_anova
from .estimate import CONFIDENCE, Estimate, reason_instead, require
from .quantiles import t_quantile
from .read_table import ReadTable
from .reader_limits import mean_of


@reason_instead(Estimate)
def coefficient_of_variation(sd: Estimate, table: ReadTable, confidence: float = CONFIDENCE) -> Estimate:
    """100 sd / mean, the mean being that of the population of cases and readers.

    The interval carries the uncertainty of both: those of log sd and log mean are combined (MOVER for a
    difference), which a mean of few cases makes noticeably wider than that of the sd alone.

    Args:
        sd: Standard deviation with interval, in the unit of the table.
        table: The reads that the mean is taken from.
        confidence: Coverage of the interval.

    Returns:
        Without value where the mean is not clearly positive.

    Source: Zou & Donner, Stat Med 27:1693 (2008), ratio by way of logarithms.
    """
    if sd.value is None or sd.low is None or sd.high is None:
        raise NoValue(sd.reason)
    mean = _mean(table.cell_means(), confidence)
    assert mean.value is not None and mean.low is not None and mean.high is not None
    if mean.low <= 0:
        raise NoValue(f"the mean, {mean.value:.3g}, is not clearly positive")
    if sd.value == 0:
        raise NoValue("the standard deviation is zero")
    centre = np.log(sd.value / mean.value)
    low = 0.0
    if sd.low > 0:
        low = float(np.exp(centre - np.hypot(np.log(sd.value / sd.low), np.log(mean.high / mean.value))))
    high = np.exp(centre + np.hypot(np.log(sd.high / sd.value), np.log(mean.value / mean.low)))
    return Estimate.within(np.exp(centre), (low, float(high)), sd.n).scaled(100.0)


def _mean(means: np.ndarray, confidence: float) -> Estimate:
    if means.shape[1] > 1:
        return mean_of(crossed_anova(means), confidence)
    n = len(means)
    require(n, 5, "cases")
    mean = float(means.mean())
    half = t_quantile(0.5 + confidence / 2, n - 1) * float(means.std(ddof=1) / np.sqrt(n))
    return Estimate.within(mean, (mean - half, mean + half), n)
