"""Pearson's correlation with its p value and interval."""

from __future__ import annotations

import numpy as np

from ...core.metrics.no_value import NoValue
from ...core.metrics.statistics import pearson
from .estimate import CONFIDENCE, Estimate, reason_instead, require


@reason_instead(Estimate)
def correlation(x: np.ndarray, y: np.ndarray, confidence: float = CONFIDENCE) -> Estimate:
    """Pearson's rho of paired values, p against no correlation (t), interval by Fisher's z.

    Args:
        x: (N,) values.
        y: (N,) values of the same cases.
        confidence: Coverage of the interval.

    Returns:
        n is the number of pairs; without value for fewer than 5, or where one side does not vary.

    Source: Fisher, Metron 1:3 (1921); computed by `core.metrics.statistics.pearson`.
    """
    require(len(x), 5)
    if np.ptp(x) == 0 or np.ptp(y) == 0:
        raise NoValue("all values of one side are equal, so there is no correlation")
    found = pearson(x, y, confidence)
    return Estimate.within(found.rho, found.rho_ci, found.n, found.p)
