"""Writes "SYNTHETIC, research use" into the pixels of every view that shows computed ones, wherever the picture goes."""

from __future__ import annotations

from typing import Any

from vtkmodules.vtkCommonCore import vtkCommand
from vtkmodules.vtkRenderingCore import vtkTextActor

from ...mrml.display import SYNTHETIC_NOTE, synthetic_views
from ...mrml.node_types import Scene
from .layouts import COMPARED

_AMBER = (1.0, 0.76, 0.03)


class SyntheticMarks:
    """The marks of all views.

    Args:
        scene: Whose slice composite and view nodes say what is shown.
        views: trame-slicer views by tag.
        on_change: Called with the tags of the views that are marked, whenever that changes.
    """

    def __init__(self, scene: Scene, views: dict[str, Any], on_change: Any = None) -> None:
        self._scene, self._views, self._on_change = scene, views, on_change
        self._actors = {tag: _mark(view, tag) for tag, view in views.items()}
        self.marked: list[str] = []
        for node in _deciding_nodes(scene):
            node.AddObserver(vtkCommand.ModifiedEvent, lambda *_: self.update())

    def update(self) -> None:
        """Marks what has to be marked now."""
        tags = {
            node.GetLayoutName() if node.IsA("vtkMRMLSliceCompositeNode") else node.GetSingletonTag()
            for node in synthetic_views(self._scene)
        }
        marked = [tag for tag in self._views if tag in tags]
        if marked == self.marked:
            return
        self.marked = marked
        for tag, actor in self._actors.items():
            actor.SetVisibility(tag in marked)
            self._views[tag].schedule_render()
        if self._on_change is not None:
            self._on_change(marked)


def _deciding_nodes(scene: Scene) -> list[Any]:
    nodes = scene.GetNodes()
    kinds = ("vtkMRMLSliceCompositeNode", "vtkMRMLSliceNode")
    return [
        node
        for node in (nodes.GetItemAsObject(n) for n in range(nodes.GetNumberOfItems()))
        if any(node.IsA(kind) for kind in kinds)
    ]


def _mark(view: Any, tag: str) -> vtkTextActor:
    actor = vtkTextActor()
    actor.SetInput(SYNTHETIC_NOTE)
    look = actor.GetTextProperty()
    look.SetColor(*_AMBER)
    look.SetFontSize(15)
    look.SetBold(True)
    look.SetShadow(True)
    if tag == COMPARED:  # a wipe hides this view from the left
        look.SetJustificationToRight()
    else:
        look.SetJustificationToCentered()
    look.SetVerticalJustificationToTop()
    actor.GetPositionCoordinate().SetCoordinateSystemToNormalizedViewport()
    actor.GetPositionCoordinate().SetValue(0.985 if tag == COMPARED else 0.5, 0.985)
    actor.SetVisibility(False)
    # The last renderer lies on top of contours and slices.
    view.renderers()[-1].AddViewProp(actor)
    return actor
