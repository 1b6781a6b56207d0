"""Chart nodes: volume against threshold, Bland-Altman, correlation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..core.errors import InputRefused
from .node_types import ChartNode, Node, Scene, TableNode, slicer
from .tables import add_table, update_table

Curve = tuple[np.ndarray, np.ndarray, np.ndarray]
_GREY = (0.45, 0.45, 0.45)
_POINT = (0.16, 0.38, 0.68)
MARK = "threshold in use"


def add_volume_curve(scene: Scene, curve: Curve, threshold_hu: float, name: str) -> ChartNode:
    """Adds a chart of LA and LV volume against the threshold, with a mark at the one in use.

    Args:
        scene: Where to.
        curve: As `LiveChambersNode.curve` gives it; NaN leaves a gap.
        threshold_hu: Where the mark stands.
        name: The chart's name.
    """
    from ..core.formats.segment_header import CHAMBERS

    thresholds, *volumes = (np.asarray(part, dtype=float) for part in curve)
    titles = [chamber.name for chamber in CHAMBERS]
    columns = {"threshold (HU)": thresholds, **dict(zip(titles, volumes, strict=True))}
    table = add_table(scene, {heading: list(values) for heading, values in columns.items()}, f"{name} points")
    series = [
        _line(scene, table, "threshold (HU)", chamber.name, chamber.name, chamber.color)
        for chamber in CHAMBERS
    ]
    mark = add_table(scene, _mark_columns(threshold_hu, np.concatenate(volumes)), f"{name} mark")
    series.append(_line(scene, mark, "threshold (HU)", "mL", MARK, _GREY, dashed=True))
    return _chart(
        scene, name, "Volume against threshold", "threshold on the synthetic CECT (HU)", "volume (mL)", series
    )


def mark_threshold(chart_node: ChartNode, threshold_hu: float) -> None:
    """Moves the mark of a chart of `add_volume_curve`, and leaves its height."""
    from .tables import columns_of

    marks = [
        s
        for s in series_of(chart_node)
        if s.GetXColumnName() == "threshold (HU)" and s.GetYColumnName() == "mL"
    ]
    for series in marks:
        heights = columns_of(series.GetTableNode())["mL"]
        update_table(series.GetTableNode(), {"threshold (HU)": [float(threshold_hu)] * 2, "mL": heights})


def add_bland_altman(
    scene: Scene,
    predicted: Sequence[float],
    reference: Sequence[float],
    case_ids: Sequence[str],
    name: str,
    unit: str = "mL",
) -> ChartNode:
    """Adds a Bland-Altman chart: differences over means, bias and 95 % limits of agreement as lines.

    Args:
        scene: Where to.
        predicted: (N,) one measurement of each case.
        reference: (N,) the reference's.
        case_ids: (N,) shown beside the points.
        name: The chart's name.
        unit: Of the measurements.

    Raises:
        InputRefused: ``cases_not_comparable``: fewer than three cases, or values that are no numbers.

    Source: `core.metrics.statistics.bland_altman`.
    """
    from ..core.metrics.statistics import bland_altman

    x, y = np.asarray(predicted, dtype=float), np.asarray(reference, dtype=float)
    figures = _statistics(bland_altman, x, y)
    means, differences = (x + y) / 2, x - y
    across, along = f"mean ({unit})", f"difference ({unit})"
    points = add_table(
        scene, {"case": list(case_ids), across: list(means), along: list(differences)}, f"{name} points"
    )
    series = [_points(scene, points, across, along, "cases")]
    ends = [float(means.min()), float(means.max())]
    for title, value, dashed in (
        ("bias", figures.bias, False),
        ("upper limit of agreement", figures.upper, True),
        ("lower limit of agreement", figures.lower, True),
    ):
        line = add_table(scene, {across: ends, along: [value, value]}, f"{name} {title}")
        series.append(_line(scene, line, across, along, f"{title} {value:+.1f} {unit}", _GREY, dashed))
    limits = f"limits {figures.lower:+.1f} to {figures.upper:+.1f} {unit}"
    title = f"Bland-Altman, {figures.n} cases: bias {figures.bias:+.1f}, {limits}"
    return _chart(
        scene,
        name,
        title,
        f"mean of estimate and reference ({unit})",
        f"estimate - reference ({unit})",
        series,
    )


def add_correlation(
    scene: Scene,
    predicted: Sequence[float],
    reference: Sequence[float],
    case_ids: Sequence[str],
    name: str,
    unit: str = "mL",
) -> ChartNode:
    """Adds a chart of estimates over references, with the line of identity, Pearson's rho and its p.

    Arguments as for `add_bland_altman`.

    Raises:
        InputRefused: ``cases_not_comparable``: fewer than four cases, all of one value, or values that are no numbers.

    Source: `core.metrics.statistics.pearson`.
    """
    from ..core.metrics.statistics import pearson

    x, y = np.asarray(predicted, dtype=float), np.asarray(reference, dtype=float)
    figures = _statistics(pearson, x, y)
    across, along = f"reference ({unit})", f"estimate ({unit})"
    points = add_table(scene, {"case": list(case_ids), across: list(y), along: list(x)}, f"{name} points")
    ends = [float(min(x.min(), y.min())), float(max(x.max(), y.max()))]
    identity = add_table(scene, {across: ends, along: ends}, f"{name} identity")
    series = [
        _points(scene, points, across, along, "cases"),
        _line(scene, identity, across, along, "identity", _GREY, dashed=True),
    ]
    p = "p < 0.001" if figures.p < 0.001 else f"p = {figures.p:.3f}"
    title = f"Correlation, {figures.n} cases: rho {figures.rho:.3f}, {p}"
    return _chart(scene, name, title, across, along, series)


def series_of(chart_node: ChartNode) -> list[Node]:
    """The series of a chart, in order."""
    return [chart_node.GetNthPlotSeriesNode(n) for n in range(chart_node.GetNumberOfPlotSeriesNodes())]


def chart_parts(chart_node: ChartNode) -> list[Node]:
    """The series of a chart and the tables behind them, each once."""
    series = series_of(chart_node)
    tables = {one.GetTableNodeID(): one.GetTableNode() for one in series}
    return [*series, *(table for table in tables.values() if table is not None)]


def _statistics(compute: Any, x: np.ndarray, y: np.ndarray) -> Any:
    try:
        return compute(x, y)
    except ValueError as error:
        raise InputRefused(
            "cases_not_comparable",
            f"The cases cannot be compared: {error}",
            "Add more cases that have both an estimate and a reference.",
        ) from None


def _mark_columns(threshold_hu: float, volumes: np.ndarray) -> dict[str, list[float]]:
    top = float(np.nanmax(volumes)) if np.isfinite(volumes).any() else 1.0
    return {"threshold (HU)": [float(threshold_hu)] * 2, "mL": [0.0, top]}


def _series(
    scene: Scene, table: TableNode, x: str, y: str, title: str, color: tuple[float, float, float]
) -> Node:
    node = scene.AddNewNodeByClass("vtkMRMLPlotSeriesNode", title)
    node.SetAndObserveTableNodeID(table.GetID())
    node.SetXColumnName(x)
    node.SetYColumnName(y)
    node.SetPlotType(slicer().vtkMRMLPlotSeriesNode.PlotTypeScatter)
    node.SetColor(*color)
    return node


def _line(
    scene: Scene, table: TableNode, x: str, y: str, title: str, color: tuple[float, float, float], dashed: bool = False
) -> Node:  # fmt: skip
    kinds = slicer().vtkMRMLPlotSeriesNode
    node = _series(scene, table, x, y, title, color)
    node.SetMarkerStyle(kinds.MarkerStyleNone)
    node.SetLineStyle(kinds.LineStyleDash if dashed else kinds.LineStyleSolid)
    return node


def _points(scene: Scene, table: TableNode, x: str, y: str, title: str) -> Node:
    kinds = slicer().vtkMRMLPlotSeriesNode
    node = _series(scene, table, x, y, title, _POINT)
    node.SetLabelColumnName("case")
    node.SetMarkerStyle(kinds.MarkerStyleCircle)
    node.SetLineStyle(kinds.LineStyleNone)
    return node


def _chart(scene: Scene, name: str, title: str, x_title: str, y_title: str, series: list[Node]) -> ChartNode:
    chart = scene.AddNewNodeByClass("vtkMRMLPlotChartNode", name)
    chart.SetTitle(title)
    chart.SetXAxisTitle(x_title)
    chart.SetYAxisTitle(y_title)
    for one in series:
        chart.AddAndObservePlotSeriesNodeID(one.GetID())
    return chart
