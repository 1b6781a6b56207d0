"""Makes the views: Slicer's own slice and 3D views, rendered here and drawn by hand in the browser."""

from __future__ import annotations

from typing import Any

from trame_server import Server
from trame_slicer.core import SlicerApp
from trame_slicer.rca_view import register_rca_factories

from ...mrml.node_types import VolumeNode, nodes_of
from .layouts import AXIAL, COMPARED, DEFINITIONS, SLICES, THREE_D
from .linked_slices import LinkedSlices
from .view_ui import fill_slice_view, fill_solid_view

FRAMES_PER_SECOND = 30.0
MOVING_QUALITY = 70


class SlicerViews:
    """All views of the room.

    Args:
        server: trame's.
        slicer_app: trame-slicer's.
    """

    def __init__(self, server: Server, slicer_app: SlicerApp) -> None:
        self._slicer_app = slicer_app
        # Contours must follow a slider outside the views as quickly as a mouse inside, so no view slows down.
        register_rca_factories(
            slicer_app.view_manager, server, slice_view_ui_f=fill_slice_view, three_d_view_ui_f=fill_solid_view,
            target_fps=FRAMES_PER_SECOND, blur_fps=FRAMES_PER_SECOND, interactive_quality=MOVING_QUALITY,
        )  # fmt: skip
        self.by_tag: dict[str, Any] = {
            tag: slicer_app.view_manager.create_view(definition) for tag, definition in DEFINITIONS.items()
        }
        for tag, view in self.by_tag.items():
            # Without a graphics card every sample is computed by the processor.
            view.render_window().SetMultiSamples(0 if tag in SLICES else 2)
        self._link = LinkedSlices(self._slice_node(AXIAL), self._slice_node(COMPARED))

    def map(self, tags: tuple[str, ...]) -> None:
        """Lets only these views render: the others are not on the page."""
        self._slicer_app.view_manager.set_current_view_ids(list(tags))

    def composites(self) -> dict[str, Any]:
        """Slice composite nodes by the tag of their view."""
        found = nodes_of(self._slicer_app.scene, "vtkMRMLSliceCompositeNode")
        return {node.GetLayoutName(): node for node in found if node.GetLayoutName() in SLICES}

    def fit(self, volume_node: VolumeNode, center_ras: tuple[float, float, float] | None) -> None:
        """Shows the whole volume in every view, at the slices through a point."""
        for tag in SLICES:
            self.by_tag[tag].reset_view()
        if center_ras is not None:
            self.jump(center_ras)
        self.by_tag[THREE_D].reset_view()

    def jump(self, point_ras: tuple[float, float, float]) -> None:
        """Moves the slices through a point, mm."""
        for tag in SLICES:
            self._slice_node(tag).JumpSliceByOffsetting(*point_ras)

    def step(self, slices: int) -> None:
        """Leafs in the axial view."""
        view = self.by_tag[AXIAL]
        low, high = view.get_slice_range()
        view.set_slice_value(min(max(view.get_slice_value() + slices * view.get_slice_step(), low), high))

    def show_cross_hair(self, shown: bool) -> None:
        """A cross in every view; it moves with the mouse while Shift is held, and the slices with it."""
        for node in nodes_of(self._slicer_app.scene, "vtkMRMLCrosshairNode"):
            node.SetCrosshairMode(node.ShowBasic if shown else node.NoCrosshair)
            node.SetCrosshairBehavior(node.OffsetJumpSlice)

    def render(self) -> None:
        """Asks every view for a new picture."""
        for view in self.by_tag.values():
            view.schedule_render()

    def _slice_node(self, tag: str) -> Any:
        return self.by_tag[tag].get_view_node()
