"""How well a reader agrees with himself when he meets a case again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .coefficient_of_variation import coefficient_of_variation
from .correlation import correlation
from .crossed_anova import crossed_anova, within_mean_square
from .estimate import CONFIDENCE, Estimate, EstimateGroup, reason_instead, require
from .quantiles import f_quantile
from .read_table import ReadTable
from .variance_interval import satterthwaite_df, sd_estimate, variance_interval

REPEATABILITY_FACTOR = 1.96 * np.sqrt(2.0)


@dataclass(frozen=True)
class IntraObserver(EstimateGroup):
    """Variability of repeated reads of one reader and case.

    Attributes:
        sd: Within-reader standard deviation in the unit of the measure; n repeated reads.
        repeatability: 1.96 sqrt(2) sd: two reads of the same case by the same reader differ by less in 95 %.
        cv_percent: 100 sd / mean of all reads.
        rho: Correlation of two reads of a case by the same reader.
    """

    sd: Estimate
    repeatability: Estimate
    cv_percent: Estimate
    rho: Estimate


@reason_instead(IntraObserver)
def intra_observer(table: ReadTable, confidence: float = CONFIDENCE) -> IntraObserver:
    """Intra-observer variability over all readers of the table.

    sd^2 is the mean square within (reader, case); its interval is the chi-square one. rho = 1 - var_within / V,
    where V, the variance of single reads of one reader over the population of cases, comes from all reads
    and not only from the few repeated ones; the interval uses F with Satterthwaite's degrees of freedom for V.

    Args:
        table: Reads with hidden repeats.
        confidence: Coverage of the intervals.

    Returns:
        Without value where fewer than 5 reads were repeated.

    Source: Bland & Altman, BMJ 312:1654 (1996) and 313:106 (1996); Bland & Altman, Stat Methods Med Res
    8:135 (1999), section 4.
    """
    cells = table.repeated()
    ms, df = within_mean_square(cells)
    sd = sd_estimate(ms, variance_interval(ms, df, confidence), len(cells))
    return IntraObserver(
        sd=sd,
        repeatability=sd.scaled(float(REPEATABILITY_FACTOR)),
        cv_percent=coefficient_of_variation(sd, table, confidence),
        rho=_rho(table, ms, df, confidence),
    )


def intra_observer_of(table: ReadTable, reader: str, confidence: float = CONFIDENCE) -> IntraObserver:
    """The same of one reader."""
    return intra_observer(table.of_readers((reader,)), confidence)


@reason_instead(Estimate)
def repeat_correlation(table: ReadTable, reader: str, confidence: float = CONFIDENCE) -> Estimate:
    """Pearson's rho between a reader's first and second reads, with Fisher's interval; n cases."""
    pairs = np.array([cell[:2] for cell in table.repeated(reader)])
    require(len(pairs), 5, "repeated reads")
    return correlation(pairs[:, 0], pairs[:, 1], confidence)


@reason_instead(Estimate)
def _rho(table: ReadTable, ms_within: float, df_within: int, confidence: float) -> Estimate:
    means = table.cell_means()
    if len(table.readers) == 1:
        require(len(means), 5, "cases")
        parts = [(1.0, float(means.var(ddof=1)), len(means) - 1.0)]
    else:
        anova = crossed_anova(means)
        k = anova.readers
        parts = [
            (1 / k, anova.ms_case, float(anova.df_case)),
            ((k - 1) / k, anova.ms_rest, float(anova.df_rest)),
        ]
    total, left = sum(c * ms for c, ms, _ in parts), table.mean_inverse_repeats()
    df_total, tail = satterthwaite_df(parts), (1 - confidence) / 2

    def rho(ratio: float) -> float:
        # ``total`` holds only the share ``left`` of the within-reader variance: cells are means of repeats.
        return float(1 - ratio / (1 + (1 - left) * ratio))

    ratio = ms_within / total
    low, high = (ratio * f_quantile(p, df_total, df_within) for p in (1 - tail, tail))
    return Estimate.within(rho(ratio), (rho(low), rho(high)), len(means))
