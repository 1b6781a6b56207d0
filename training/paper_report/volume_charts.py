"""Predicted against reference volumes: scatter with the line of identity, and the paper's Bland-Altman plot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import numpy as np

from SyntheticCECTLib.core.reporting.charts import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, ticks

Pair = tuple[str, float, float]


class _Plane:
    """A chart's axes: values to places, and the SVG of grid, points and lines."""

    def __init__(
        self, title: str, x_label: str, y_label: str, xs: Sequence[float], ys: Sequence[float]
    ) -> None:
        self._title, self._labels = title, (x_label, y_label)
        (self._x0, self._x1), (self._y0, self._y1) = _wider(xs), _wider(ys)
        self._body: list[str] = []
        for value in ticks(self._y0, self._y1, 5):
            y = self.y(value)
            self._add(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
            self._add(
                f'<text class="tick" x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{_signed(value)}</text>'
            )
        for value in ticks(self._x0, self._x1, 7):
            x = self.x(value)
            self._add(
                f'<line class="grid faint" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}"/>'
            )
            self._add(
                f'<text class="tick" x="{x:.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{_signed(value)}</text>'
            )

    def x(self, value: float) -> float:
        return LEFT + (value - self._x0) / (self._x1 - self._x0) * (WIDTH - LEFT - RIGHT)

    def y(self, value: float) -> float:
        return HEIGHT - BOTTOM - (value - self._y0) / (self._y1 - self._y0) * (HEIGHT - TOP - BOTTOM)

    def _add(self, part: str) -> None:
        self._body.append(part)

    def band(self, low: float, high: float, colour: str) -> None:
        top, bottom = self.y(high), self.y(low)
        self._add(f'<rect x="{LEFT}" y="{top:.1f}" width="{WIDTH - LEFT - RIGHT}" height="{bottom - top:.1f}" '
                  f'fill="{colour}" opacity=".16"/>')  # fmt: skip

    def level(self, value: float, text: str, kind: str = "level") -> None:
        y = self.y(value)
        self._add(f'<line class="{kind}" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        self._add(
            f'<text class="note" x="{WIDTH - RIGHT - 4}" y="{y - 5:.1f}" text-anchor="end">{escape(text)}</text>'
        )

    def diagonal(self) -> None:
        low, high = max(self._x0, self._y0), min(self._x1, self._y1)
        self._add(f'<line class="level" x1="{self.x(low):.1f}" y1="{self.y(low):.1f}" x2="{self.x(high):.1f}" '
                  f'y2="{self.y(high):.1f}"/>')  # fmt: skip

    def point(self, name: str, x: float, y: float, colour: str) -> None:
        said = f"{name}: {x:.1f}, {y:.1f} mL"
        self._add(f'<circle cx="{self.x(x):.1f}" cy="{self.y(y):.1f}" r="4" fill="{colour}" opacity=".85">'
                  f"<title>{escape(said)}</title></circle>")  # fmt: skip

    def svg(self) -> str:
        x_label, y_label = self._labels
        middle = TOP + (HEIGHT - TOP - BOTTOM) / 2
        return (
            f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(self._title)}">'
            f"<title>{escape(self._title)}</title>{''.join(self._body)}"
            f'<text class="axis-title" x="{LEFT + (WIDTH - LEFT - RIGHT) / 2}" y="{HEIGHT - 8}" text-anchor="middle">'
            f"{escape(x_label)}</text>"
            f'<text class="axis-title" transform="translate(14 {middle}) rotate(-90)" text-anchor="middle">'
            f"{escape(y_label)}</text></svg>"
        )


def scatter(pairs: Sequence[Pair], name: str, colour: str) -> str:
    """Predicted over reference volume, mL; a point for each (case, predicted, reference)."""
    both = [value for _, predicted, reference in pairs for value in (predicted, reference)]
    plane = _Plane(
        f"Predicted against reference volume, {name}", "reference, mL", "predicted, mL", both, both
    )
    plane.diagonal()
    for case, predicted, reference in pairs:
        plane.point(case, reference, predicted, colour)
    return plane.svg()


def bland_altman_chart(pairs: Sequence[Pair], found: Mapping[str, Any], name: str, colour: str) -> str:
    """The paper's figure 3: difference over mean, with bias, limits of agreement and their intervals as bands.

    Args:
        pairs: (case, predicted, reference) in mL.
        found: `statistics.BlandAltman` as a mapping.
        name: Of the chamber.
        colour: CSS colour.
    """
    means = [(predicted + reference) / 2 for _, predicted, reference in pairs]
    differences = [predicted - reference for _, predicted, reference in pairs]
    ends = [value for key in ("bias_ci", "lower_ci", "upper_ci") for value in found[key]]
    plane = _Plane(f"Bland-Altman, {name}", "mean of predicted and reference, mL", "predicted − reference, mL",
                   means, [*differences, *ends, 0.0])  # fmt: skip
    for key in ("bias", "lower", "upper"):
        low, high = found[f"{key}_ci"]
        plane.band(low, high, colour)
    plane.level(found["bias"], f"bias {_signed(round(found['bias'], 1))}", "mark")
    plane.level(found["upper"], f"+1.96 SD {_signed(round(found['upper'], 1))}")
    plane.level(found["lower"], f"−1.96 SD {_signed(round(found['lower'], 1))}")
    for (case, _, _), mean, difference in zip(pairs, means, differences, strict=True):
        plane.point(case, mean, difference, colour)
    return plane.svg()


def _wider(values: Sequence[float]) -> tuple[float, float]:
    low, high = float(np.min(values)), float(np.max(values))
    margin = 0.08 * (high - low) or max(abs(high), 1.0) * 0.1
    return low - margin, high + margin


def _signed(value: float) -> str:
    return f"{value:g}".replace("-", "−")
