"""How long readers took, and whether a condition made them faster."""

from __future__ import annotations

import numpy as np

from ...core.metrics.no_value import NoValue
from .estimate import CONFIDENCE, Estimate, reason_instead
from .read_table import ReadTable
from .reader_limits import crossed_mean


@reason_instead(Estimate)
def typical_seconds(table: ReadTable, confidence: float = CONFIDENCE) -> Estimate:
    """Geometric mean of the reading time of a case, s; reading times are skewed to the right.

    The mean of log seconds over a (cases, readers) table, readers and cases both sampled from more; n cases.

    Source: geometric mean, Bland & Altman, BMJ 312:1079 (1996); interval: `crossed_mean`.
    """
    return _exponential(crossed_mean(_log(table.first_reads()), confidence))


@reason_instead(Estimate)
def time_ratio(new: ReadTable, old: ReadTable, confidence: float = CONFIDENCE) -> Estimate:
    """Seconds under one condition divided by those under another, same readers and cases; below 1 is faster.

    The geometric mean of the ratios over (cases, readers), p against a ratio of 1; n cases.

    Source: as `typical_seconds`.
    """
    readers = tuple(reader for reader in new.readers if reader in old.readers)
    cases = [
        case for case in new.cases if all((r, case) in new.cells and (r, case) in old.cells for r in readers)
    ]
    logs = [[new.cells[r, c][0] / old.cells[r, c][0] for r in readers] for c in cases]
    table = np.array(logs, dtype=float).reshape(len(cases), len(readers))
    return _exponential(crossed_mean(_log(table), confidence))


def _log(seconds: np.ndarray) -> np.ndarray:
    if seconds.size and not (np.isfinite(seconds) & (seconds > 0)).all():
        raise NoValue("a reading time is zero, so it was not measured")
    return np.log(seconds)


def _exponential(estimate: Estimate) -> Estimate:
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return estimate
    low, high = np.exp(estimate.low), np.exp(estimate.high)
    return Estimate.within(np.exp(estimate.value), (low, high), estimate.n, estimate.p)
