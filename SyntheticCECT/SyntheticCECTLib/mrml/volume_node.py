"""Volumes between the scene and SimpleITK images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..core.errors import InputRefused
from .display import apply_window
from .geometry import image_at, image_to_ras, matrix_of, node_to_world, vtk_matrix_of
from .node_types import Scene, TransformNode, VolumeNode
from .scene_change import all_or_nothing

if TYPE_CHECKING:
    import SimpleITK as sitk


def to_image(volume_node: VolumeNode) -> sitk.Image:
    """The node's voxels where they lie in the world.

    Args:
        volume_node: A scalar or label map volume node; linear transforms above it become part of the geometry.

    Returns:
        Voxels as stored (float64 as float32), LPS, mm; oblique and flipped axes stay as they are.

    Raises:
        InputRefused: ``volume_empty``, ``volume_not_scalar``, ``transform_not_linear``, ``sheared_grid``.
    """
    array = voxels_of(volume_node)
    if array.dtype == np.float64:
        array = array.astype(np.float32)
    return _image_on(volume_node, array)


def grid_of(volume_node: VolumeNode) -> sitk.Image:
    """Zeros (uint8) on the grid of `to_image`, quicker where the voxels do not matter. Errors as for `to_image`."""
    return _image_on(volume_node, np.zeros(voxels_of(volume_node).shape, np.uint8))


def voxels_of(volume_node: VolumeNode) -> np.ndarray:
    """The node's own voxels (K, J, I), not a copy. Errors as for `to_image`."""
    from vtkmodules.util.numpy_support import vtk_to_numpy

    data = volume_node.GetImageData()
    if data is None or data.GetPointData().GetScalars() is None or not data.GetNumberOfPoints():
        raise InputRefused(
            "volume_empty", f"The volume '{volume_node.GetName()}' holds no voxels.", "Load the scan again."
        )
    scalars = data.GetPointData().GetScalars()
    if scalars.GetNumberOfComponents() != 1:
        raise InputRefused(
            "volume_not_scalar",
            f"The volume '{volume_node.GetName()}' has {scalars.GetNumberOfComponents()} values in each voxel.",
            "Choose a CT, which has one.",
        )
    return vtk_to_numpy(scalars).reshape(data.GetDimensions()[::-1])


def add_volume(
    scene: Scene,
    image: sitk.Image,
    name: str,
    parent_transform_node: TransformNode | None = None,
    window: str = "mediastinum",
) -> VolumeNode:
    """Adds a volume that lies where the image says.

    Args:
        scene: Where to.
        image: Voxels in LPS and mm; whole numbers are stored as int16 where they fit, all else as float32.
        name: The node's name.
        parent_transform_node: A linear transform that the node shall follow; the image still says where it lies now.
        window: Grey window, a key of `display.WINDOWS`.

    Returns:
        A vtkMRMLScalarVolumeNode with display node.

    Raises:
        InputRefused: ``transform_not_linear``, ``not_a_volume``, ``window_unknown``.
    """
    with all_or_nothing(scene):
        node = scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", name)
        # Before there are voxels: Slicer would search them for a window of its own, which takes longest of all.
        apply_window(node, window)
        _place(node, image, parent_transform_node)
    return node


def add_label_volume(
    scene: Scene, labels: sitk.Image, name: str, parent_transform_node: TransformNode | None = None
) -> VolumeNode:
    """Adds a vtkMRMLLabelMapVolumeNode without display, for labels that are kept and not looked at; as `add_volume`."""
    with all_or_nothing(scene):
        node = scene.AddNewNodeByClass("vtkMRMLLabelMapVolumeNode", name)
        _place(node, labels, parent_transform_node)
    return node


def set_image(volume_node: VolumeNode, image: sitk.Image) -> None:
    """Puts an image into a node that exists; the node stays under its transform, its voxels lie where the image says.

    Args:
        volume_node: What to fill.
        image: As for `add_volume`.

    Raises:
        InputRefused: As for `add_volume`.
    """
    import SimpleITK as sitk

    if image.GetDimension() != 3 or image.GetNumberOfComponentsPerPixel() != 1:
        raise InputRefused(
            "not_a_volume",
            f"The image has {image.GetDimension()} dimensions and {image.GetNumberOfComponentsPerPixel()} values in each "
            "voxel.",
            "Give a volume with one value in each voxel.",
        )
    ijk_to_node = np.linalg.inv(node_to_world(volume_node)) @ image_to_ras(image)
    stored = _as_stored(sitk.GetArrayViewFromImage(image))
    modifying = volume_node.StartModify()
    try:
        volume_node.SetAndObserveImageData(vtk_image_of(stored))
        volume_node.SetIJKToRASMatrix(vtk_matrix_of(ijk_to_node))
    finally:
        volume_node.EndModify(modifying)


def vtk_image_of(array_kji: np.ndarray) -> Any:
    """vtkImageData without geometry (a volume node keeps that itself) from a copy of the voxels (K, J, I)."""
    from vtkmodules.util.numpy_support import numpy_to_vtk
    from vtkmodules.vtkCommonDataModel import vtkImageData

    data = vtkImageData()
    data.SetDimensions(array_kji.shape[::-1])
    data.GetPointData().SetScalars(numpy_to_vtk(array_kji.ravel(), deep=True))
    return data


def _image_on(node: VolumeNode, array_kji: np.ndarray) -> sitk.Image:
    matrix = vtk_matrix_of(np.eye(4))
    node.GetIJKToRASMatrix(matrix)
    return image_at(array_kji, node_to_world(node) @ matrix_of(matrix), node.GetName())


def _place(node: VolumeNode, image: sitk.Image, transform_node: TransformNode | None) -> None:
    if transform_node is not None:
        node.SetAndObserveTransformNodeID(transform_node.GetID())
    set_image(node, image)


def _as_stored(array: np.ndarray) -> np.ndarray:
    """In the types that every part of Slicer reads: uint8 and int16 as they are, else int16 if it fits, else float32."""
    if array.dtype in (np.uint8, np.int16, np.float32):
        return array
    limits = np.iinfo(np.int16)
    if array.dtype.kind in "iu" and array.size and array.min() >= limits.min and array.max() <= limits.max:
        return array.astype(np.int16)
    return array.astype(np.float32)
