"""Which image the views show, how, and in which layout."""

from __future__ import annotations

from typing import Any

from trame_server import Server
from trame_slicer.app.logic import BaseLogic
from trame_slicer.core import SlicerApp

from ...mrml.display import WINDOWS, apply_window, show_overlay
from .case_on_screen import CT, NAMES, OVERLAY, SYNTHETIC, CaseOnScreen
from .layouts import AXIAL, COMPARED, LAYOUTS, SOLID, THREE_D, shows_pair
from .picture_ui import OWN_WINDOW, PictureState, PictureUI
from .slicer_views import SlicerViews
from .synthetic_mark import SyntheticMarks
from .view_ui import CAPTIONS, MARKED

LAYERED = (OVERLAY, "enhancement", "difference")


class PictureLogic(BaseLogic[PictureState]):
    """What the views show of the case on the screen.

    Args:
        server: trame's.
        slicer_app: trame-slicer's.
        views: All views.
        case: The case on the screen.
    """

    def __init__(self, server: Server, slicer_app: SlicerApp, views: SlicerViews, case: CaseOnScreen) -> None:
        super().__init__(server, slicer_app, PictureState)
        self._views, self._case = views, case
        self.state[MARKED] = []
        self._marks = SyntheticMarks(self.scene, views.by_tag, self._tell_marks)
        name = self.name
        self.bind_changes(
            {
                name.image: self._on_image,
                name.opacity: self._on_opacity,
                name.window: self._on_window,
                name.layout: self._on_layout,
                name.cross_hair: self._views.show_cross_hair,
                name.chambers: self._on_contours,
                name.heart: self._on_contours,
                name.reference: self._on_contours,
                name.rendering: self._on_rendering,
            }
        )
        self.state[CAPTIONS] = {THREE_D: "3D", COMPARED: AXIAL}
        self._on_layout(self.data.layout)

    def set_ui(self, ui: PictureUI) -> None:
        """Nothing of this panel calls back: it only changes the state."""

    def on_case(self, image: str) -> None:
        """A case was put on the screen, or taken off."""
        data = self.data
        data.images = [{"value": key, "title": NAMES[key]} for key in self._case.images]
        data.has_reference = self._case.nodes is not None and self._case.nodes.reference is not None
        data.has_result = self._case.nodes is not None
        data.image = image
        self._on_window(data.window)
        self._show()
        self._on_contours()
        self._on_rendering(data.rendering)
        if self._case.native is not None:
            self._views.fit(self._case.native, self._case.heart_center_ras())

    def choose(self, image: str) -> None:
        """Shows another image, where the case has it."""
        if image in self._case.images:
            self.data.image = image

    def _on_image(self, _image: str) -> None:
        self._show()

    def _on_opacity(self, _opacity: float) -> None:
        self._show()

    def _show(self) -> None:
        background, foreground = self._case.layers(self.data.image) if self._case.images else (None, None)
        opacity = self.data.opacity if self.data.image in LAYERED else 1.0
        for tag, composite in self._views.composites().items():
            if tag == AXIAL and shows_pair(self.data.layout):
                show_overlay([composite], self._case.native, None, 0.0)
            elif tag == COMPARED and self.data.image == CT and SYNTHETIC in self._case.images:
                show_overlay([composite], *self._case.layers(SYNTHETIC), 1.0)
            else:
                show_overlay([composite], background, foreground, opacity)
        self._marks.update()
        self._caption()
        self._views.render()

    def _caption(self) -> None:
        if not self._case.images:
            return
        pair, chosen = shows_pair(self.data.layout), NAMES.get(self.data.image, "")
        captions = {tag: f"{tag} · {chosen}" for tag in self._views.composites()}
        captions[THREE_D] = "3D"
        if pair:
            captions[AXIAL] = f"{AXIAL} · {NAMES[CT]}"
            shown = SYNTHETIC if self.data.image == CT and SYNTHETIC in self._case.images else self.data.image
            captions[COMPARED] = f"{AXIAL} · {NAMES[shown]}"
        self.state[CAPTIONS] = captions

    def _on_window(self, window: str) -> None:
        for node, own in self._case.grey_volumes():
            apply_window(node, own if window == OWN_WINDOW or window not in WINDOWS else window)

    def _on_layout(self, layout: str) -> None:
        tags = LAYOUTS.get(layout, LAYOUTS[SOLID])
        self.data.views = list(tags)
        self._views.map(tags)
        if self._case.images:
            self._show()

    def _on_contours(self, *_: Any) -> None:
        nodes = self._case.nodes
        if nodes is None:
            return
        shown = (
            (nodes.chambers, self.data.chambers),
            (nodes.heart, self.data.heart),
            (nodes.reference, self.data.reference),
        )
        for node, visible in shown:
            if node is not None:
                node.GetDisplayNode().SetVisibility(bool(visible))

    def _on_rendering(self, shown: bool) -> None:
        view = self._views.by_tag[THREE_D]
        self._case.render_heart(shown, view.get_view_node())
        self._marks.update()
        view.schedule_render()

    def _tell_marks(self, tags: list[str]) -> None:
        self.state[MARKED] = tags
