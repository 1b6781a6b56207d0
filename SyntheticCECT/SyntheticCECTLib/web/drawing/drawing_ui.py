"""trame-slicer's segment editor in the width of our drawer: two chambers, tools, their options, undo and redo."""

from __future__ import annotations

from trame.widgets import html
from trame.widgets.vuetify3 import VBtn
from trame_slicer.app.ui.segmentation import SegmentEditorState, SegmentEditorUI
from trame_slicer.app.ui.segmentation.draw_effect_ui import DrawEffectUI
from trame_slicer.app.ui.segmentation.islands_effect_ui import IslandsEffectUI
from trame_slicer.app.ui.segmentation.logical_operators_effect_ui import LogicalOperatorsEffectUI
from trame_slicer.app.ui.segmentation.paint_effect_ui import PaintEffectUI
from trame_slicer.app.ui.segmentation.scissors_effect_ui import ScissorsEffectUI
from trame_slicer.app.ui.segmentation.smoothing_effect_ui import SmoothingEffectUI
from trame_slicer.app.ui.segmentation.threshold_effect_ui import ThresholdEffectUI
from trame_slicer.segmentation import (
    SegmentationEffectDraw,
    SegmentationEffectErase,
    SegmentationEffectIslands,
    SegmentationEffectLogicalOperators,
    SegmentationEffectNoTool,
    SegmentationEffectPaint,
    SegmentationEffectScissors,
    SegmentationEffectSmoothing,
    SegmentationEffectThreshold,
)

from ..element import marked, named
from ..typed_state import names_of

TOOLS = (
    ("Look", "mdi-cursor-default-outline", SegmentationEffectNoTool, None),
    ("Paint", "mdi-brush", SegmentationEffectPaint, PaintEffectUI),
    ("Erase", "mdi-eraser", SegmentationEffectErase, PaintEffectUI),
    ("Draw", "mdi-draw", SegmentationEffectDraw, DrawEffectUI),
    ("Scissors", "mdi-content-cut", SegmentationEffectScissors, ScissorsEffectUI),
    ("Threshold", "mdi-contrast-circle", SegmentationEffectThreshold, ThresholdEffectUI),
    ("Islands", "mdi-scatter-plot-outline", SegmentationEffectIslands, IslandsEffectUI),
    ("Smoothing", "mdi-blur", SegmentationEffectSmoothing, SmoothingEffectUI),
    ("Combine", "mdi-vector-combine", SegmentationEffectLogicalOperators, LogicalOperatorsEffectUI),
)


class DrawingUI(SegmentEditorUI):
    """The panel; build it inside the drawer. Segments can be neither added nor removed: there are two chambers."""

    def _build_ui(self) -> None:
        name = names_of(self.server, SegmentEditorState)
        segments = name.segment_list
        select = f"trigger('{self.server.trigger_name(self.select_segment_clicked)}', [one.segment_id])"
        with self, html.Div(classes="room-section", raw_attrs=marked(panel="drawing")):
            html.H3("Drawing")
            with html.Div(classes="room-choices"):
                VBtn(
                    "{{ one.name }}", v_for=f"one in {segments.segments}", key="one.segment_id", size="small",
                    variant=(f"one.segment_id === {segments.active_segment_id} ? 'flat' : 'outlined'",),
                    color=("one.color",), click=select, raw_attrs=[':data-segment="one.segment_id"'],
                )  # fmt: skip
            with html.Div(classes="room-tools"):
                for title, icon, effect, _ in TOOLS:
                    tool = effect.get_effect_name()
                    VBtn(
                        icon=icon, size="small", rounded="lg", click=self._chooser(effect),
                        variant=(f"{name.active_effect_name} === '{tool}' ? 'flat' : 'text'",),
                        color=(f"{name.active_effect_name} === '{tool}' ? 'primary' : undefined",),
                        raw_attrs=named(title, tool=title.lower()),
                    )  # fmt: skip
                VBtn(
                    icon="mdi-undo", size="small", variant="text", click=self.undo_clicked,
                    disabled=(f"!{name.can_undo}",), raw_attrs=named("Undo", tool="undo"),
                )  # fmt: skip
                VBtn(
                    icon="mdi-redo", size="small", variant="text", click=self.redo_clicked,
                    disabled=(f"!{name.can_redo}",), raw_attrs=named("Redo", tool="redo"),
                )  # fmt: skip
            for _, _, effect, options in TOOLS:
                if options is not None:
                    self._register_effect_ui(effect, options)

    def _chooser(self, effect: type) -> object:
        return lambda: self.effect_button_clicked(effect)
