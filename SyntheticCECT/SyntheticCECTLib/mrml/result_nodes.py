"""The nodes of one case: added all or none, found again, removed."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING

from ..core.stages import OnProgress
from .display import color_enhancement
from .node_types import (
    ChartNode,
    Node,
    Scene,
    SegmentationNode,
    TableNode,
    TransformNode,
    VolumeNode,
    nodes_of,
)
from .plots import add_volume_curve, chart_parts
from .provenance import BY_HAND, PREFIX, provenance_entries, write_provenance
from .scene_change import all_or_nothing, remove_nodes
from .segmentation_node import add_chambers, add_heart
from .subject_hierarchy import add_case_folder, folder_of, put_into, remove_folder
from .tables import add_metrics_table, add_volumes_table
from .transform_node import add_transform
from .volume_node import add_label_volume, add_volume

if TYPE_CHECKING:
    from ..core.case import CaseResult

SYNTHETIC_CECT = "synthetic_cect"
EXPECTED_ERROR_UPPER_HU = 150.0
TABLE, CHART = "table.", "chart."
NATIVE_ROLE = f"{PREFIX}native"
"""By which the synthetic CECT refers to its CT."""


@dataclass(frozen=True)
class ResultNodes:
    """What one case put into the scene.

    Attributes:
        native: The CT without contrast agent, which was there before.
        folder: Item in the subject hierarchy.
        synthetic_cect: CT with synthetic contrast, HU.
        enhancement: What was added, HU.
        heart: One segment ``heart``; hidden at first.
        expected_error: Mean error that the model expects of the synthetic CECT, HU; ``None`` where it does not tell.
        chambers: Segments ``la`` and ``lv``.
        chamber_split: Which side of the heart is whose (1 LA, 2 LV); ``None`` where the model gives none.
        registered_cect: Real CECT on the CT's grid, or ``None``.
        cect_to_native: Transform that moves the real CECT, as it was acquired, onto the CT; ``None`` without a plausible
            registration.
        reference: Reference chambers, or ``None``.
        tables: ``volumes`` and ``metrics``.
        charts: ``curve``, volume against threshold.
    """

    native: VolumeNode
    folder: int
    synthetic_cect: VolumeNode
    enhancement: VolumeNode
    heart: SegmentationNode
    chambers: SegmentationNode
    expected_error: VolumeNode | None = None
    chamber_split: VolumeNode | None = None
    registered_cect: VolumeNode | None = None
    cect_to_native: TransformNode | None = None
    reference: SegmentationNode | None = None
    tables: dict[str, TableNode] = field(default_factory=dict)
    charts: dict[str, ChartNode] = field(default_factory=dict)

    def by_role(self) -> dict[str, Node]:
        """Every node but the native CT, by the role in which the synthetic CECT refers to it."""
        named = {name: getattr(self, name) for name in _NODES}
        named |= {TABLE + key: node for key, node in self.tables.items()}
        named |= {CHART + key: node for key, node in self.charts.items()}
        return {role: node for role, node in named.items() if node is not None}

    def nodes(self) -> Iterator[Node]:
        """Every node but the native CT, with the series and tables behind the charts."""
        yield from self.by_role().values()
        for chart in self.charts.values():
            yield from chart_parts(chart)


_NODES = tuple(
    one.name for one in fields(ResultNodes) if one.name not in ("native", "folder", "tables", "charts")
)
_COMPUTED = (SYNTHETIC_CECT, "enhancement", "expected_error")
_NEEDED = (SYNTHETIC_CECT, "enhancement", "heart", "chambers")


def add_result(
    scene: Scene,
    case_result: CaseResult,
    native_node: VolumeNode,
    name: str = "",
    with_curve: bool = True,
    on_progress: OnProgress | None = None,
) -> ResultNodes:
    """Adds everything that is known of a case; when anything fails, the scene is as it was.

    An older result of the same CT stays. What views show does not change. Everything follows the CT's parent transform.

    Args:
        scene: That the CT is in.
        case_result: Its images lie where `volume_node.to_image` says the CT does.
        native_node: The CT.
        name: Of the case; the CT's name where empty.
        with_curve: Whether the volume-against-threshold chart is computed too.
        on_progress: Called with a fraction from 0 to 1 and what is being added, between the pieces; raise from it to
            cancel.

    Raises:
        InputRefused: ``transform_not_linear`` where the CT lies below a warp.
    """
    name = name or native_node.GetName()
    scene.SaveStateForUndo()
    with all_or_nothing(scene) as change:
        report = change.telling(on_progress)
        result = _add(scene, case_result, native_node, name, with_curve, report)
        entries = provenance_entries(case_result)
        for role, node in result.by_role().items():
            write_provenance(node, entries, role, role in _COMPUTED)
            if node is not result.synthetic_cect:
                result.synthetic_cect.SetNodeReferenceID(PREFIX + role, node.GetID())
        if case_result.by_hand:
            write_provenance(result.chambers, BY_HAND)
        for key, chart in result.charts.items():
            for part in chart_parts(chart):
                write_provenance(part, entries, CHART + key)
        result.synthetic_cect.SetNodeReferenceID(NATIVE_ROLE, native_node.GetID())
        put_into(scene, result.folder, result.nodes())
    return result


def find_result(scene: Scene, native_node: VolumeNode | None) -> ResultNodes | None:
    """The newest complete result of a CT, also in a scene that was loaded; ``None`` where there is none."""
    return next(results_of(scene, native_node), None)


def results_of(scene: Scene, native_node: VolumeNode | None) -> Iterator[ResultNodes]:
    """All complete results of a CT, the newest first; none without a CT."""
    if native_node is None:
        return
    for node in reversed(nodes_of(scene, "vtkMRMLScalarVolumeNode")):
        if node.GetNodeReference(NATIVE_ROLE) is native_node:
            result = _referred(scene, native_node, node)
            if result is not None:
                yield result


def remove_result(scene: Scene, result: ResultNodes, keep: Collection[Node] = ()) -> None:
    """Removes a result's nodes with displays and storages, and its folder if nothing else is left in it.

    Args:
        scene: That it is in.
        result: What to remove.
        keep: Nodes that stay.
    """
    scene.SaveStateForUndo()
    remove_nodes(scene, [node for node in result.nodes() if node not in keep])
    remove_folder(scene, result.folder)


def _add(
    scene: Scene, result: CaseResult, native: VolumeNode, name: str, with_curve: bool, report: OnProgress
) -> ResultNodes:
    from ..core.case import part_of

    case, synthesis, transform = result.case, result.case.synthesis, native.GetParentTransformNode()
    report(0.0, "adding the volumes")
    synthetic = add_volume(
        scene, synthesis.synthetic_cect, f"{name} SYNTHETIC CECT (research use)", transform, "cardiac_cta"
    )
    report(0.1, "adding the volumes")
    enhancement = add_volume(scene, synthesis.enhancement_hu, f"{name} SYNTHETIC enhancement (HU)", transform)
    color_enhancement(enhancement)
    error = split = registered = moved = reference = None
    if synthesis.expected_error_hu is not None:
        error = add_volume(
            scene, synthesis.expected_error_hu, f"{name} SYNTHETIC CECT expected error (HU)", transform
        )
        color_enhancement(error, upper_hu=EXPECTED_ERROR_UPPER_HU)
    if synthesis.chamber_prior is not None:
        split = add_label_volume(scene, synthesis.chamber_prior, f"{name} chamber split", transform)
    report(0.2, "adding the volumes")
    if case.cect is not None:
        registered = add_volume(scene, case.cect, f"{name} real CECT, registered", transform, "cardiac_cta")
    if case.registration is not None and case.registration.plausible:
        moved = add_transform(scene, case.registration.cect_to_native, f"{name} real CECT to CT")
    if case.reference is not None:
        report(0.3, "adding the reference")
        reference = add_chambers(
            scene,
            case.reference,
            native,
            f"{name} reference chambers",
            0.0,
            on_progress=part_of(report, 0.3, 0.4),
        )
    report(0.4, "adding the chambers")
    chambers = add_chambers(
        scene, result.labels, native, f"{name} chambers estimated from SYNTHETIC CECT",
        on_progress=part_of(report, 0.4, 0.5),
    )  # fmt: skip
    report(0.5, "adding the heart")
    return ResultNodes(
        native=native,
        folder=add_case_folder(scene, native, f"{name} SYNTHETIC CECT"),
        synthetic_cect=synthetic,
        enhancement=enhancement,
        heart=add_heart(scene, synthesis.heart_mask, native, f"{name} heart"),
        chambers=chambers,
        expected_error=error,
        chamber_split=split,
        registered_cect=registered,
        cect_to_native=moved,
        reference=reference,
        tables=_tables(scene, result, name),
        charts={"curve": _curve(scene, result, chambers, name, report)} if with_curve else {},
    )


def _tables(scene: Scene, result: CaseResult, name: str) -> dict[str, TableNode]:
    from ..core.case_metrics import heart_volume_ml

    heart_ml = heart_volume_ml(result.case.synthesis.heart_mask)
    return {
        "volumes": add_volumes_table(
            scene,
            result.volumes,
            result.threshold_hu,
            f"{name} volumes from SYNTHETIC CECT",
            heart_ml,
            intervals_ml=result.intervals_ml,
        ),
        "metrics": add_metrics_table(
            scene, result.agreement, f"{name} agreement", result.no_agreement or "", result.case.registration
        ),
    }


def _curve(
    scene: Scene, result: CaseResult, chambers: SegmentationNode, name: str, report: OnProgress
) -> ChartNode:
    from ..core.case import part_of
    from .live_chambers import LiveChambersNode

    report(0.6, "measuring at other thresholds")
    curve = LiveChambersNode(result.case.synthesis, chambers).curve(on_progress=part_of(report, 0.6, 1.0))
    return add_volume_curve(scene, curve, result.threshold_hu, f"{name} volume against threshold")


def _referred(scene: Scene, native: VolumeNode, synthetic: VolumeNode) -> ResultNodes | None:
    roles = [synthetic.GetNthNodeReferenceRole(n) for n in range(synthetic.GetNumberOfNodeReferenceRoles())]
    found = {
        role.removeprefix(PREFIX): node
        for role in roles
        if role.startswith(PREFIX) and (node := synthetic.GetNodeReference(role)) is not None
    } | {SYNTHETIC_CECT: synthetic}
    if not all(role in found for role in _NEEDED):
        return None
    return ResultNodes(
        native=native,
        folder=folder_of(scene, synthetic),
        **{role: node for role, node in found.items() if role in _NODES},
        tables={role.removeprefix(TABLE): node for role, node in found.items() if role.startswith(TABLE)},
        charts={role.removeprefix(CHART): node for role, node in found.items() if role.startswith(CHART)},
    )
