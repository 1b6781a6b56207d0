"""A combo box with the segments of a segmentation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class SegmentChoice:
    """Keeps a combo box in step with a segmentation.

    Args:
        combo: QComboBox.
        chosen: Called with the ID of the segment that a person, or the first look at a segmentation, chose.
    """

    def __init__(self, combo: Any, chosen: Callable[[str], None]) -> None:
        self._combo, self._chosen = combo, chosen
        self._filling = False
        combo.connect("currentIndexChanged(int)", self._changed)

    def show(self, segmentation_node: Any, segment_id: str) -> None:
        """Fills the box; one that is named heart is chosen where ``segment_id`` is not in it."""
        self._filling = True
        self._combo.clear()
        segmentation = segmentation_node.GetSegmentation() if segmentation_node is not None else None
        ids = list(segmentation.GetSegmentIDs()) if segmentation is not None else []
        names = [segmentation.GetSegment(one).GetName() for one in ids] if segmentation is not None else []
        for name, one in zip(names, ids, strict=True):
            self._combo.addItem(name, one)
        self._combo.enabled = bool(ids)
        if ids:
            hearts = [one for one, name in zip(ids, names, strict=True) if "heart" in name.lower()]
            best = segment_id if segment_id in ids else (hearts or ids)[0]
            self._combo.currentIndex = ids.index(best)
            if best != segment_id:
                self._chosen(best)
        self._filling = False

    def _changed(self, index: int) -> None:
        if not self._filling and index >= 0:
            self._chosen(str(self._combo.itemData(index)))
