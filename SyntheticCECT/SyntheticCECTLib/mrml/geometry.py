"""Where voxels lie: Slicer's RAS matrices and SimpleITK's LPS geometry, changed into each other in this one place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..core.errors import InputRefused
from .node_types import Node

if TYPE_CHECKING:
    import SimpleITK as sitk

RAS_TO_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])
"""Its own inverse."""


def matrix_of(vtk_matrix: Any) -> np.ndarray:
    """(4, 4) array of a vtkMatrix4x4."""
    return np.array([[vtk_matrix.GetElement(row, column) for column in range(4)] for row in range(4)])


def vtk_matrix_of(matrix: np.ndarray) -> Any:
    """vtkMatrix4x4 of a (4, 4) array."""
    from vtkmodules.vtkCommonMath import vtkMatrix4x4

    result = vtkMatrix4x4()
    result.DeepCopy([float(element) for element in matrix.ravel()])
    return result


def node_to_world(node: Node) -> np.ndarray:
    """(4, 4) from the node's own coordinates to the world's, RAS and mm: all its parent transforms together.

    Args:
        node: A transformable node, such as a volume or a segmentation.

    Raises:
        InputRefused: ``transform_not_linear`` below a warp, which no grid of voxels can follow.
    """
    transform = node.GetParentTransformNode()
    if transform is None:
        return np.eye(4)
    if not transform.IsTransformToWorldLinear():
        raise InputRefused(
            "transform_not_linear",
            f"'{node.GetName()}' lies under the non-linear transform '{transform.GetName()}'.",
            "Harden the transform on it (Transforms module, or right click in the Data module), or take it out.",
        )
    matrix = vtk_matrix_of(np.eye(4))
    transform.GetMatrixTransformToWorld(matrix)
    return matrix_of(matrix)


def image_to_ras(image: sitk.Image) -> np.ndarray:
    """(4, 4) from voxel indices (i, j, k) of an image to RAS in mm."""
    matrix = np.eye(4)
    matrix[:3, :3] = np.reshape(image.GetDirection(), (3, 3)) * image.GetSpacing()
    matrix[:3, 3] = image.GetOrigin()
    return RAS_TO_LPS @ matrix


def image_at(array_kji: np.ndarray, ijk_to_ras: np.ndarray, name: str) -> sitk.Image:
    """An image whose voxels lie where the matrix says.

    Args:
        array_kji: Voxels (K, J, I); they are copied.
        ijk_to_ras: (4, 4), mm.
        name: Of the node, for messages.

    Raises:
        InputRefused: ``sheared_grid`` where the axes are not at right angles; ``bad_geometry`` for impossible steps.
    """
    from ..core.formats.grid import MOST_SKEW, place, unit_axes

    lps = RAS_TO_LPS @ ijk_to_ras
    cosines = np.abs(np.triu((units := unit_axes(lps[:3, :3], lps[:3, 3])[1]).T @ units, 1))
    if cosines.max() > MOST_SKEW:
        raise InputRefused(
            "sheared_grid",
            f"The axes of '{name}' are not at right angles (cosine {cosines.max():.3f}), by itself or by its transform.",
            "Resample it to a right-angled grid (Resample Scalar/Vector/DWI Volume), or use a rigid transform.",
        )
    return place(array_kji, lps[:3, :3], lps[:3, 3])[0]
