"""The two charts of several cases: one set of them in a scene, in a folder of their own, replaced by the next."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..core.errors import InputRefused
from ..core.version import VERSION
from .node_types import ChartNode, Node, Scene, nodes_of
from .plots import add_bland_altman, add_correlation, chart_parts
from .provenance import CONTENT, NOTE, provenance_of, write_provenance
from .scene_change import all_or_nothing, remove_nodes
from .subject_hierarchy import NO_ITEM, add_folder, folder_of, put_into

BLAND_ALTMAN, CORRELATION = "cases.bland_altman", "cases.correlation"
FOLDER = "Agreement of cases, from SYNTHETIC CECT"


@dataclass(frozen=True)
class CaseCharts:
    """What several cases came to.

    Attributes:
        bland_altman, correlation: Charts; ``None`` where there is none.
        reasons: Why there is none, by `BLAND_ALTMAN` and `CORRELATION`.
    """

    bland_altman: ChartNode | None
    correlation: ChartNode | None
    reasons: dict[str, str]


def put_case_charts(
    scene: Scene, predicted: Sequence[float], reference: Sequence[float], case_ids: Sequence[str]
) -> CaseCharts:
    """Adds both charts of left atrium and left ventricle together, all or nothing; those that were there before go.

    Args:
        scene: Where to.
        predicted: (N,) mL, as estimated.
        reference: (N,) mL, of the references.
        case_ids: (N,) names.

    Returns:
        The charts; one that cannot be drawn of these cases is left out, with the reason.
    """
    earlier = _earlier(scene)
    folder = next((folder_of(scene, node) for node in earlier), NO_ITEM)
    entries = {"note": NOTE, "software": f"SyntheticCECT {VERSION}", "cases": json.dumps(list(case_ids))}
    measured, reasons = (predicted, reference, case_ids), dict[str, str]()

    def add(make: Callable[..., ChartNode], content: str, title: str) -> ChartNode | None:
        try:
            with all_or_nothing(scene):
                chart = make(scene, *measured, f"{title} LA+LV, {len(case_ids)} cases")
        except InputRefused as refusal:
            reasons[content] = str(refusal)
            return None
        nodes = [chart, *chart_parts(chart)]
        for node in nodes:
            write_provenance(node, entries, content)
        put_into(scene, folder, nodes)
        return chart

    scene.SaveStateForUndo()
    with all_or_nothing(scene):
        if folder == NO_ITEM:
            folder = add_folder(scene, FOLDER)
        bland_altman = add(add_bland_altman, BLAND_ALTMAN, "Bland-Altman")
        charts = CaseCharts(bland_altman, add(add_correlation, CORRELATION, "Correlation"), reasons)
    remove_nodes(scene, earlier)
    return charts


def chart_of_cases(scene: Scene, content: str) -> ChartNode | None:
    """The chart that is in the scene.

    Args:
        scene: Where it may be.
        content: `BLAND_ALTMAN` or `CORRELATION`.
    """
    charts = nodes_of(scene, "vtkMRMLPlotChartNode")
    return next((one for one in charts if provenance_of(one).get(CONTENT) == content), None)


def _earlier(scene: Scene) -> list[Node]:
    classes = ("vtkMRMLPlotChartNode", "vtkMRMLPlotSeriesNode", "vtkMRMLTableNode")
    found = [node for name in classes for node in nodes_of(scene, name)]
    return [node for node in found if provenance_of(node).get(CONTENT) in (BLAND_ALTMAN, CORRELATION)]
