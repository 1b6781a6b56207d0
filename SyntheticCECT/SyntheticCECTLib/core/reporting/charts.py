"""Charts as inline SVG, drawn by hand because matplotlib is not in 3D Slicer.

Colours come from the page's CSS variables, so that a chart follows light and dark.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape

Point = tuple[float, float | None]

WIDTH, HEIGHT = 560, 300
LEFT, RIGHT, TOP, BOTTOM = 58, 18, 18, 48


@dataclass(frozen=True)
class Line:
    """One curve: name in the legend, CSS colour, points (x, y); y = ``None`` leaves a gap."""

    name: str
    colour: str
    points: Sequence[Point]
    dots: bool = False


@dataclass(frozen=True)
class Chart:
    """Axes with curves.

    Attributes:
        title: What a screen reader says of the chart.
        x_label: Axis title with unit.
        y_label: Axis title with unit.
        lines: The curves.
        marked_x: An x to mark with a vertical line, such as the threshold in use.
        marked_text: What stands beside the mark.
        y_range: Fixed range of the y axis; otherwise from zero to a little above the largest value.
        level_y: A y to mark with a dashed horizontal line.
        level_text: What stands beside it.
    """

    title: str
    x_label: str
    y_label: str
    lines: Sequence[Line] = field(default_factory=tuple)
    marked_x: float | None = None
    marked_text: str = ""
    y_range: tuple[float, float] | None = None
    level_y: float | None = None
    level_text: str = ""

    def svg(self) -> str:
        """The chart as one ``<svg>`` element, or an empty string when no curve has a value."""
        points = [(x, y) for line in self.lines for x, y in line.points if y is not None and math.isfinite(y)]
        if not points:
            return ""
        xs = [x for x, _ in points] + ([] if self.marked_x is None else [self.marked_x])
        x_low, x_high = min(xs), max(xs)
        if x_low == x_high:
            x_low, x_high = x_low - 1, x_high + 1
        y_low, y_high = self.y_range or (0.0, max(y for _, y in points) * 1.06 or 1.0)
        axes = _Axes(x_low, x_high, y_low, y_high)
        body, level_note = [axes.grid(), axes.titles(self.x_label, self.y_label)], ""
        if self.level_y is not None:
            y = axes.y(self.level_y)
            body.append(f'<line class="level" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
            # Curves of Dice fall off at both ends, so the middle is where the lettering disturbs least.
            text_y = y + 22 if y < (TOP + HEIGHT - BOTTOM) / 2 else y - 14
            level_note = (
                f'<text class="note" x="{(LEFT + WIDTH - RIGHT) / 2}" y="{text_y:.1f}" text-anchor="middle">'
                f"{escape(self.level_text)}</text>"
            )
        if self.marked_x is not None:
            body.append(self._mark(axes))
        body += [axes.curve(line) for line in self.lines] + [level_note]
        return (
            f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(self.title)}">'
            f"<title>{escape(self.title)}</title>{''.join(body)}</svg>{self._legend()}"
        )

    def _mark(self, axes: _Axes) -> str:
        x = axes.x(self.marked_x or 0.0)
        right = x > WIDTH * 0.7
        return (
            f'<line class="mark" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}"/>'
            f'<text class="note strong" x="{x + (-6 if right else 6):.1f}" y="{TOP + 11}" '
            f'text-anchor="{"end" if right else "start"}">{escape(self.marked_text)}</text>'
        )

    def _legend(self) -> str:
        if len(self.lines) < 2:
            return ""
        keys = "".join(
            f'<span><i style="background:{line.colour}"></i>{escape(line.name)}</span>' for line in self.lines
        )
        return f'<p class="legend">{keys}</p>'


@dataclass(frozen=True)
class _Axes:
    x_low: float
    x_high: float
    y_low: float
    y_high: float

    def x(self, value: float) -> float:
        return LEFT + (value - self.x_low) / (self.x_high - self.x_low) * (WIDTH - LEFT - RIGHT)

    def y(self, value: float) -> float:
        inside = min(max(value, self.y_low), self.y_high)
        return HEIGHT - BOTTOM - (inside - self.y_low) / (self.y_high - self.y_low) * (HEIGHT - TOP - BOTTOM)

    def grid(self) -> str:
        parts = []
        for value in ticks(self.y_low, self.y_high, 5):
            y = self.y(value)
            parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
            parts.append(
                f'<text class="tick" x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{value:g}</text>'
            )
        for value in ticks(self.x_low, self.x_high, 7):
            x = self.x(value)
            parts.append(
                f'<line class="grid faint" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}"/>'
            )
            parts.append(f'<text class="tick" x="{x:.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">')
            parts.append(f"{_signed(value)}</text>")
        floor = HEIGHT - BOTTOM
        parts.append(f'<line class="axis" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{floor}" y2="{floor}"/>')
        return "".join(parts)

    def titles(self, x_label: str, y_label: str) -> str:
        middle = TOP + (HEIGHT - TOP - BOTTOM) / 2
        return (
            f'<text class="axis-title" x="{LEFT + (WIDTH - LEFT - RIGHT) / 2}" y="{HEIGHT - 8}" '
            f'text-anchor="middle">{escape(x_label)}</text>'
            f'<text class="axis-title" transform="translate(14 {middle}) rotate(-90)" '
            f'text-anchor="middle">{escape(y_label)}</text>'
        )

    def curve(self, line: Line) -> str:
        path, pen_down, dots = [], False, []
        for x, y in line.points:
            if y is None or not math.isfinite(y):
                pen_down = False
                continue
            at = f"{self.x(x):.1f} {self.y(y):.1f}"
            path.append(f"{'L' if pen_down else 'M'}{at}")
            dots.append(f'<circle cx="{self.x(x):.1f}" cy="{self.y(y):.1f}" r="3.2" fill="{line.colour}"/>')
            pen_down = True
        curve = f'<path class="curve" d="{" ".join(path)}" stroke="{line.colour}"/>'
        return curve + ("".join(dots) if line.dots else "")


def ticks(low: float, high: float, about: int) -> list[float]:
    """Round numbers within [low, high], about ``about`` of them, in steps of 1, 2 or 5 times 10^n."""
    rough = (high - low) / max(about, 1)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * 0.999)
    first = math.ceil(low / step - 1e-9)
    return [round(n * step, 10) for n in range(first, math.floor(high / step + 1e-9) + 1)]


def _signed(value: float) -> str:
    return f"{value:g}".replace("-", "−")
