"""The one case that the room shows: its nodes in the scene, added together and removed together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...mrml.display import apply_window
from ...mrml.live_chambers import LiveChambersNode
from ...mrml.node_types import Node, Scene, SegmentationNode, VolumeNode
from ...mrml.result_nodes import ResultNodes, add_result, remove_result
from ...mrml.scene_change import remove_nodes
from ...mrml.volume_node import add_volume
from ...mrml.volume_rendering import rendering_of
from .difference_volume import add_difference
from .heart_rendering import add_heart_rendering

if TYPE_CHECKING:
    import SimpleITK as sitk

    from ...core.case import CaseResult

OUTLINE_PIXELS = 2
CT, SYNTHETIC, OVERLAY, ENHANCEMENT, CECT, DIFFERENCE = (
    "ct",
    "synthetic",
    "overlay",
    "enhancement",
    "cect",
    "difference",
)
NAMES = {
    CT: "CT", SYNTHETIC: "Synthetic CECT", OVERLAY: "Overlay", ENHANCEMENT: "Enhancement", CECT: "Real CECT",
    DIFFERENCE: "Difference",
}  # fmt: skip


class CaseOnScreen:
    """What is shown.

    Args:
        scene: Where to.
    """

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self.native: VolumeNode | None = None
        self.nodes: ResultNodes | None = None
        self.result: CaseResult | None = None
        self.live: LiveChambersNode | None = None
        self._difference: VolumeNode | None = None
        self._rendering: VolumeNode | None = None

    def show_scan(self, image: sitk.Image) -> None:
        """Puts a CT into the scene, alone. Nodes get no name of a file: it may be a patient's."""
        self.clear()
        self.native = add_volume(self._scene, image, "CT")
        apply_window(self.native, "mediastinum")

    def show_result(self, result: CaseResult) -> None:
        """Puts a whole case into the scene, on the CT that it was made of: the one that is there may be another's."""
        self.show_scan(result.case.synthesis.native_ct)
        assert self.native is not None
        self.nodes = add_result(self._scene, result, self.native, "Case", with_curve=False)
        show_outlines(self.nodes.chambers)
        self.result = result
        self.live = LiveChambersNode(result.case.synthesis, self.nodes.chambers)
        if self.nodes.reference is not None:
            _paint_white(self.nodes.reference)
        if self.nodes.registered_cect is not None:
            self._difference = add_difference(self._scene, result.case)

    def render_heart(self, shown: bool, view_node: Node) -> None:
        """Shows the contrast in the heart as a volume in a 3D view, in place of the chambers' surfaces."""
        if self.result is None or self.nodes is None:
            return
        if shown and self._rendering is None:
            self._rendering = add_heart_rendering(self._scene, self.result.case.synthesis, view_node)
        rendering = None if self._rendering is None else rendering_of(self._rendering)
        if rendering is not None:
            rendering.SetVisibility(shown)
        self.nodes.chambers.GetDisplayNode().SetVisibility3D(not shown)

    def clear(self) -> None:
        """Takes everything out of the scene."""
        if self.nodes is not None:
            remove_result(self._scene, self.nodes)
        remove_nodes(self._scene, [self._rendering, self._difference, self.native])
        self.native = self.nodes = self.result = self.live = self._difference = self._rendering = None

    @property
    def images(self) -> list[str]:
        """What can be shown now, of `NAMES`."""
        if self.nodes is None:
            return [CT] if self.native is not None else []
        more = [CECT, DIFFERENCE] if self.nodes.registered_cect is not None else []
        return [CT, SYNTHETIC, OVERLAY, ENHANCEMENT, *more]

    def layers(self, image: str) -> tuple[VolumeNode | None, VolumeNode | None]:
        """Background and foreground for one of `images`."""
        nodes = self.nodes
        if nodes is None or image == CT:
            return self.native, None
        return {
            SYNTHETIC: (nodes.synthetic_cect, None),
            OVERLAY: (self.native, nodes.synthetic_cect),
            ENHANCEMENT: (self.native, nodes.enhancement),
            CECT: (nodes.registered_cect, None),
            DIFFERENCE: (self.native, self._difference),
        }[image]

    def grey_volumes(self) -> list[tuple[VolumeNode, str]]:
        """Volumes that have a grey window, each with the window it has of its own."""
        found: list[tuple[VolumeNode | None, str]] = [(self.native, "mediastinum")]
        if self.nodes is not None:
            found += [(self.nodes.synthetic_cect, "cardiac_cta"), (self.nodes.registered_cect, "cardiac_cta")]
        return [(node, window) for node, window in found if node is not None]

    def heart_center_ras(self) -> tuple[float, float, float] | None:
        """Middle of the heart in mm; of the scan where no heart is known; ``None`` without a scan."""
        if self.native is None:
            return None
        bounds = [0.0] * 6
        node = self.native if self.nodes is None else self.nodes.heart
        node.GetRASBounds(bounds)
        return tuple((low + high) / 2 for low, high in zip(bounds[::2], bounds[1::2], strict=True))  # type: ignore[return-value]


def show_outlines(segmentation_node: SegmentationNode) -> None:
    """Outlines without fill: software rendering blends a fill with black, and contrast is to be seen beneath."""
    display = segmentation_node.GetDisplayNode()
    display.SetVisibility2DFill(False)
    display.SetVisibility2DOutline(True)
    display.SetSliceIntersectionThickness(OUTLINE_PIXELS)


def _paint_white(segmentation_node: SegmentationNode) -> None:
    """The reference's outlines apart from ours; its surfaces would only hide ours."""
    display = segmentation_node.GetDisplayNode()
    for segment_id in segmentation_node.GetSegmentation().GetSegmentIDs():
        display.SetSegmentOverrideColor(segment_id, 1.0, 1.0, 1.0)
    display.SetVisibility3D(False)
