"""Numbers and intervals as people read them."""

from __future__ import annotations

from ..statistics.estimate import Estimate


def number_text(value: float, decimals: int) -> str:
    """With a real minus sign, and without one before zero."""
    text = f"{value:.{decimals}f}"
    if float(text) == 0:
        text = text.lstrip("-")
    return text.replace("-", "−")


def interval_text(estimate: Estimate, decimals: int) -> str:
    """``0.81 to 0.93``, or nothing where there is no interval."""
    if estimate.low is None or estimate.high is None:
        return ""
    return f"{number_text(estimate.low, decimals)} to {number_text(estimate.high, decimals)}"


def p_text(p: float | None) -> str:
    """``p = 0.03`` or ``p < 0.001``; nothing where there is no test."""
    if p is None:
        return ""
    return "< 0.001" if p < 0.001 else f"{p:.3f}" if p < 0.1 else f"{p:.2f}"


def decimals_for(value: float) -> int:
    """Digits that show three significant ones, at most three after the point."""
    size = abs(value)
    return 1 if size >= 100 else 2 if size >= 10 else 3
