"""Mean and spread of a measure over cases, per reader and over all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from .estimate import CONFIDENCE, Estimate, EstimateGroup, reason_instead, require
from .quantiles import t_quantile
from .read_table import ReadTable
from .reader_limits import crossed_mean

ALL_READERS = "all readers"


@dataclass(frozen=True)
class Summary(EstimateGroup):
    """Attributes:
    mean: Mean over the values with its t interval, where the values are independent (one reader).
    sd: Their standard deviation, the paper's number after the plus-minus sign; no interval.
    """

    mean: Estimate
    sd: Estimate


@reason_instead(Summary)
def summary(values: np.ndarray, confidence: float = CONFIDENCE) -> Summary:
    """Mean, its interval (Student's t) and SD of one value per case; needs 3."""
    n = values.size
    require(n, 3)
    mean, sd = float(values.mean()), float(values.std(ddof=1))
    half = float(t_quantile(0.5 + confidence / 2, n - 1)) * sd / np.sqrt(n)
    return Summary(Estimate.within(mean, (mean - half, mean + half), n), Estimate(sd, n=n))


def by_reader(table: ReadTable, confidence: float = CONFIDENCE) -> Mapping[str, Summary]:
    """Summary of each reader's first presentations, then of all of them together.

    The last, under `ALL_READERS`, is the paper's "human" mean +- SD over readers and cases. Reads of one case are
    not independent: the interval of that mean takes readers and cases as samples of more (`crossed_mean`), and
    is left out where readers have read different cases.
    """
    found = {
        reader: summary(np.array(list(table.of_reader(reader).values())), confidence)
        for reader in table.readers
    }
    every = np.array([value for reader in table.readers for value in table.of_reader(reader).values()])
    pooled = summary(every)
    mean = Estimate(pooled.mean.value, n=pooled.mean.n, reason=pooled.mean.reason)
    if table.complete_cases() == table.cases:
        crossed = crossed_mean(table.first_reads(), confidence)
        mean = mean if crossed.value is None else replace(crossed, p=None)
    found[ALL_READERS] = Summary(mean, pooled.sd)
    return found
