"""How well readers agree with each other."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from ...core.metrics.no_value import NoValue
from .coefficient_of_variation import coefficient_of_variation
from .correlation import correlation
from .crossed_anova import CrossedAnova, crossed_anova, within_mean_square
from .estimate import CONFIDENCE, Estimate, EstimateGroup, reason_instead, require
from .intra_observer import REPEATABILITY_FACTOR
from .intraclass import icc_2_1, icc_3_1
from .read_table import ReadTable
from .variance_interval import Part, difference_interval, sd_estimate, sum_interval


@dataclass(frozen=True)
class InterObserver(EstimateGroup):
    """Variability of single reads of one case by different readers.

    Attributes:
        sd: Between-reader standard deviation, sqrt(var_reader + var_interaction + var_within); n cases.
        reproducibility: 1.96 sqrt(2) sd: two readers differ by less on the same case in 95 %.
        cv_percent: 100 sd / mean.
        reader_sd: Spread of the readers' biases, sqrt(var_reader).
        interaction_sd: Spread of a reader's view of a particular case, sqrt(var_interaction); needs repeats.
        rho: Correlation of the reads of two readers: ICC(3,1) of the first reads.
        icc_2_1: Absolute agreement, ICC(2,1) of the first reads.
    """

    sd: Estimate
    reproducibility: Estimate
    cv_percent: Estimate
    reader_sd: Estimate
    interaction_sd: Estimate
    rho: Estimate
    icc_2_1: Estimate


@reason_instead(InterObserver)
def inter_observer(table: ReadTable, confidence: float = CONFIDENCE) -> InterObserver:
    """Inter-observer variability, readers and cases both taken as samples of more.

    Variance components come from the two-way analysis of variance of cell means. Where cells are means of
    m readings, only 1/m of the within-reader variance is left in them; what is missing is put back from the
    repeats. Means, unlike first reads, are independent of the differences between repeats, as the intervals
    require.

    Args:
        table: Reads of two readers or more.
        confidence: Coverage of the intervals.

    Source: components as in `CrossedAnova`; intervals as in `sum_interval` and `difference_interval`
    (Burdick & Graybill, Confidence Intervals on Variance Components, 1992, section 6).
    """
    within = _within(table)
    # Too few repeats to know the variance within a reader: then they are left out altogether.
    left = 1.0 if within is None else table.mean_inverse_repeats()
    anova = crossed_anova(table.first_reads() if within is None else table.cell_means())
    n, cases = anova.cases, anova.cases
    parts: list[Part] = [
        (1 / n, anova.ms_reader, anova.df_reader),
        ((n - 1) / n, anova.ms_rest, anova.df_rest),
    ]
    if within is not None and left < 1:
        parts.append((1 - left, *within))
    sd = sd_estimate(sum(c * ms for c, ms, _ in parts), sum_interval(parts, confidence), cases)
    first = table.first_reads()
    return InterObserver(
        sd=sd,
        reproducibility=sd.scaled(float(REPEATABILITY_FACTOR)),
        cv_percent=coefficient_of_variation(sd, table, confidence),
        reader_sd=_reader_sd(anova, confidence),
        interaction_sd=_interaction_sd(anova, within, left, confidence),
        rho=icc_3_1(first, confidence),
        icc_2_1=icc_2_1(first, confidence),
    )


def pairwise_correlations(
    table: ReadTable, confidence: float = CONFIDENCE
) -> dict[tuple[str, str], Estimate]:
    """Pearson's rho of each pair of readers over the cases that both have read first."""
    found = {}
    for one, other in combinations(table.readers, 2):
        a, b = table.of_reader(one), table.of_reader(other)
        shared = [case for case in a if case in b]
        found[one, other] = correlation(
            np.array([a[case] for case in shared]), np.array([b[case] for case in shared]), confidence
        )
    return found


def _within(table: ReadTable) -> tuple[float, int] | None:
    try:
        return within_mean_square(table.repeated())
    except NoValue:
        return None


def _reader_sd(anova: CrossedAnova, confidence: float) -> Estimate:
    n = anova.cases
    interval = difference_interval(
        (1 / n, anova.ms_reader, anova.df_reader), (1 / n, anova.ms_rest, anova.df_rest), confidence
    )
    return sd_estimate((anova.ms_reader - anova.ms_rest) / n, interval, anova.readers)


@reason_instead(Estimate)
def _interaction_sd(
    anova: CrossedAnova, within: tuple[float, int] | None, left: float, confidence: float
) -> Estimate:
    if within is None:
        require(0, 5, "repeated reads")
    assert within is not None
    ms, df = within
    interval = difference_interval((1.0, anova.ms_rest, anova.df_rest), (left, ms, df), confidence)
    return sd_estimate(anova.ms_rest - left * ms, interval, anova.cases)
