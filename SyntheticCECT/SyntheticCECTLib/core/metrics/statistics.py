"""Agreement of measurements over a cohort: Pearson correlation, Bland-Altman limits, ICC."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

Interval = tuple[float, float]


@dataclass(frozen=True)
class Pearson:
    """Pearson correlation: coefficient, two-sided p against no correlation, confidence interval, pairs."""

    rho: float
    p: float
    rho_ci: Interval
    n: int


@dataclass(frozen=True)
class BlandAltman:
    """Bias and limits of agreement in the unit of the measurements, each with its confidence interval."""

    bias: float
    bias_ci: Interval
    sd: float
    lower: float
    lower_ci: Interval
    upper: float
    upper_ci: Interval
    n: int


@dataclass(frozen=True)
class Icc:
    """Intraclass correlation ICC(2,1) with its confidence interval."""

    icc: float
    icc_ci: Interval
    targets: int
    raters: int


def pearson(predicted: np.ndarray, reference: np.ndarray, confidence: float = 0.95) -> Pearson:
    """Pearson's rho with its p value (t distribution) and confidence interval (Fisher's z).

    Args:
        predicted: (N,) measurements of N patients, N >= 4 (the interval needs it).
        reference: (N,) the same patients.
        confidence: Coverage of the interval.

    Raises:
        ValueError: Fewer than four pairs, lengths differ, a value is not finite, or one side is constant.
    """
    x, y = _pairs(predicted, reference, at_least=4)
    for name, values in (("predicted", x), ("reference", y)):
        if np.ptp(values) == 0:
            raise ValueError(f"all {name} values are {values[0]:g}; a correlation needs values that differ.")
    result: Any = stats.pearsonr(x, y)
    interval = result.confidence_interval(confidence)
    return Pearson(
        float(result.statistic), float(result.pvalue), (float(interval.low), float(interval.high)), x.size
    )


def bland_altman(predicted: np.ndarray, reference: np.ndarray, confidence: float = 0.95) -> BlandAltman:
    """Bias (mean of predicted - reference) and 95 % limits of agreement, bias +- 1.96 SD.

    The standard error of the bias is SD / sqrt(n), that of a limit SD sqrt(1/n + 1.96^2 / (2 (n - 1))); both
    intervals use Student's t with n - 1 degrees of freedom.

    Args:
        predicted: (N,) measurements of N patients, N >= 3.
        reference: (N,) the same patients.
        confidence: Coverage of the intervals; the limits themselves stay at 1.96 SD.

    Raises:
        ValueError: Fewer than three pairs, lengths differ, or a value is not finite.

    Source: Bland & Altman, Lancet 327:307 (1986); Stat Methods Med Res 8:135 (1999), section 2.
    """
    x, y = _pairs(predicted, reference, at_least=3)
    difference, n = x - y, x.size
    bias, sd = float(difference.mean()), float(difference.std(ddof=1))
    t = float(stats.t.ppf(0.5 + confidence / 2, n - 1))
    z = 1.96
    half_bias = t * sd / np.sqrt(n)
    half_limit = t * sd * np.sqrt(1 / n + z**2 / (2 * (n - 1)))

    def around(centre: float, half: float) -> Interval:
        return float(centre - half), float(centre + half)

    lower, upper = bias - z * sd, bias + z * sd
    return BlandAltman(
        bias,
        around(bias, half_bias),
        sd,
        lower,
        around(lower, half_limit),
        upper,
        around(upper, half_limit),
        n,
    )


def icc_2_1(ratings: np.ndarray, confidence: float = 0.95) -> Icc:
    """ICC(2,1): two-way random effects, absolute agreement, single measurement.

    Args:
        ratings: (N, R): N targets (patients) measured once by each of R raters (methods, readers).
        confidence: Coverage of the interval.

    Returns:
        The coefficient (1 = perfect; it can fall below 0) and its interval.

    Raises:
        ValueError: Not two-dimensional, fewer than 3 targets or 2 raters, a value that is not finite, or no
            variation at all.

    Source: Shrout & Fleiss, Psychol Bull 86:420 (1979); interval: McGraw & Wong, Psychol Methods 1:30 (1996).
    """
    table = np.asarray(ratings, dtype=np.float64)
    if table.ndim != 2 or table.shape[0] < 3 or table.shape[1] < 2:
        raise ValueError(
            f"ratings have shape {table.shape}; give (targets, raters) with at least 3 targets, 2 raters."
        )
    if not np.isfinite(table).all():
        raise ValueError("ratings hold NaN or infinite values; leave those targets out first.")
    n, k = table.shape
    grand, by_target, by_rater = table.mean(), table.mean(axis=1), table.mean(axis=0)
    rest = table - by_target[:, None] - by_rater[None, :] + grand
    ms_target = k * float(((by_target - grand) ** 2).sum()) / (n - 1)
    ms_rater = n * float(((by_rater - grand) ** 2).sum()) / (k - 1)
    ms_error = float((rest**2).sum()) / ((n - 1) * (k - 1))
    if ms_target + ms_rater + ms_error == 0:
        raise ValueError(f"all ratings are {grand:g}; an intraclass correlation needs targets that differ.")
    icc = (ms_target - ms_error) / (ms_target + (k - 1) * ms_error + k * (ms_rater - ms_error) / n)
    if 1 - icc < 1e-12:  # perfect agreement: the interval's formula divides by 1 - icc
        return Icc(1.0, (1.0, 1.0), n, k)
    a = k * icc / (n * (1 - icc))
    b = 1 + k * icc * (n - 1) / (n * (1 - icc))
    freedom = (a * ms_rater + b * ms_error) ** 2 / (
        (a * ms_rater) ** 2 / (k - 1) + (b * ms_error) ** 2 / ((n - 1) * (k - 1))
    )
    f_low = float(stats.f.ppf(0.5 + confidence / 2, n - 1, freedom))
    f_high = float(stats.f.ppf(0.5 + confidence / 2, freedom, n - 1))
    spread = k * ms_rater + (k * n - k - n) * ms_error
    low = n * (ms_target - f_low * ms_error) / (f_low * spread + n * ms_target)
    high = n * (f_high * ms_target - ms_error) / (spread + n * f_high * ms_target)
    return Icc(float(icc), (float(low), float(high)), n, k)


def _pairs(predicted: np.ndarray, reference: np.ndarray, at_least: int) -> tuple[np.ndarray, np.ndarray]:
    x, y = np.asarray(predicted, dtype=np.float64), np.asarray(reference, dtype=np.float64)
    if x.shape != y.shape or x.ndim != 1:
        raise ValueError(f"measurements have shapes {x.shape} and {y.shape}; give two lists of one length.")
    if x.size < at_least:
        raise ValueError(f"{x.size} pairs of measurements; at least {at_least} are needed.")
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise ValueError("measurements hold NaN or infinite values; leave those patients out first.")
    return x, y
