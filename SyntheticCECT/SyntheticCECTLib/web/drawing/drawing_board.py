"""The segmentation that is being drawn on, from labels and back to labels."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import SimpleITK as sitk
from trame_server import Server
from trame_server.utils.asynchronous import create_task
from trame_slicer.app.logic import SegmentEditorLogic
from trame_slicer.app.ui.segmentation.paint_effect_ui import PaintEffectState
from trame_slicer.core import SlicerApp

from ...core.errors import InputRefused
from ...mrml.label_node import drawn_chambers_of
from ...mrml.node_types import SegmentationNode, VolumeNode
from ..typed_state import data_of
from ..viewing.case_on_screen import show_outlines
from .drawing_ui import DrawingUI

QUIET_S = 0.7
"""After the last change a stroke counts as finished."""


class DrawingBoard:
    """Slicer's segment editor on one segmentation at a time.

    Args:
        server: trame's.
        slicer_app: trame-slicer's.
    """

    def __init__(self, server: Server, slicer_app: SlicerApp) -> None:
        self._editor = slicer_app.segmentation_editor
        self._logic = SegmentEditorLogic(server, slicer_app)
        # A ball would draw on slices that the hand does not see.
        data_of(server, PaintEffectState).use_sphere_brush = False
        self._ui: DrawingUI | None = None
        self._nodes: tuple[SegmentationNode, VolumeNode] | None = None
        self._on_stroke: Callable[[], object] | None = None
        self._waiting: asyncio.Task | None = None
        self._changes = 0
        self._editor.segmentation_modified.connect(self._on_modified)

    def set_ui(self, ui: DrawingUI) -> None:
        """Connects the panel."""
        self._ui = ui
        self._logic.set_ui(ui)

    def begin(
        self,
        segmentation_node: SegmentationNode,
        volume_node: VolumeNode,
        on_stroke: Callable[[], object] | None = None,
    ) -> None:
        """Draws on a segmentation from now on.

        Args:
            segmentation_node: With the segments ``la`` and ``lv``.
            volume_node: What is drawn over.
            on_stroke: Called when something was changed and the hand rests.
        """
        self._nodes = None  # what follows is no stroke
        segmentation_node.GetSegmentation().RemoveRepresentation("Closed surface")
        self._editor.set_active_segmentation(segmentation_node, volume_node)
        show_outlines(segmentation_node)
        self._nodes, self._on_stroke = (segmentation_node, volume_node), on_stroke

    def end(self) -> None:
        """Puts the tools away."""
        if self._waiting is not None:
            self._waiting.cancel()
        self._waiting = self._nodes = self._on_stroke = None
        self._editor.clear()

    @property
    def changes(self) -> int:
        """Grows with everything that is drawn."""
        return self._changes

    @property
    def is_open(self) -> bool:
        """Whether something is being drawn on."""
        return self._nodes is not None

    def labels(self) -> sitk.Image:
        """What is drawn: LA = 1, LV = 2 on the volume's grid, all zero where nothing is."""
        if self._nodes is None:
            raise InputRefused("not_drawing", "Nothing is being drawn on.", "Open a case first.")
        return drawn_chambers_of(*self._nodes)

    def undo(self) -> None:
        """Takes the last change back."""
        if self._ui is not None:
            self._ui.undo_clicked()

    def redo(self) -> None:
        """Makes the change again."""
        if self._ui is not None:
            self._ui.redo_clicked()

    def _on_modified(self, *_: Any) -> None:
        if self._nodes is None:
            return
        self._changes += 1
        if self._on_stroke is not None and self._waiting is None:
            self._waiting = create_task(self._report())

    async def _report(self) -> None:
        try:
            seen = -1
            while seen != self._changes:
                seen = self._changes
                await asyncio.sleep(QUIET_S)
        finally:
            self._waiting = None
        if self._on_stroke is not None:
            self._on_stroke()
