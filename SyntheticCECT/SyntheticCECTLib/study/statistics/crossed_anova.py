"""Mean squares of a table in which every reader read every case."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...core.metrics.no_value import NoValue
from .estimate import require


@dataclass(frozen=True)
class CrossedAnova:
    """Two-way analysis of variance without replication, cases by readers.

    With cases, readers and their interaction random, y = mean + case + reader + interaction + within, the
    mean squares expect (n cases, k readers)

        case    k var_case + var_interaction + var_within
        reader  n var_reader + var_interaction + var_within
        rest    var_interaction + var_within

    Source: Scheffe, The Analysis of Variance (1959), chapter 7; Shrout & Fleiss, Psychol Bull 86:420 (1979).
    """

    cases: int
    readers: int
    mean: float
    ms_case: float
    ms_reader: float
    ms_rest: float

    @property
    def df_case(self) -> int:
        return self.cases - 1

    @property
    def df_reader(self) -> int:
        return self.readers - 1

    @property
    def df_rest(self) -> int:
        return (self.cases - 1) * (self.readers - 1)


def crossed_anova(table: np.ndarray, needs_cases: int = 5, needs_readers: int = 2) -> CrossedAnova:
    """The mean squares of ``table``, (cases, readers).

    Raises:
        NoValue: Too few cases or readers.
    """
    n, k = table.shape
    require(k, needs_readers, "readers")
    require(n, needs_cases, "cases read by every reader")
    grand, by_case, by_reader = table.mean(), table.mean(axis=1), table.mean(axis=0)
    rest = table - by_case[:, None] - by_reader[None, :] + grand
    return CrossedAnova(
        n,
        k,
        float(grand),
        k * float(((by_case - grand) ** 2).sum()) / (n - 1),
        n * float(((by_reader - grand) ** 2).sum()) / (k - 1),
        float((rest**2).sum()) / ((n - 1) * (k - 1)),
    )


def within_mean_square(cells: Sequence[np.ndarray], needs: int = 5) -> tuple[float, int]:
    """Mean square within cells that hold several readings of one reader and case, and its degrees of freedom.

    Source: one-way analysis of variance; Bland & Altman, BMJ 312:1654 (1996), "Measurement error".

    Raises:
        NoValue: Fewer than ``needs`` cells hold more than one reading.
    """
    cells = [cell for cell in cells if len(cell) > 1]
    require(len(cells), needs, "repeated reads")
    df = sum(len(cell) - 1 for cell in cells)
    square = sum(float(((cell - cell.mean()) ** 2).sum()) for cell in cells) / df
    if square == 0:
        raise NoValue("all repeated reads are equal")
    return square, df
