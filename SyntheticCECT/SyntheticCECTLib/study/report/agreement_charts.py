"""Bland-Altman, correlation and repeat plots of a study."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from ...core.reporting.charts import Chart, Line, Point
from ...core.reporting.report_html import section
from ...core.reporting.report_style import css_colour
from ..records import Condition
from ..statistics.accuracy_rows import NETWORK, limits_of_readers
from ..statistics.analysis import StudyAnalysis
from ..statistics.bland_altman import Limits
from ..statistics.by_reader import ALL_READERS
from ..statistics.estimate import Estimate
from .number_text import interval_text, number_text
from .reader_colours import reader_colours

Dots = dict[str, list[tuple[float, float]]]
"""Name in the legend -> (x, y)."""
INK, SOFT = "var(--ink)", "var(--soft)"


def chart_section(analysis: StudyAnalysis) -> str:
    """The plots of the unaided condition, or of the first there is; nothing where nobody drew."""
    reads = analysis.reads
    drawn = [c for c in reads.conditions if reads.table("volume_ml", c).cells]
    if not drawn:
        return ""
    condition = Condition.UNAIDED.value if Condition.UNAIDED.value in drawn else drawn[0]
    table = reads.table("volume_ml", condition)
    against = {
        reader: [
            (truth, value)
            for case, value in table.of_reader(reader).items()
            if (truth := reads.true_ml(case)) is not None
        ]
        for reader in table.readers
    }
    network = [
        (truth, value)
        for case, value in reads.network("volume_ml").items()
        if case in table.cases and (truth := reads.true_ml(case)) is not None
    ]
    means = table.case_means()
    from_mean = {
        reader: [(mean, table.cells[reader, case][0] - mean) for case, mean in means.items()]
        for reader in table.readers
    }
    again = {
        reader: [(float(cell[0]), float(cell[1])) for cell in table.repeated(reader)]
        for reader in table.readers
    }

    def found(section_key: str, statistic: str, who: str) -> Estimate:
        return analysis.find(section_key, statistic, "volume_ml", who, condition)

    network_limits = Limits(*(found("truth", name, NETWORK) for name in ("bias", "sd", "lower", "upper")))
    loam = found("inter", "limit_with_mean", ALL_READERS)
    rho = found("intra", "rho", ALL_READERS)
    parts = [
        ("Readers against truth: Bland-Altman", *_bland_altman(against, limits_of_readers(reads, condition))),
        ("Readers against truth: correlation", _identity(against, "true volume (ml)", "drawn volume (ml)"),
         _each_rho(analysis, table.readers, condition)),
        ("Network against truth: Bland-Altman", *_bland_altman({NETWORK: network}, network_limits)),
        ("Readers against their mean", *_from_mean(from_mean, loam)),
        ("Network against readers: Dice", _identity({NETWORK: _dice_pairs(analysis, condition)}, "readers' mean Dice",
         "network's Dice"), "Each dot is a case; above the line the network is closer to the truth."),
        ("The same reader again", _identity(again, "first read (ml)", "hidden repeat (ml)"),
         "" if rho.value is None else f"Intra-observer ρ {_with_interval(rho, 3)}."),
    ]  # fmt: skip
    cards = "".join(
        f'<div><h2>{escape(name)}</h2>{svg}<p class="lead">{escape(below)}</p></div>'
        for name, svg, below in parts
        if svg
    )
    return section(
        "Agreement in pictures",
        "Volume of LA and LV within the slices read; each dot is one read of one case.",
        f'<div class="charts">{cards}</div>',
    )


def _bland_altman(against: Dots, limits: Limits) -> tuple[str, str]:
    dots = {name: [((t + v) / 2, v - t) for t, v in points] for name, points in against.items()}
    levels: list[tuple[str, str, Sequence[float]]] = []
    below = limits.bias.reason
    if limits.bias.value is not None and limits.lower.value is not None and limits.upper.value is not None:
        levels = [
            ("bias", INK, [limits.bias.value]),
            ("95 % limits", SOFT, [limits.lower.value, limits.upper.value]),
        ]
        below = (
            f"Bias {_with_interval(limits.bias, 1)} ml; limits {_with_interval(limits.lower, 1)} and "
            f"{_with_interval(limits.upper, 1)} ml."
        )
    return _scatter("Bland-Altman", dots, "mean of both (ml)", "read − truth (ml)", levels), below


def _from_mean(dots: Dots, loam: Estimate) -> tuple[str, str]:
    levels: list[tuple[str, str, Sequence[float]]] = []
    if loam.value is not None:
        levels = [("limits with the mean", SOFT, [-loam.value, loam.value])]
    below = loam.reason or f"95 % of reads lie within ± {_with_interval(loam, 1)} ml of the readers' mean."
    return _scatter(
        "Readers against their mean", dots, "mean of the readers (ml)", "read − mean (ml)", levels
    ), below


def _scatter(
    title: str, dots: Dots, x_label: str, y_label: str, levels: Sequence[tuple[str, str, Sequence[float]]]
) -> str:
    points = [point for of_one in dots.values() for point in of_one]
    if not points:
        return ""
    ends = min(x for x, _ in points), max(x for x, _ in points)
    reach = 1.15 * max([abs(y) for _, y in points] + [abs(y) for _, _, ys in levels for y in ys] + [1e-6])
    lines = [
        Line(name, colour, [p for y in ys for p in ((ends[0], y), (ends[1], y), (ends[1], None))])
        for name, colour, ys in levels
    ]
    return Chart(title, x_label, y_label, [*_dots(dots), *lines], y_range=(-reach, reach)).svg()


def _identity(dots: Dots, x_label: str, y_label: str) -> str:
    values = [v for of_one in dots.values() for point in of_one for v in point]
    if not values:
        return ""
    low, high = min(values), max(values)
    margin = 0.05 * ((high - low) or 1.0)
    low, high = low - margin, high + margin
    line = Line("equal", SOFT, [(low, low), (high, high)])
    return Chart(
        f"{y_label} against {x_label}", x_label, y_label, [*_dots(dots), line], y_range=(low, high)
    ).svg()


def _dots(dots: Dots) -> list[Line]:
    colours = reader_colours([name for name in dots if name != NETWORK])
    lines = []
    for name, points in dots.items():
        # A gap after each point lifts the pen: dots without a curve.
        gapped: list[Point] = [p for x, y in points for p in ((x, y), (x, None))]
        colour = "var(--accent)" if name == NETWORK else css_colour(colours[name])
        lines.append(Line(name, colour, gapped, dots=True))
    return lines


def _dice_pairs(analysis: StudyAnalysis, condition: str) -> list[tuple[float, float]]:
    """(readers' mean, network's) Dice of each case that has both."""
    network = analysis.reads.network("dice")
    human = analysis.reads.table("dice", condition).case_means()
    return [(value, network[case]) for case, value in human.items() if case in network]


def _each_rho(analysis: StudyAnalysis, readers: Sequence[str], condition: str) -> str:
    found = {r: analysis.find("truth", "rho", "volume_ml", r, condition) for r in readers}
    return "; ".join(
        f"{reader} ρ {_with_interval(rho, 3)}" for reader, rho in found.items() if rho.value is not None
    )


def _with_interval(estimate: Estimate, decimals: int) -> str:
    if estimate.value is None:
        return "no value"
    interval = interval_text(estimate, decimals)
    return number_text(estimate.value, decimals) + (f" ({interval})" if interval else "")
