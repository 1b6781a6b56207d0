"""Two slice views that show the same slice at the same zoom: whichever is moved, the other follows."""

from __future__ import annotations

from typing import Any

from vtkmodules.vtkCommonCore import vtkCommand


class LinkedSlices:
    """Keeps two slice nodes together.

    Args:
        first: vtkMRMLSliceNode.
        second: The other.
    """

    def __init__(self, first: Any, second: Any) -> None:
        self._following = False
        self._observers = [
            (first, first.AddObserver(vtkCommand.ModifiedEvent, lambda *_: self._follow(first, second))),
            (second, second.AddObserver(vtkCommand.ModifiedEvent, lambda *_: self._follow(second, first))),
        ]

    def _follow(self, moved: Any, other: Any) -> None:
        if self._following or not moved.IsMappedInLayout():
            return
        self._following = True
        try:
            modifying = other.StartModify()
            other.GetSliceToRAS().DeepCopy(moved.GetSliceToRAS())
            width, height = other.GetDimensions()[:2]
            field = moved.GetFieldOfView()
            other.SetFieldOfView(field[0], field[0] * height / max(width, 1), field[2])
            other.SetXYZOrigin(*moved.GetXYZOrigin())
            other.UpdateMatrices()
            other.EndModify(modifying)
        finally:
            self._following = False
