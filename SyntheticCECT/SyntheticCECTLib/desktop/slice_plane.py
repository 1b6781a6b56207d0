"""What a slice view shows of the patient: which plane, and how much of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..mrml.geometry import matrix_of, vtk_matrix_of


@dataclass(frozen=True)
class SlicePlane:
    """A plane that can be put into another view, or later into the same one.

    Attributes:
        slice_to_ras: (4, 4), mm.
        pan_mm: By which the view is moved along its own axes.
        height_mm: What the view shows from its lower to its upper edge; how wide that is depends on the view's shape.
    """

    slice_to_ras: np.ndarray
    pan_mm: tuple[float, float, float]
    height_mm: float

    @classmethod
    def of(cls, slice_node: Any) -> SlicePlane:
        """The plane of a view now."""
        return cls(
            matrix_of(slice_node.GetSliceToRAS()), slice_node.GetXYZOrigin(), slice_node.GetFieldOfView()[1]
        )

    def put(self, slice_node: Any) -> None:
        """Shows this plane in a view."""
        width, height, depth = slice_node.GetFieldOfView()
        modifying = slice_node.StartModify()
        slice_node.GetSliceToRAS().DeepCopy(vtk_matrix_of(self.slice_to_ras))
        slice_node.SetXYZOrigin(*self.pan_mm)
        slice_node.SetFieldOfView(width * self.height_mm / height, self.height_mm, depth)
        slice_node.UpdateMatrices()
        slice_node.EndModify(modifying)
