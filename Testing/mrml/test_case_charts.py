"""Charts of several cases: both are there or the reason is, once, in a folder, and say where they came from."""

from __future__ import annotations

from typing import Any

import pytest

from SyntheticCECTLib.mrml import case_charts
from SyntheticCECTLib.mrml.case_charts import BLAND_ALTMAN, CORRELATION, chart_of_cases, put_case_charts
from SyntheticCECTLib.mrml.plots import chart_parts
from SyntheticCECTLib.mrml.provenance import provenance_of
from SyntheticCECTLib.mrml.subject_hierarchy import folder_of, items_of, nodes_in

CASES = ["a", "b", "c", "d"]
PREDICTED, REFERENCE = [102.0, 108.0, 121.0, 137.0], [100.0, 110.0, 120.0, 130.0]


def first(number: int) -> tuple[list[float], list[float], list[str]]:
    return PREDICTED[:number], REFERENCE[:number], CASES[:number]


def test_both_charts_lie_in_one_folder_with_all_that_they_are_made_of(scene: Any) -> None:
    charts = put_case_charts(scene, *first(4))
    made = [charts.bland_altman, charts.correlation]
    nodes = [node for chart in made for node in (chart, *chart_parts(chart))]
    assert set(nodes_in(scene, folder_of(scene, made[0]))) == set(nodes) and charts.reasons == {}
    for node in nodes:
        facts = provenance_of(node)
        assert (
            facts["cases"] == '["a", "b", "c", "d"]' and "research use" in facts["note"] and facts["software"]
        )
    assert chart_of_cases(scene, BLAND_ALTMAN) is made[0] and chart_of_cases(scene, CORRELATION) is made[1]


def test_next_charts_take_the_place_of_the_earlier_ones(scene: Any, ids_of: Any) -> None:
    put_case_charts(scene, *first(4))
    nodes, items = len(ids_of(scene)), len(items_of(scene))
    charts = put_case_charts(scene, PREDICTED, [100.0, 110.0, 120.0, 131.0], CASES)
    assert (len(ids_of(scene)), len(items_of(scene))) == (nodes, items)
    assert chart_of_cases(scene, BLAND_ALTMAN) is charts.bland_altman


def test_three_cases_have_no_correlation_and_the_reason(scene: Any) -> None:
    put_case_charts(scene, *first(4))
    charts = put_case_charts(scene, *first(3))
    assert charts.bland_altman is not None and charts.correlation is None
    assert "3 pairs" in charts.reasons[CORRELATION] and "Add more cases" in charts.reasons[CORRELATION]
    assert chart_of_cases(scene, CORRELATION) is None, "the earlier one is of other cases"


def test_a_failure_leaves_the_earlier_charts(
    scene: Any, ids_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_case_charts(scene, *first(4))
    before, items = ids_of(scene), items_of(scene)
    monkeypatch.setattr(case_charts, "add_correlation", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        put_case_charts(scene, *first(4))
    assert ids_of(scene) == before and items_of(scene) == items
