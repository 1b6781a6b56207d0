"""Segmentation nodes back to label images and masks, also after a person edited them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..core.errors import InputRefused
from .geometry import image_at, image_to_ras, matrix_of, node_to_world, vtk_matrix_of
from .node_types import SegmentationNode, VolumeNode, slicer
from .segment_labels import LABELMAP, filled_box, whole_voxels_between
from .volume_node import grid_of

if TYPE_CHECKING:
    import SimpleITK as sitk


def chambers_of(segmentation_node: SegmentationNode, reference_volume_node: VolumeNode) -> sitk.Image:
    """Left atrium and left ventricle of a segmentation, whoever drew them.

    Segments are recognised as in a ``.seg.nrrd``: by their SNOMED CT code, else by name or ID. Where two overlap, the
    later one counts.

    Args:
        segmentation_node: With label maps or closed surfaces; linear parent transforms are followed.
        reference_volume_node: The scan.

    Returns:
        uint8, LA = 1, LV = 2, on the grid of ``to_image(reference_volume_node)``.

    Raises:
        InputRefused: ``no_labels`` without either chamber, ``no_overlap`` where none lies inside the scan,
            ``transform_not_linear``, ``sheared_grid``.
    """
    from ..core.formats.segment_header import chamber_segments

    grid = grid_of(reference_volume_node)
    segmentation = _with_label_maps(segmentation_node, grid)
    ids = segmentation.GetSegmentIDs()
    result = np.zeros(grid.GetSize()[::-1], dtype=np.uint8)
    drawn = False
    for chamber, index, _ in chamber_segments(_header(segmentation)):
        mask = _mask(segmentation, ids[index], segmentation_node)
        if mask is not None:
            drawn = True
            result[_on_grid(*mask, grid)] = chamber.label
    if not drawn:
        names = ", ".join(segmentation.GetSegment(key).GetName() for key in ids) or "no segments"
        raise InputRefused(
            "no_labels",
            f"'{segmentation_node.GetName()}' has no drawn left atrium or left ventricle; it has: {names}.",
            "Name the segments 'left atrium' and 'left ventricle', or give them their SNOMED codes, and draw them.",
        )
    return _on_the_scan(result, grid, segmentation_node, reference_volume_node)


def mask_of(
    segmentation_node: SegmentationNode, segment_id: str, reference_volume_node: VolumeNode
) -> sitk.Image:
    """One segment as a mask on the scan's grid.

    Args:
        segmentation_node: As for `chambers_of`.
        segment_id: The segment's ID, or its name.
        reference_volume_node: The scan.

    Returns:
        uint8, 1 inside, on the grid of ``to_image(reference_volume_node)``.

    Raises:
        InputRefused: ``segment_absent``, ``segment_empty``, ``no_overlap``, ``transform_not_linear``, ``sheared_grid``.
    """
    grid = grid_of(reference_volume_node)
    segmentation = _with_label_maps(segmentation_node, grid)
    ids = segmentation.GetSegmentIDs()
    names = [segmentation.GetSegment(key).GetName() for key in ids]
    if segment_id not in ids:
        if segment_id not in names:
            raise InputRefused(
                "segment_absent",
                f"'{segmentation_node.GetName()}' has no segment '{segment_id}'; it has: {', '.join(names) or 'none'}.",
                "Choose one of its segments.",
            )
        segment_id = ids[names.index(segment_id)]
    mask = _mask(segmentation, segment_id, segmentation_node)
    if mask is None:
        raise InputRefused(
            "segment_empty", f"The segment '{segment_id}' is empty.", "Draw it, or choose another segment."
        )
    result = _on_grid(*mask, grid).astype(np.uint8)
    return _on_the_scan(result, grid, segmentation_node, reference_volume_node)


def _header(segmentation: Any) -> dict[str, str]:
    """The fields by which a .seg.nrrd tells segments apart; each segment is its own layer here."""
    fields = {}
    for index, key in enumerate(segmentation.GetSegmentIDs()):
        segment = segmentation.GetSegment(key)
        fields |= {
            f"Segment{index}_ID": key,
            f"Segment{index}_Name": segment.GetName() or "",
            f"Segment{index}_Tags": _tag(segment),
            f"Segment{index}_Layer": str(index),
        }
    return fields


def _tag(segment: Any) -> str:
    from vtkmodules.vtkCommonCore import mutable

    value = mutable("")
    return str(value) if segment.GetTag(segment.GetTerminologyEntryTagName(), value) else ""


def _with_label_maps(node: SegmentationNode, grid: sitk.Image) -> Any:
    """The node's segmentation, or a copy with label maps where it has only surfaces: the node is not changed."""
    segmentation = node.GetSegmentation()
    if segmentation.ContainsRepresentation(LABELMAP) or not segmentation.GetNumberOfSegments():
        return segmentation
    copy, voxels = slicer().vtkSegmentation(), slicer().vtkOrientedImageData()
    copy.DeepCopy(segmentation)
    voxels.SetExtent(*(bound for size in grid.GetSize() for bound in (0, size - 1)))
    voxels.SetImageToWorldMatrix(vtk_matrix_of(np.linalg.inv(node_to_world(node)) @ image_to_ras(grid)))
    converter = slicer().vtkSegmentationConverter
    copy.SetConversionParameter(
        converter.GetReferenceImageGeometryParameterName(), converter.SerializeImageGeometry(voxels)
    )
    copy.CreateRepresentation(LABELMAP)
    return copy


