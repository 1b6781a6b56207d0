"""Quantiles of chi-square, F and Student's t.

From scipy.special, because the same numbers from scipy.stats take fifty times as long, and a coverage study asks
for hundreds of thousands of them.
"""

from __future__ import annotations

from scipy import special


def chi2_quantile(q: float, df: float) -> float:
    """The value below which a share ``q`` of chi-square with ``df`` degrees of freedom lies."""
    return float(special.chdtri(df, 1 - q))


def f_quantile(q: float, df1: float, df2: float) -> float:
    """The same of F with ``df1`` and ``df2`` degrees of freedom."""
    return float(special.fdtri(df1, df2, q))


def t_quantile(q: float, df: float) -> float:
    """The same of Student's t."""
    return float(special.stdtrit(df, q))


def t_two_sided_p(t: float, df: float) -> float:
    """Two-sided p value of a t statistic."""
    return float(2 * special.stdtr(df, -abs(t)))
