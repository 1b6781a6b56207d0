"""Bland-Altman bias and limits of agreement of reads with a reference, one pair per case."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import stats

from ...core.metrics.statistics import bland_altman
from .estimate import CONFIDENCE, Estimate, EstimateGroup, Interval, reason_instead, require
from .quantiles import t_two_sided_p
from .variance_interval import sd_estimate, variance_interval

Z = 1.96
LimitInterval = Literal["bland_altman", "exact"]


@dataclass(frozen=True)
class Limits(EstimateGroup):
    """Bias and 95 % limits of agreement, in the unit of the measure.

    Attributes:
        bias: Mean difference; p of the t test against no bias, where the design has one.
        sd: Standard deviation of the differences.
        lower: bias - 1.96 sd.
        upper: bias + 1.96 sd.
    """

    bias: Estimate
    sd: Estimate
    lower: Estimate
    upper: Estimate


@reason_instead(Limits)
def limits_of_agreement(
    measured: np.ndarray,
    reference: np.ndarray,
    confidence: float = CONFIDENCE,
    interval: LimitInterval = "bland_altman",
) -> Limits:
    """Bias and limits of agreement of measured - reference.

    Args:
        measured: (N,) one value per case.
        reference: (N,) the same cases.
        confidence: Coverage of the intervals; the limits themselves stay at 1.96 SD.
        interval: Of the limits: ``bland_altman`` (their approximation of 1999) or ``exact`` (non-central t),
            which few cases make clearly asymmetric.

    Returns:
        n is the number of cases; without value for fewer than 5.

    Source: Bland & Altman, Lancet 327:307 (1986); Stat Methods Med Res 8:135 (1999), computed by
    `core.metrics.statistics.bland_altman`; exact limits: Carkeet, Optom Vis Sci 92:e71 (2015).
    """
    require(len(measured), 5)
    found = bland_altman(measured, reference, confidence)
    n, sd = found.n, found.sd
    p = float(t_two_sided_p(found.bias / (sd / np.sqrt(n)), n - 1)) if sd > 0 else None
    lower, upper = found.lower_ci, found.upper_ci
    if interval == "exact":
        near, far = exact_limit_factors(n, confidence)
        lower = (found.bias - far * sd, found.bias - near * sd)
        upper = (found.bias + near * sd, found.bias + far * sd)
    return Limits(
        bias=Estimate.within(found.bias, found.bias_ci, n, p),
        sd=sd_estimate(sd**2, variance_interval(sd**2, n - 1, confidence), n),
        lower=Estimate.within(found.lower, lower, n),
        upper=Estimate.within(found.upper, upper, n),
    )


def exact_limit_factors(n: int, confidence: float = CONFIDENCE, z: float = Z) -> Interval:
    """How many SD from the bias the interval of a limit begins and ends.

    (mean + c sd - limit) is pivotal: c = t'(q; n - 1, z sqrt(n)) / sqrt(n), t' the non-central t quantile.
    The outer factor with one-sided 95 % is the one-sided tolerance factor of quality control.

    Source: Carkeet, Optom Vis Sci 92:e71 (2015); NIST/SEMATECH e-Handbook 7.2.6.3.
    """
    tail, shift = (1 - confidence) / 2, z * np.sqrt(n)
    near, far = (float(stats.nct.ppf(q, n - 1, shift) / np.sqrt(n)) for q in (tail, 1 - tail))
    return near, far


def limits_from(bias: Estimate, sd: Estimate, n: int, z: float = Z) -> Limits:
    """Limits bias +- z sd of independent estimates, their intervals recovered from those of bias and sd.

    Source: MOVER; Zou, Stat Methods Med Res 22:630 (2013).
    """
    assert bias.value is not None and bias.low is not None and bias.high is not None
    assert sd.value is not None and sd.low is not None and sd.high is not None
    inner = np.hypot(bias.value - bias.low, z * (sd.value - sd.low))
    outer = np.hypot(bias.high - bias.value, z * (sd.high - sd.value))
    lower, upper = bias.value - z * sd.value, bias.value + z * sd.value
    return Limits(
        bias=bias,
        sd=sd,
        lower=Estimate.within(lower, (lower - outer, lower + inner), n),
        upper=Estimate.within(upper, (upper - inner, upper + outer), n),
    )
