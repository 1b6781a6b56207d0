"""How many cases a study needs for an interval of a wanted width."""

from __future__ import annotations

import math

import numpy as np
from scipy import stats

from ...core.errors import InputRefused
from .bland_altman import Z
from .estimate import CONFIDENCE
from .quantiles import t_quantile

MOST_CASES = 1_000_000


def cases_for_limits(half_width: float, sd: float, confidence: float = CONFIDENCE) -> int:
    """Cases for which the interval of a Bland-Altman limit reaches at most ``half_width`` to each side.

    The smallest n with t(n - 1) sd sqrt(1/n + 1.96^2 / (2 (n - 1))) <= half_width.

    Args:
        half_width: Wanted, in the unit of the measure.
        sd: Expected standard deviation of the differences, same unit.
        confidence: Coverage of the interval.

    Raises:
        InputRefused: ``bad_width``.

    Source: Bland & Altman, Stat Methods Med Res 8:135 (1999), section 2; their approximation of the standard
    error, sd sqrt(3/n), gives about the same n.
    """
    _positive("half width", half_width)
    _positive("standard deviation", sd)
    low, high = 2, MOST_CASES
    if _half_width(high, sd, confidence) > half_width:
        raise _refused(half_width)
    while low < high:  # the half width falls as n grows
        middle = (low + high) // 2
        low, high = (low, middle) if _half_width(middle, sd, confidence) <= half_width else (middle + 1, high)
    return low


def cases_for_icc(icc: float, readers: int, width: float, confidence: float = CONFIDENCE) -> int:
    """Cases for which the interval of an intraclass correlation is about ``width`` wide, end to end.

    n = 8 z^2 (1 - icc)^2 (1 + (k - 1) icc)^2 / (k (k - 1) width^2) + 1, plus 5 icc for two readers and icc >= 0.7.

    Args:
        icc: Expected, 0 to below 1.
        readers: k, 2 or more.
        width: Wanted, 0 to 1.
        confidence: Coverage of the interval.

    Raises:
        InputRefused: ``bad_width``, ``bad_icc`` or ``too_few_readers``.

    Source: Bonett, Stat Med 21:1331 (2002), equation 3 and the correction after it.
    """
    _positive("width", width)
    if not 0 <= icc < 1:
        raise InputRefused("bad_icc", f"The expected ICC is {icc}.", "Give one from 0 to below 1.")
    if readers < 2:
        raise InputRefused(
            "too_few_readers", f"{readers} reader.", "An ICC between readers needs two or more."
        )
    z, k = float(stats.norm.ppf(0.5 + confidence / 2)), readers
    n = 8 * z**2 * (1 - icc) ** 2 * (1 + (k - 1) * icc) ** 2 / (k * (k - 1) * width**2) + 1
    if k == 2 and icc >= 0.7:
        n += 5 * icc
    return max(3, math.ceil(n - 1e-9))


def repeats_for_within_sd(relative_width: float, confidence: float = CONFIDENCE) -> int:
    """Repeated reads, over all readers, for which the within-reader SD is known to +- ``relative_width``.

    z / sqrt(2 r) = relative_width, r reads that repeat an earlier one (degrees of freedom).

    Source: Bland & Altman, BMJ 313:744 (1996); Bland, "How can I decide the sample size for a repeatability
    study?": 10 % needs 192.

    Raises:
        InputRefused: ``bad_width``.
    """
    _positive("relative width", relative_width)
    z = float(stats.norm.ppf(0.5 + confidence / 2))
    return math.ceil((z / relative_width) ** 2 / 2)


def _half_width(n: int, sd: float, confidence: float) -> float:
    t = float(t_quantile(0.5 + confidence / 2, n - 1))
    return t * sd * float(np.sqrt(1 / n + Z**2 / (2 * (n - 1))))


def _positive(name: str, value: float) -> None:
    if not value > 0 or not math.isfinite(value):
        raise InputRefused("bad_width", f"The {name} is {value}.", "Give a positive number.")


def _refused(half_width: float) -> InputRefused:
    return InputRefused(
        "bad_width",
        f"A half width of {half_width} needs more than {MOST_CASES} cases.",
        "Allow a wider interval.",
    )
