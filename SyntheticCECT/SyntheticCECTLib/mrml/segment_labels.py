"""The label map that segments share, put into a segmentation and replaced in place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .geometry import image_to_ras, matrix_of, node_to_world, vtk_matrix_of
from .node_types import SegmentationNode, slicer

if TYPE_CHECKING:
    import SimpleITK as sitk

LABELMAP, SURFACE = "Binary labelmap", "Closed surface"
WHOLE_VOXEL = 1e-3
"""Grids whose voxels are off by less than this share of a voxel are one grid."""


def label_map_of(
    segmentation_node: SegmentationNode, labels: sitk.Image, frame: np.ndarray | None = None
) -> Any:
    """Labels as a vtkOrientedImageData, cut to what is filled.

    Args:
        segmentation_node: Whose parent transform counts; the labels lie in the world.
        labels: uint8.
        frame: (4, 4) voxel matrix in the segmentation's coordinates to keep, so that only the extent changes; ``None``,
            or one that the labels' voxels do not fall on, gives the labels' own.
    """
    import SimpleITK as sitk

    array = sitk.GetArrayViewFromImage(labels)
    box = filled_box(array)
    ijk_to_node = np.linalg.inv(node_to_world(segmentation_node)) @ image_to_ras(labels)
    offset = None if frame is None else whole_voxels_between(ijk_to_node, frame)
    if frame is None or offset is None:
        frame, offset = ijk_to_node, np.zeros(3, dtype=int)
    first = [part.start + int(step) for part, step in zip(box[::-1], offset, strict=True)]
    return oriented_data(array[box], frame, first)


def oriented_data(array_kji: np.ndarray, ijk_to_node: np.ndarray, first: Sequence[int] = (0, 0, 0)) -> Any:
    """Voxels as a vtkOrientedImageData, of uint8.

    Args:
        array_kji: (K, J, I); they are copied.
        ijk_to_node: (4, 4) voxel matrix in the segmentation's coordinates.
        first: Indices i, j, k of the array's first voxel in that matrix.
    """
    from vtkmodules.util.numpy_support import numpy_to_vtk

    data = slicer().vtkOrientedImageData()
    data.SetExtent(
        *(
            bound
            for low, size in zip(first, array_kji.shape[::-1], strict=True)
            for bound in (low, low + size - 1)
        )
    )
    data.GetPointData().SetScalars(numpy_to_vtk(np.ascontiguousarray(array_kji, np.uint8).ravel(), deep=True))
    data.SetImageToWorldMatrix(vtk_matrix_of(ijk_to_node))
    return data


def drawn_voxels(segment: Any) -> tuple[np.ndarray, np.ndarray] | None:
    """What is drawn of a segment, boolean (K, J, I) cut to what is filled, and the (4, 4) matrix of these voxels.

    The matrix leads to the segmentation's coordinates. ``None`` where nothing is drawn, or where there is no label map.
    """
    from vtkmodules.util.numpy_support import vtk_to_numpy

    data = segment.GetRepresentation(LABELMAP)
    if data is None or data.GetPointData().GetScalars() is None:
        return None
    scalars = data.GetPointData().GetScalars()
    mask = vtk_to_numpy(scalars).reshape(data.GetDimensions()[::-1]) == segment.GetLabelValue()
    if not mask.any():
        return None
    box = filled_box(mask)
    first = np.eye(4)
    first[:3, 3] = np.add(data.GetExtent()[::2], [part.start for part in box[::-1]])
    return mask[box], matrix_of(_image_to_world(data)) @ first


def filled_box(array_kji: np.ndarray) -> tuple[slice, ...]:
    """What is filled with one voxel around it, within the array; the first voxel where nothing is."""
    from ..core.bounding_box import bounding_box

    return bounding_box(array_kji, margin=1) or (slice(0, 1),) * 3


def whole_voxels_between(ijk: np.ndarray, frame: np.ndarray) -> np.ndarray | None:
    """(3,) steps i, j, k from a grid's first voxel to that of another with the same axes; ``None`` if it falls beside.

    Args:
        ijk: (4, 4) voxel matrix whose first voxel is wanted.
        frame: (4, 4) voxel matrix in whose voxels it is wanted.
    """
    between = np.linalg.inv(frame) @ ijk
    steps = np.rint(between[:3, 3])
    # The axes may drift apart by little over a scan of a thousand voxels.
    same_axes = np.abs(between[:3, :3] - np.eye(3)).max() < WHOLE_VOXEL / 100
    return steps.astype(int) if same_axes and np.abs(between[:3, 3] - steps).max() < WHOLE_VOXEL else None


def put_labels(segmentation_node: SegmentationNode, values: Mapping[str, int], labels: sitk.Image) -> None:
    """Replaces the voxels of segments that exist; closed surfaces fall away.

    Segments that share one label map with no other keep it and only its voxels change, which is quick. Where a person
    added segments to it, ours leave it first, so that theirs keep their voxels.

    Args:
        segmentation_node: Whose parent transform counts, as for `label_map_of`.
        values: In the labels, by segment ID. Each segment is told its own again, since Slicer changes it when a person
            draws segments that overlap.
        labels: uint8.
    """
    segmentation = segmentation_node.GetSegmentation()
    segments = {segment_id: segmentation.GetSegment(segment_id) for segment_id in values}
    shared = next(iter(segments.values())).GetRepresentation(LABELMAP)
    frame = matrix_of(_image_to_world(shared)) if shared is not None else None
    fresh = label_map_of(segmentation_node, labels, frame)
    modifying = segmentation_node.StartModify()
    try:
        for segment_id, segment in segments.items():
            segment.SetLabelValue(values[segment_id])
        if shared is not None and _users(segmentation, shared) == set(segments):
            shared.ShallowCopy(fresh)
            shared.Modified()
            return
        for segment in segments.values():
            segment.AddRepresentation(LABELMAP, fresh)
        segmentation.InvalidateNonSourceRepresentations()
    finally:
        segmentation_node.EndModify(modifying)


def _image_to_world(data: Any) -> Any:
    matrix = vtk_matrix_of(np.eye(4))
    data.GetImageToWorldMatrix(matrix)
    return matrix


def _users(segmentation: Any, label_map: Any) -> set[str]:
    """IDs of the segments that share a label map."""
    return {
        segment_id
        for segment_id in segmentation.GetSegmentIDs()
        if segmentation.GetSegment(segment_id).GetRepresentation(LABELMAP) is label_map
    }
