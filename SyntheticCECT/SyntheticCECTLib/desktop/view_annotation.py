"""The permanent note in each view that shows synthetic pixels.

It is an actor of its own: the texts that Slicer keeps in the corners come and go with the mouse and with settings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from ..mrml.display import SYNTHETIC_NOTE, synthetic_views
from ..mrml.node_types import nodes_of

View = tuple[Any, Any]
"""Slice composite node or 3D view node, and the ctkVTKAbstractView that draws it."""

WATCHED = (
    "vtkMRMLSliceCompositeNode", "vtkMRMLSliceNode", "vtkMRMLViewNode", "vtkMRMLVolumeRenderingDisplayNode",
)  # fmt: skip
FONT_SIZE = 16
COLOR = (1.0, 0.85, 0.2)


class ViewAnnotation:
    """Keeps the note where it belongs, whatever changes the views.

    Args:
        scene: Whose nodes are shown.
        views: Called for the views that there are now.
        later: Calls a function when the event loop is next free; many changes then cost one update.
    """

    def __init__(
        self, scene: Any, views: Callable[[], Iterable[View]], later: Callable[[Callable[[], None]], None]
    ) -> None:
        self._scene, self._views, self._later = scene, views, later
        self._actors: dict[str, tuple[Any, Any, Any]] = {}
        self._observed: list[tuple[Any, int]] = []
        self._due = False
        self._stopped = False
        for event in (
            scene.NodeAddedEvent,
            scene.NodeRemovedEvent,
            scene.EndImportEvent,
            scene.EndCloseEvent,
        ):
            self._observed.append((scene, scene.AddObserver(event, self._on_scene)))
        self._watched: dict[str, tuple[Any, int]] = {}
        self.update()

    def shown(self) -> set[str]:
        """IDs of the view nodes whose view carries the note now."""
        return set(self._actors)

    def update(self) -> None:
        """Puts notes where they are missing, and takes those away whose view shows nothing synthetic."""
        self._due = False
        if self._stopped:
            return
        self._watch()
        views = {node.GetID(): view for node, view in self._views()}
        wanted = {node.GetID() for node in synthetic_views(self._scene)} & set(views)
        for node_id in [
            one for one in self._actors if one not in wanted or self._actors[one][0] != views[one]
        ]:
            self._take_away(node_id)
        for node_id in wanted - set(self._actors):
            self._put(node_id, views[node_id])

    def stop(self) -> None:
        """Takes every note away and watches no longer."""
        self._stopped = True
        for node_id in list(self._actors):
            self._take_away(node_id)
        for node, tag in [*self._observed, *self._watched.values()]:
            node.RemoveObserver(tag)
        self._observed, self._watched = [], {}

    def _on_scene(self, *_: Any) -> None:
        self._request()

    def _request(self, *_: Any) -> None:
        if not self._due and not self._stopped:
            self._due = True
            self._later(self.update)

    def _watch(self) -> None:
        present = {node.GetID(): node for name in WATCHED for node in nodes_of(self._scene, name)}
        for node_id in [one for one in self._watched if present.get(one) is not self._watched[one][0]]:
            node, tag = self._watched.pop(node_id)
            node.RemoveObserver(tag)
        for node_id, node in present.items():
            if node_id not in self._watched:
                self._watched[node_id] = node, node.AddObserver("ModifiedEvent", self._request)

    def _put(self, node_id: str, view: Any) -> None:
        from vtkmodules.vtkRenderingCore import vtkTextActor

        actor = vtkTextActor()
        actor.SetInput(SYNTHETIC_NOTE)
        text = actor.GetTextProperty()
        text.SetFontSize(FONT_SIZE)
        text.SetBold(True)
        text.SetShadow(True)
        text.SetColor(*COLOR)
        text.SetJustificationToCentered()
        text.SetVerticalJustificationToTop()
        place = actor.GetPositionCoordinate()
        place.SetCoordinateSystemToNormalizedViewport()
        place.SetValue(0.5, 0.98)
        renderer = view.renderWindow().GetRenderers().GetFirstRenderer()
        renderer.AddViewProp(actor)
        # The renderer too: after a change to a light box another one comes first.
        self._actors[node_id] = view, renderer, actor
        view.scheduleRender()

    def _take_away(self, node_id: str) -> None:
        view, renderer, actor = self._actors.pop(node_id)
        renderer.RemoveViewProp(actor)
        if view:  # false in Python once Slicer has deleted the widget, as it does with its window before the modules go
            view.scheduleRender()


def slicer_views(layout_manager: Any) -> list[View]:
    """The views of Slicer's layout.

    Args:
        layout_manager: Of the application; ``None`` without a main window.
    """
    if layout_manager is None:
        return []
    views = []
    for name in layout_manager.sliceViewNames():
        widget = layout_manager.sliceWidget(name)
        views.append((widget.sliceLogic().GetSliceCompositeNode(), widget.sliceView()))
    for number in range(layout_manager.threeDViewCount):
        widget = layout_manager.threeDWidget(number)
        views.append((widget.mrmlViewNode(), widget.threeDView()))
    return views
