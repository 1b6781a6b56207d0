"""Slicer's Segment Editor in the panel, with the same tools for every reader and nothing that leads to other nodes."""

from __future__ import annotations

from typing import Any

import slicer

TOOLS = (
    "Paint", "Draw", "Erase", "Scissors", "Threshold", "Level tracing", "Fill between slices", "Smoothing", "Islands", "Margin",
)  # fmt: skip
UNDO_STEPS = 20
TAG = "SyntheticCECTReading"


class ReadingEditor:
    """The editor's widget; made when somebody draws for the first time.

    Args:
        scene: Slicer's.
        place: Widget that it is put into.
    """

    def __init__(self, scene: Any, place: Any) -> None:
        self._scene, self._place = scene, place
        self._widget: Any = None

    def begin(self, segmentation: Any, volume: Any) -> None:
        """Draws on a segmentation, which has its segments already."""
        editor = self._widget or self._made()
        editor.setMRMLSegmentEditorNode(self._settings())
        editor.setSegmentationNode(segmentation)
        editor.setSourceVolumeNode(volume)
        editor.setupViewObservations()
        editor.installKeyboardShortcuts()

    def end(self) -> None:
        """Puts the tools away."""
        if self._widget is None:
            return
        self._widget.setActiveEffect(None)
        self._widget.uninstallKeyboardShortcuts()
        self._widget.removeViewObservations()
        self._widget.setSegmentationNode(None)
        self._widget.setSourceVolumeNode(None)

    def _made(self) -> Any:
        editor = self._widget = slicer.qMRMLSegmentEditorWidget()
        editor.setMaximumNumberOfUndoStates(UNDO_STEPS)
        editor.setMRMLScene(self._scene)
        editor.segmentationNodeSelectorVisible = False
        editor.sourceVolumeNodeSelectorVisible = False
        editor.switchToSegmentationsButtonVisible = False
        # It would put the drawn-on image alone into the views, and take away what is faded in over it.
        editor.autoShowSourceVolumeNode = False
        editor.unorderedEffectsVisible = False
        editor.setEffectNameOrder(list(TOOLS))
        self._place.layout().addWidget(editor)
        return editor

    def _settings(self) -> Any:
        """The node that keeps the tools' settings; another one after the scene was closed."""
        node = self._scene.GetSingletonNode(TAG, "vtkMRMLSegmentEditorNode")
        if node is None:
            node = slicer.vtkMRMLSegmentEditorNode()
            node.SetSingletonTag(TAG)
            node = self._scene.AddNode(node)
        return node
