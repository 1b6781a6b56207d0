"""A registration as a transform node: what is put under it moves onto the CT."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .geometry import RAS_TO_LPS, vtk_matrix_of
from .node_types import Scene, TransformNode
from .scene_change import all_or_nothing

if TYPE_CHECKING:
    import SimpleITK as sitk


def add_transform(scene: Scene, native_to_cect: sitk.Transform, name: str) -> TransformNode:
    """Adds the movement of a CECT onto the CT that it was registered to.

    Args:
        scene: Where to.
        native_to_cect: Linear; maps points of the CT to their places in the CECT (LPS, mm), as ``sitk.Resample`` wants it.
        name: The node's name.

    Returns:
        A vtkMRMLLinearTransformNode. Slicer moves the nodes under a transform along with it, so it holds the inverse:
        from the CECT to the CT, RAS, mm.
    """
    with all_or_nothing(scene):
        node = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode", name)
        moved = np.linalg.inv(_matrix(native_to_cect))
        node.SetMatrixTransformToParent(vtk_matrix_of(RAS_TO_LPS @ moved @ RAS_TO_LPS))
    return node


def _matrix(transform: sitk.Transform) -> np.ndarray:
    """(4, 4) of a linear transform, whatever its class: from where it takes the origin and the unit vectors."""
    origin = np.array(transform.TransformPoint((0.0, 0.0, 0.0)))
    matrix = np.eye(4)
    matrix[:3, 3] = origin
    for axis in range(3):
        unit = [float(axis == other) for other in range(3)]
        matrix[:3, axis] = np.array(transform.TransformPoint(unit)) - origin
    return matrix
