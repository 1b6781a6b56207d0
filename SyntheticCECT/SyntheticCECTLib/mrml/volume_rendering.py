"""Volume rendering of the synthetic CECT: blood in colour, bone pale, everything darker than contrast left out."""

from __future__ import annotations

from collections.abc import Iterable

from ..core.errors import InputRefused
from .node_types import Node, Scene, VolumeNode

RENDERING = "vtkMRMLGPURayCastVolumeRenderingDisplayNode"
BY_PROCESSOR = "vtkMRMLCPURayCastVolumeRenderingDisplayNode"
"""Many times quicker than `RENDERING` where there is no graphics card."""
OPACITY = ((-3024.0, 0.0), (150.0, 0.0), (260.0, 0.18), (420.0, 0.6), (1200.0, 0.85), (3071.0, 0.85))
COLOR = (
    (-3024.0, (0.0, 0.0, 0.0)), (150.0, (0.35, 0.05, 0.05)), (280.0, (0.75, 0.15, 0.12)),
    (450.0, (0.95, 0.55, 0.35)), (900.0, (1.0, 0.93, 0.82)), (3071.0, (1.0, 1.0, 1.0)),
)  # fmt: skip


def render_volume(
    scene: Scene, volume_node: VolumeNode, view_nodes: Iterable[Node] = (), method: str = RENDERING
) -> Node:
    """Shows a volume rendering; one that the volume has already is shown again, as a person left it.

    Args:
        scene: That the volume is in.
        volume_node: Synthetic or real CECT.
        view_nodes: 3D views to show it in; all where none is named.
        method: `RENDERING` or `BY_PROCESSOR`; one that is there already keeps its own.

    Returns:
        The volume rendering's display node.

    Raises:
        InputRefused: ``no_volume_rendering`` where this Slicer has none.
    """
    display = rendering_of(volume_node)
    if display is None:
        display = _add(scene, volume_node, method)
    display.RemoveAllViewNodeIDs()
    for view in view_nodes:
        display.AddViewNodeID(view.GetID())
    display.SetVisibility(True)
    return display


def rendering_of(volume_node: VolumeNode) -> Node | None:
    """The volume rendering that a volume has, or ``None``."""
    for index in range(volume_node.GetNumberOfDisplayNodes()):
        display = volume_node.GetNthDisplayNode(index)
        if display is not None and display.IsA("vtkMRMLVolumeRenderingDisplayNode"):
            return display
    return None


def _add(scene: Scene, volume_node: VolumeNode, method: str) -> Node:
    # The class is known to the scene once the logic of volume rendering has been set up.
    display = scene.CreateNodeByClass(method)
    if display is None:
        raise InputRefused(
            "no_volume_rendering",
            "This Slicer has no volume rendering: its module or logic is not loaded.",
            "Enable the module Volume Rendering, or look at the slice views and the surfaces of the chambers.",
        )
    display.UnRegister(None)  # CreateNodeByClass hands out a reference of its own
    settings = scene.AddNewNodeByClass(
        "vtkMRMLVolumePropertyNode", f"{volume_node.GetName()} rendering property"
    )
    _fill(settings)
    display.SetName(f"{volume_node.GetName()} rendering")
    scene.AddNode(display)
    display.SetAndObserveVolumePropertyNodeID(settings.GetID())
    volume_node.AddAndObserveDisplayNodeID(display.GetID())
    return display


def _fill(settings: Node) -> None:
    from vtkmodules.vtkCommonDataModel import vtkPiecewiseFunction
    from vtkmodules.vtkRenderingCore import vtkColorTransferFunction

    opacity, color = vtkPiecewiseFunction(), vtkColorTransferFunction()
    for hu, value in OPACITY:
        opacity.AddPoint(hu, value)
    for hu, rgb in COLOR:
        color.AddRGBPoint(hu, *rgb)
    settings.SetScalarOpacity(opacity)
    settings.SetColor(color)
    shown = settings.GetVolumeProperty()
    shown.SetInterpolationTypeToLinear()
    shown.ShadeOn()
    shown.SetAmbient(0.2)
    shown.SetDiffuse(0.9)
    shown.SetSpecular(0.2)