def _mask(
    segmentation: Any, segment_id: str, node: SegmentationNode
) -> tuple[np.ndarray, np.ndarray, str] | None:
    """A segment's voxels (boolean, cut to what is filled), their (4, 4) matrix to the world in RAS, and its name."""
    from vtkmodules.util.numpy_support import vtk_to_numpy

    segment = segmentation.GetSegment(segment_id)
    data: Any = segment.GetRepresentation(LABELMAP)
    if data is None or data.GetPointData().GetScalars() is None:
        return None
    scalars = data.GetPointData().GetScalars()
    mask = vtk_to_numpy(scalars).reshape(data.GetDimensions()[::-1]) == segment.GetLabelValue()
    if not mask.any():
        return None
    box = filled_box(mask)
    matrix = vtk_matrix_of(np.eye(4))
    data.GetImageToWorldMatrix(matrix)
    first = np.eye(4)
    first[:3, 3] = np.add(data.GetExtent()[::2], [part.start for part in box[::-1]])
    return mask[box], node_to_world(node) @ matrix_of(matrix) @ first, segment.GetName()


def _on_grid(mask: np.ndarray, ijk_to_ras: np.ndarray, name: str, grid: sitk.Image) -> np.ndarray:
    """The mask on the grid, boolean (K, J, I): copied where the voxels are the grid's own, else nearest neighbour."""
    import SimpleITK as sitk

    whole = np.zeros(grid.GetSize()[::-1], dtype=bool)
    steps = whole_voxels_between(ijk_to_ras, image_to_ras(grid))
    if steps is None:
        image = image_at(mask.astype(np.uint8), ijk_to_ras, name)
        moved = sitk.Resample(image, grid, sitk.Transform(), sitk.sitkNearestNeighbor, 0)
        return sitk.GetArrayFromImage(moved) != 0
    low = np.maximum(steps[::-1], 0)
    high = np.minimum(steps[::-1] + mask.shape, whole.shape)
    if (low < high).all():
        target = tuple(slice(*bounds) for bounds in zip(low, high, strict=True))
        source = tuple(slice(*bounds) for bounds in zip(low - steps[::-1], high - steps[::-1], strict=True))
        whole[target] = mask[source]
    return whole


def _on_the_scan(
    result: np.ndarray, grid: sitk.Image, node: SegmentationNode, reference: VolumeNode
) -> sitk.Image:
    import SimpleITK as sitk

    if not result.any():
        raise InputRefused(
            "no_overlap",
            f"Nothing of '{node.GetName()}' lies inside '{reference.GetName()}'.",
            "Choose a segmentation drawn on this scan, or put both under the same transform.",
        )
    image = sitk.GetImageFromArray(result)
    image.CopyInformation(grid)
    return image
