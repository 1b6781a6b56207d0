"""How results are shown in slice views: windows, overlay, colours; and which views show synthetic pixels."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from ..core.errors import InputRefused
from .node_types import ColorNode, Node, Scene, SliceCompositeNode, VolumeNode, nodes_of
from .provenance import CONTENT, is_synthetic, provenance_of, write_provenance

SYNTHETIC_NOTE = "SYNTHETIC, research use"
"""Stands permanently in each of `synthetic_views`."""

ENHANCEMENT_COLORS = "SYNTHETIC enhancement colours"
ENHANCEMENT_UPPER_HU = 400.0
_RAMP = (
    (0.0, (0.10, 0.02, 0.20)),
    (0.35, (0.72, 0.18, 0.20)),
    (0.7, (0.98, 0.62, 0.15)),
    (1.0, (1.0, 1.0, 0.8)),
)


@dataclass(frozen=True)
class WindowPreset:
    """A grey window in HU."""

    name: str
    window_hu: float
    level_hu: float


# The first two are those of the report, so that screen and page look alike.
WINDOWS = {
    "cardiac_cta": WindowPreset("Cardiac CTA", 900.0, 250.0),
    "mediastinum": WindowPreset("Mediastinum", 350.0, 40.0),
    "non_contrast": WindowPreset("Non-contrast heart", 200.0, 40.0),
}


def apply_window(volume_node: VolumeNode, preset: str) -> None:
    """Sets the grey window of a volume.

    Args:
        volume_node: What to show; it gets display nodes where it has none.
        preset: A key of `WINDOWS`.

    Raises:
        InputRefused: ``window_unknown``.
    """
    if preset not in WINDOWS:
        raise InputRefused(
            "window_unknown", f"There is no window '{preset}'.", f"Choose one of: {', '.join(WINDOWS)}."
        )
    if volume_node.GetDisplayNode() is None:
        volume_node.CreateDefaultDisplayNodes()
    display, window = volume_node.GetDisplayNode(), WINDOWS[preset]
    display.SetAutoWindowLevel(False)
    display.SetWindowLevel(window.window_hu, window.level_hu)


def show_overlay(
    composite_nodes: Iterable[SliceCompositeNode],
    background: VolumeNode | None,
    foreground: VolumeNode | None,
    opacity: float,
) -> None:
    """Sets what slice views show.

    Args:
        composite_nodes: One for each view.
        background: Usually the CT; ``None`` shows nothing there.
        foreground: Usually the synthetic CECT or the enhancement, laid over the background.
        opacity: Of the foreground, from 0 (hidden) to 1.
    """
    for composite in composite_nodes:
        modifying = composite.StartModify()
        composite.SetBackgroundVolumeID(background.GetID() if background else None)
        composite.SetForegroundVolumeID(foreground.GetID() if foreground else None)
        composite.SetForegroundOpacity(min(max(float(opacity), 0.0), 1.0))
        composite.EndModify(modifying)


def synthetic_views(scene: Scene) -> list[Node]:
    """The views that show synthetic pixels and so must carry `SYNTHETIC_NOTE`.

    Returns:
        Slice composite nodes with a visible synthetic layer, then the 3D view nodes in which such a slice or a volume
        rendering of a synthetic volume is visible.
    """
    slices = [node for node in nodes_of(scene, "vtkMRMLSliceCompositeNode") if shows_synthetic(node)]
    in_3d: set[str] = set()
    views = nodes_of(scene, "vtkMRMLViewNode")
    layouts = {node.GetLayoutName() for node in slices}
    for slice_node in nodes_of(scene, "vtkMRMLSliceNode"):
        if slice_node.GetLayoutName() in layouts and slice_node.GetSliceVisible():
            chosen = [slice_node.GetNthThreeDViewID(n) for n in range(slice_node.GetNumberOfThreeDViewIDs())]
            in_3d |= set(chosen or [view.GetID() for view in views])
    for rendering in nodes_of(scene, "vtkMRMLVolumeRenderingDisplayNode"):
        if rendering.GetVisibility() and is_synthetic(rendering.GetDisplayableNode()):
            in_3d |= {view.GetID() for view in views if rendering.IsDisplayableInView(view.GetID())}
    return [*slices, *(view for view in views if view.GetID() in in_3d)]


def shows_synthetic(composite: SliceCompositeNode) -> bool:
    """Whether a layer of a slice view holds synthetic pixels and is not fully transparent."""
    layers = [
        (composite.GetBackgroundVolumeID(), 1.0),
        (composite.GetForegroundVolumeID(), composite.GetForegroundOpacity()),
        (composite.GetLabelVolumeID(), composite.GetLabelOpacity()),
    ]
    if hasattr(composite, "GetNumberOfAdditionalLayers"):  # Slicer 5.11 and later
        first = 3  # background, foreground and label come before them
        layers += [
            (composite.GetNthLayerVolumeID(n), composite.GetNthLayerOpacity(n))
            for n in range(first, first + composite.GetNumberOfAdditionalLayers())
        ]
    scene = composite.GetScene()
    return any(
        node_id and opacity > 0 and is_synthetic(scene.GetNodeByID(node_id)) for node_id, opacity in layers
    )


def enhancement_colors(scene: Scene) -> ColorNode:
    """The colour node for enhancement maps: dark violet over red and orange to white; made on first use."""
    for node in nodes_of(scene, "vtkMRMLColorTableNode"):
        if provenance_of(node).get(CONTENT) == "enhancement_colors":
            return node
    node = scene.AddNewNodeByClass("vtkMRMLColorTableNode", ENHANCEMENT_COLORS)
    # Colours are hidden at first, and Slicer's Save dialog leaves hidden nodes out.
    node.SetHideFromEditors(False)
    node.SetTypeToUser()
    node.SetNumberOfColors(256)
    for index in range(256):
        node.SetColor(index, f"{index}", *_ramp(index / 255), 1.0)
    write_provenance(node, {}, "enhancement_colors")
    return node


def color_enhancement(enhancement_node: VolumeNode, upper_hu: float = ENHANCEMENT_UPPER_HU) -> None:
    """Shows an enhancement volume in colour.

    Args:
        enhancement_node: HU that were added; below 1 HU it is transparent, so that the CT below shows.
        upper_hu: Where the colours end.
    """
    if enhancement_node.GetDisplayNode() is None:
        enhancement_node.CreateDefaultDisplayNodes()
    display = enhancement_node.GetDisplayNode()
    modifying = display.StartModify()
    display.SetAndObserveColorNodeID(enhancement_colors(enhancement_node.GetScene()).GetID())
    display.SetAutoWindowLevel(False)
    display.SetWindowLevel(upper_hu, upper_hu / 2)
    display.SetAutoThreshold(False)
    display.SetLowerThreshold(1.0)
    display.SetUpperThreshold(32767.0)
    display.SetApplyThreshold(True)
    display.EndModify(modifying)


def _ramp(position: float) -> tuple[float, float, float]:
    for (low, start), (high, end) in pairwise(_RAMP):
        if position <= high:
            share = (position - low) / (high - low)
            red, green, blue = (a + (b - a) * share for a, b in zip(start, end, strict=True))
            return red, green, blue
    return _RAMP[-1][1]
