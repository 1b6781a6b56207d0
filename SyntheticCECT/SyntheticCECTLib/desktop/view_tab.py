"""The tab *View*: presets, opacity, windows, linked views, volume rendering."""

from __future__ import annotations

from typing import Any

from ..core.errors import InputRefused
from . import view_presets
from .desk import Desk
from .parameters import ViewPreset
from .slice_plane import SlicePlane

NO_RESULT = "No result yet: press Apply in the Synthesize tab."


class ViewTab:
    """Shows the session's result as it was chosen.

    Args:
        desk: What all tabs share.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._layout_before = 0
        self._turned: dict[str, SlicePlane] = {}
        ui = self._ui = desk.ui
        for combo in (ui.viewPresetCombo, ui.windowCombo):
            combo.connect("activated(int)", self._chosen)
        ui.opacitySlider.connect("valueChanged(double)", self._faded)
        for check in (ui.linkedCheck, ui.renderingCheck):
            check.connect("clicked(bool)", self._chosen)
        ui.showButton.connect("clicked(bool)", self._chosen)

    def update_message(self) -> None:
        """What could be shown; the views stay as they are."""
        nodes = self._desk.session.nodes
        self._ui.viewMessageLabel.text = nodes.synthetic_cect.GetName() if nodes else NO_RESULT

    def show(self) -> None:
        """Everything as chosen; nothing without a result."""
        nodes, parameters = self._desk.session.nodes, self._desk.parameters
        self.update_message()
        if nodes is None:
            return
        view_presets.window_volumes(nodes, parameters.windowPreset.value)
        view_presets.link_views(self._desk.session.scene, parameters.linkedViews)
        try:
            self._show_preset(parameters.viewPreset, parameters.overlayOpacity)
            if view_presets.render(nodes, parameters.volumeRendering):
                self._desk.application.center_3d_views()
        except InputRefused as refusal:
            self._ui.viewMessageLabel.text = str(refusal)

    def _show_preset(self, preset: ViewPreset, opacity: float) -> None:
        nodes = self._desk.session.nodes
        assert nodes is not None
        self._arrange(preset is ViewPreset.SIDE_BY_SIDE)
        if preset is ViewPreset.SIDE_BY_SIDE:
            self._turned |= view_presets.show_side_by_side(nodes)
        elif preset is ViewPreset.CHECKERBOARD:
            window = self._desk.parameters.windowPreset.value
            view_presets.show_checkerboard(nodes, self._desk.session.case(), window)
        elif preset is ViewPreset.ENHANCEMENT:
            view_presets.show_enhancement(nodes, opacity)
        else:
            view_presets.show_fusion(nodes, opacity)

    def _arrange(self, beside: bool) -> None:
        """Two views beside each other, or the layout and the planes that there were before."""
        application, two = self._desk.application, view_presets.side_by_side_layout()
        now = application.layout()
        if beside and now != two:
            self._layout_before = now
            application.set_layout(two)
        elif not beside and self._layout_before and now == two:
            application.set_layout(self._layout_before)
            self._layout_before = 0
        if not beside:
            view_presets.turn_back(self._desk.session.scene, self._turned)
            self._turned = {}

    def _chosen(self, *_: Any) -> None:
        self.show()

    def _faded(self, opacity: float) -> None:
        nodes, preset = self._desk.session.nodes, self._desk.parameters.viewPreset
        if nodes is not None and preset is ViewPreset.FUSION:
            view_presets.show_fusion(nodes, opacity)
        elif nodes is not None and preset is ViewPreset.ENHANCEMENT:
            view_presets.show_enhancement(nodes, opacity)
