"""Limits of agreement of several readers who read the same cases: with a reference, and with their mean."""

from __future__ import annotations

import numpy as np

from .bland_altman import Limits, Z, limits_from
from .crossed_anova import CrossedAnova, crossed_anova
from .estimate import CONFIDENCE, Estimate, reason_instead
from .quantiles import t_quantile, t_two_sided_p
from .variance_interval import Part, satterthwaite_df, sd_estimate, sum_interval


@reason_instead(Estimate)
def crossed_mean(table: np.ndarray, confidence: float = CONFIDENCE) -> Estimate:
    """Mean of a (cases, readers) table for readers and cases both sampled from more.

    Variance of the mean (MS_case + MS_reader - MS_rest) / (n k), Satterthwaite's degrees of freedom; where the
    difference is smaller than the larger of its terms, that term alone, so that noise never shortens the interval.

    Returns:
        n is the number of cases, p of the test against zero.

    Source: Dorfman, Berbaum & Metz, Invest Radiol 27:723 (1992), as an analysis of variance of case-reader values;
    degrees of freedom after Hillis, Stat Med 26:596 (2007).
    """
    return mean_of(crossed_anova(table), confidence)


def mean_of(anova: CrossedAnova, confidence: float = CONFIDENCE) -> Estimate:
    """As `crossed_mean`, from the mean squares."""
    n, k = anova.cases, anova.readers
    parts: list[Part] = [
        (1 / (n * k), anova.ms_case, anova.df_case),
        (1 / (n * k), anova.ms_reader, anova.df_reader),
        (-1 / (n * k), anova.ms_rest, anova.df_rest),
    ]
    largest = max(parts[:2], key=lambda part: part[1])
    if sum(c * ms for c, ms, _ in parts) < largest[0] * largest[1]:
        parts = [largest]
    error = float(np.sqrt(sum(c * ms for c, ms, _ in parts)))
    if error == 0:
        return Estimate.within(anova.mean, (anova.mean, anova.mean), n)
    df = satterthwaite_df(parts)
    half = float(t_quantile(0.5 + confidence / 2, df)) * error
    p = float(t_two_sided_p(anova.mean / error, df))
    return Estimate.within(anova.mean, (anova.mean - half, anova.mean + half), n, p)


@reason_instead(Limits)
def limits_against_reference(differences: np.ndarray, confidence: float = CONFIDENCE) -> Limits:
    """Where 95 % of the differences of any reader from the reference lie, on any case.

    Variance of a single difference = var_case + var_reader + var_rest
    = MS_case / k + MS_reader / n + (1 - 1/k - 1/n) MS_rest.

    Args:
        differences: (cases, readers) reader - reference (truth or network), complete.
        confidence: Coverage of the intervals.

    Returns:
        n is the number of cases; without value for fewer than 5 of them, or one reader.

    Source: two-way random effects as in Carstensen, Simpson & Gurrin, Int J Biostat 4(1):16 (2008), and in
    iMRMC's ``laWRBM`` (Wen & Gallas); intervals: `sum_interval`, `crossed_mean` and MOVER.
    """
    anova = crossed_anova(differences)
    n, k = anova.cases, anova.readers
    parts: list[Part] = [
        (1 / k, anova.ms_case, anova.df_case),
        (1 / n, anova.ms_reader, anova.df_reader),
        (1 - 1 / k - 1 / n, anova.ms_rest, anova.df_rest),
    ]
    variance = sum(c * ms for c, ms, _ in parts)
    sd = sd_estimate(variance, sum_interval(parts, confidence), n)
    return limits_from(mean_of(anova, confidence), sd, n)


@reason_instead(Estimate)
def limit_with_mean(table: np.ndarray, confidence: float = CONFIDENCE) -> Estimate:
    """LOAM: 95 % of all reads lie within plus or minus this of the mean of all readers on that case.

    1.96 sqrt((SS_reader + SS_rest) / (n k)), which estimates 1.96 sqrt((k - 1)/k (var_reader + var_rest)).

    Args:
        table: (cases, readers), complete.
        confidence: Coverage of the interval (asymmetric, Graybill & Wang).

    Source: Jones, Dobson & O'Brian, Int J Epidemiol 40:1308 (2011); interval: Christensen, Borgbjerg, Borty &
    Bogsted, BMC Med Res Methodol 20:304 (2020).
    """
    anova = crossed_anova(table)
    n, k = anova.cases, anova.readers
    parts: list[Part] = [
        (anova.df_reader / (n * k), anova.ms_reader, anova.df_reader),
        (anova.df_rest / (n * k), anova.ms_rest, anova.df_rest),
    ]
    sd = sd_estimate(sum(c * ms for c, ms, _ in parts), sum_interval(parts, confidence), n)
    return sd.scaled(Z)
