"""Is a method not worse than another by more than a margin?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from ...core.errors import InputRefused
from .estimate import Estimate, reason_instead, require
from .quantiles import t_quantile

SIGNIFICANCE = 0.025


@dataclass(frozen=True)
class NonInferiority:
    """Result of the test.

    Attributes:
        difference: Mean of new - old with a two-sided interval of 1 - 2 significance; p is one-sided.
        margin: The largest loss that would be accepted, in the unit of the measure.
        higher_is_better: Whether a larger value is the better one (Dice) or the worse one (dV%, seconds).
        non_inferior: The verdict; ``None`` where the reads do not support one.
    """

    difference: Estimate
    margin: float
    higher_is_better: bool
    non_inferior: bool | None


def non_inferiority(
    new: np.ndarray,
    old: np.ndarray,
    margin: float,
    higher_is_better: bool = True,
    significance: float = SIGNIFICANCE,
) -> NonInferiority:
    """Paired t test of "new is worse than old by the margin or more".

    Non-inferior when the interval of new - old lies above -margin (below +margin where lower is better).

    Args:
        new: (N,) one value per case.
        old: (N,) the same cases.
        margin: Positive, fixed before the study.
        higher_is_better: See `NonInferiority`.
        significance: One-sided; 0.025 gives the usual two-sided 95 % interval.

    Raises:
        InputRefused: ``bad_margin``.

    Source: ICH E9 (1998), section 3.3.2; Piaggio et al. (CONSORT), JAMA 308:2594 (2012).
    """
    if not margin > 0 or not np.isfinite(margin):
        raise InputRefused(
            "bad_margin", f"The margin is {margin}.", "Give a positive one in the unit of the measure."
        )
    difference = _difference(
        np.asarray(new, float) - np.asarray(old, float), margin, higher_is_better, significance
    )
    verdict = None if difference.p is None else difference.p < significance
    return NonInferiority(difference, margin, higher_is_better, verdict)


@reason_instead(Estimate)
def _difference(values: np.ndarray, margin: float, higher_is_better: bool, significance: float) -> Estimate:
    n = values.size
    require(n, 5, "cases")
    mean, error = float(values.mean()), float(values.std(ddof=1) / np.sqrt(n))
    gain = mean if higher_is_better else -mean
    if error == 0:
        return Estimate.within(mean, (mean, mean), n, 0.0 if gain > -margin else 1.0)
    half = float(t_quantile(1 - significance, n - 1)) * error
    return Estimate.within(
        mean, (mean - half, mean + half), n, float(stats.t.sf((gain + margin) / error, n - 1))
    )
