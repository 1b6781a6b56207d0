"""Charts hold the numbers that were computed by hand."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from SyntheticCECTLib.core.errors import InputRefused
from SyntheticCECTLib.mrml.plots import (
    add_bland_altman,
    add_correlation,
    add_volume_curve,
    chart_parts,
    mark_threshold,
    series_of,
)
from SyntheticCECTLib.mrml.tables import columns_of

CASES = ["a", "b", "c", "d"]
PREDICTED, REFERENCE = [102.0, 108.0, 121.0, 137.0], [100.0, 110.0, 120.0, 130.0]
# Differences 2, -2, 1, 7: mean 2, squares of the deviations 0, 16, 1, 25, so SD = sqrt(42 / 3).
SD = math.sqrt(14)
CURVE = (np.array([250.0, 300.0, 350.0]), np.array([90.0, 80.0, np.nan]), np.array([150.0, 140.0, 120.0]))


def points_of(series: Any) -> tuple[list[Any], list[Any]]:
    columns = columns_of(series.GetTableNode())
    return columns[series.GetXColumnName()], columns[series.GetYColumnName()]


def test_bland_altman_shows_differences_over_means(scene: Any) -> None:
    points, *_ = series_of(add_bland_altman(scene, PREDICTED, REFERENCE, CASES, "agreement"))
    assert points_of(points) == ([101.0, 109.0, 120.5, 133.5], [2.0, -2.0, 1.0, 7.0])
    assert points.GetLabelColumnName() == "case" and columns_of(points.GetTableNode())["case"] == CASES


def test_bland_altman_lines_are_bias_and_limits(scene: Any) -> None:
    _, bias, upper, lower = series_of(add_bland_altman(scene, PREDICTED, REFERENCE, CASES, "agreement"))
    for line, value in ((bias, 2.0), (upper, 2 + 1.96 * SD), (lower, 2 - 1.96 * SD)):
        x, y = points_of(line)
        assert x == [101.0, 133.5] and y == pytest.approx([value, value])
    assert bias.GetName() == "bias +2.0 mL"


def test_bland_altman_title_says_the_figures(scene: Any) -> None:
    title = add_bland_altman(scene, PREDICTED, REFERENCE, CASES, "agreement").GetTitle()
    assert title == "Bland-Altman, 4 cases: bias +2.0, limits -5.3 to +9.3 mL"


def test_correlation_shows_estimates_over_references_and_identity(scene: Any) -> None:
    chart = add_correlation(scene, PREDICTED, REFERENCE, CASES, "correlation")
    points, identity = series_of(chart)
    assert points_of(points) == (REFERENCE, PREDICTED)
    assert points_of(identity) == ([100.0, 137.0], [100.0, 137.0])
    # Deviations -15 -5 5 15 and -15 -9 4 20: rho = 590 / sqrt(500 * 722).
    assert f"rho {590 / math.sqrt(500 * 722):.3f}" in chart.GetTitle() and "p = 0.018" in chart.GetTitle()


@pytest.mark.parametrize("add", [add_bland_altman, add_correlation])
def test_too_few_cases_are_refused_and_leave_no_node(scene: Any, ids_of: Any, add: Any) -> None:
    before = ids_of(scene)
    with pytest.raises(InputRefused, match="2 pairs") as refusal:
        add(scene, [1.0, 2.0], [1.0, 3.0], ["a", "b"], "few")
    assert refusal.value.code == "cases_not_comparable" and "more cases" in refusal.value.remedy
    assert ids_of(scene) == before


@pytest.mark.parametrize("add", [add_bland_altman, add_correlation])
def test_a_name_too_few_leaves_no_node(scene: Any, ids_of: Any, add: Any) -> None:
    before = ids_of(scene)
    with pytest.raises(ValueError, match="different lengths"):
        add(scene, PREDICTED, REFERENCE, ["a"], "few names")
    assert ids_of(scene) == before


def test_volume_curve_has_a_gap_where_there_is_no_value(scene: Any) -> None:
    la, lv, _ = series_of(add_volume_curve(scene, CURVE, 300.0, "curve"))
    x, y = points_of(la)
    assert x == [250.0, 300.0, 350.0] and y[:2] == [90.0, 80.0] and math.isnan(y[2])
    assert points_of(lv)[1] == [150.0, 140.0, 120.0]
    assert la.GetColor() == pytest.approx((0.91, 0.55, 0.15))


def test_the_mark_moves_with_the_threshold(scene: Any) -> None:
    chart = add_volume_curve(scene, CURVE, 300.0, "curve")
    mark = series_of(chart)[2]
    assert points_of(mark) == ([300.0, 300.0], [0.0, 150.0])
    mark_threshold(chart, 275.0)
    assert points_of(mark) == ([275.0, 275.0], [0.0, 150.0])


def test_a_curve_without_any_value_is_still_drawn(scene: Any) -> None:
    nothing = np.full(3, np.nan)
    chart = add_volume_curve(scene, (CURVE[0], nothing, nothing), 300.0, "curve")
    assert points_of(series_of(chart)[2])[1] == [0.0, 1.0]


def test_parts_of_a_chart_are_its_series_and_tables_each_once(scene: Any) -> None:
    parts = chart_parts(add_volume_curve(scene, CURVE, 300.0, "curve"))
    classes = [part.GetClassName() for part in parts]
    assert classes == ["vtkMRMLPlotSeriesNode"] * 3 + ["vtkMRMLTableNode"] * 2
