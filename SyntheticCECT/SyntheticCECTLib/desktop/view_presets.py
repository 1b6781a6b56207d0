"""What the slice views and the 3D view show of a result."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..core.errors import InputRefused
from ..mrml.display import apply_window, show_overlay
from ..mrml.node_types import nodes_of, slicer
from ..mrml.result_nodes import ResultNodes
from ..mrml.volume_rendering import render_volume, rendering_of
from .companion_volume import CHECKERBOARD, DIFFERENCE, companion_of, put_companion
from .slice_plane import SlicePlane

if TYPE_CHECKING:
    import SimpleITK as sitk

    from ..core.case import PreparedCase

LEFT, RIGHT = "Red", "Yellow"
DIFFERENCE_WINDOW_HU = 600.0


def show_fusion(nodes: ResultNodes, opacity: float) -> None:
    """The synthetic CECT over the CT."""
    show_overlay(_composites(nodes), nodes.native, nodes.synthetic_cect, opacity)


def show_enhancement(nodes: ResultNodes, opacity: float) -> None:
    """What was added, in colour, over the CT."""
    show_overlay(_composites(nodes), nodes.native, nodes.enhancement, opacity)


def show_side_by_side(nodes: ResultNodes) -> dict[str, SlicePlane]:
    """The CT in the left view and the synthetic CECT in the right one, both on the same axial slice and equally large.

    Returns:
        The planes of the views that had to be turned, by layout name, for `turn_back`.
    """
    for composite in _composites(nodes):
        right = composite.GetLayoutName() == RIGHT
        show_overlay([composite], nodes.synthetic_cect if right else nodes.native, None, 0.0)
    views = _slice_views(_scene(nodes))
    if not {LEFT, RIGHT} <= set(views):
        return {}
    turned = {name: SlicePlane.of(views[name]) for name in (LEFT, RIGHT) if not _is_axial(views[name])}
    views[LEFT].SetOrientationToAxial()
    SlicePlane.of(views[LEFT]).put(views[RIGHT])
    return turned


def turn_back(scene: Any, planes: Mapping[str, SlicePlane]) -> None:
    """Gives views the planes that `show_side_by_side` took from them, but for one that was turned again since."""
    views = _slice_views(scene)
    for name, plane in planes.items():
        if name in views and _is_axial(views[name]):
            plane.put(views[name])


def show_checkerboard(nodes: ResultNodes, case: PreparedCase, window: str) -> None:
    """CT and synthetic CECT in alternating squares."""
    board = companion_of(nodes, CHECKERBOARD)
    if board is None:
        from .checkerboard import checkerboard

        image = checkerboard(case.synthesis.native_ct, case.synthesis.synthetic_cect)
        name = f"{nodes.native.GetName()} SYNTHETIC checkerboard"
        board = put_companion(nodes, image, CHECKERBOARD, name)
    apply_window(board, window)
    show_overlay(_composites(nodes), board, None, 0.0)


def show_difference(nodes: ResultNodes, case: PreparedCase, opacity: float) -> Any:
    """Synthetic minus real CECT inside the heart, over the CT.

    Returns:
        The volume.

    Raises:
        InputRefused: ``no_cect`` where the case has no registered CECT.
    """
    if case.cect is None:
        raise InputRefused(
            "no_cect",
            "This case has no registered real CECT to subtract.",
            "Choose the real CECT above and press Compare.",
        )
    image = difference_hu(case.synthesis.synthetic_cect, case.cect, case.synthesis.heart_mask)
    node = put_companion(nodes, image, DIFFERENCE, f"{nodes.native.GetName()} SYNTHETIC minus real CECT (HU)")
    display = node.GetDisplayNode()
    display.SetAndObserveColorNodeID("vtkMRMLColorTableNodeFileColdToHotRainbow.txt")
    display.SetAutoWindowLevel(False)
    display.SetWindowLevel(DIFFERENCE_WINDOW_HU, 0.0)
    show_overlay(_composites(nodes), nodes.native, node, opacity)
    return node


def difference_hu(synthetic: sitk.Image, cect: sitk.Image, heart_mask: sitk.Image) -> sitk.Image:
    """Synthetic minus real, int16, 0 outside the heart; all on one grid."""
    import SimpleITK as sitk

    difference = sitk.Cast(synthetic, sitk.sitkFloat32) - sitk.Cast(cect, sitk.sitkFloat32)
    limited = sitk.Clamp(difference, sitk.sitkFloat32, -32000.0, 32000.0)
    return sitk.Mask(sitk.Cast(sitk.Round(limited), sitk.sitkInt16), heart_mask, 0)


def link_views(scene: Any, linked: bool) -> None:
    """Whether slice views move together."""
    for composite in nodes_of(scene, "vtkMRMLSliceCompositeNode"):
        composite.SetLinkedControl(linked)
        composite.SetHotLinkedControl(linked)


def window_volumes(nodes: ResultNodes, window: str) -> None:
    """The same grey window for everything that is in HU of a CT."""
    shown = [nodes.native, nodes.synthetic_cect, nodes.registered_cect, companion_of(nodes, CHECKERBOARD)]
    for volume in shown:
        if volume is not None:
            apply_window(volume, window)


def render(nodes: ResultNodes, visible: bool) -> bool:
    """Shows or hides the volume rendering of the synthetic CECT. Errors as for `render_volume`.

    Returns:
        Whether it is shown for the first time.
    """
    rendering = rendering_of(nodes.synthetic_cect)
    if visible:
        render_volume(_scene(nodes), nodes.synthetic_cect)
    elif rendering is not None:
        rendering.SetVisibility(False)
    return visible and rendering is None


def side_by_side_layout() -> int:
    """Slicer's number for two slice views beside each other."""
    return int(slicer().vtkMRMLLayoutNode.SlicerLayoutSideBySideView)


def _scene(nodes: ResultNodes) -> Any:
    return nodes.synthetic_cect.GetScene()


def _slice_views(scene: Any) -> dict[str, Any]:
    return {node.GetLayoutName(): node for node in nodes_of(scene, "vtkMRMLSliceNode")}


def _is_axial(slice_node: Any) -> bool:
    return slice_node.GetOrientation() == "Axial"


def _composites(nodes: ResultNodes) -> list[Any]:
    return nodes_of(_scene(nodes), "vtkMRMLSliceCompositeNode")
