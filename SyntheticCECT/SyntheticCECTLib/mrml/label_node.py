"""Segmentation nodes back to label images and masks, also after a person edited them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..core.errors import InputRefused
from .geometry import image_at, image_to_ras, node_to_world, vtk_matrix_of
from .node_types import SegmentationNode, VolumeNode, slicer
from .segment_labels import LABELMAP, drawn_voxels, whole_voxels_between
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
            box, part = _on_grid(*mask, grid)
            result[box][part] = chamber.label
    if not drawn:
        names = ", ".join(segmentation.GetSegment(key).GetName() for key in ids) or "no segments"
        raise InputRefused(
            "no_labels",
            f"'{segmentation_node.GetName()}' has no drawn left atrium or left ventricle; it has: {names}.",
            "Name the segments 'left atrium' and 'left ventricle', or give them their SNOMED codes, and draw them.",
        )
    return _on_the_scan(result, grid, segmentation_node, reference_volume_node)


def drawn_chambers_of(segmentation_node: SegmentationNode, reference_volume_node: VolumeNode) -> sitk.Image:
    """As `chambers_of`, but all zero where nothing is drawn yet."""
    try:
        return chambers_of(segmentation_node, reference_volume_node)
    except InputRefused as refusal:
        if refusal.code != "no_labels":
            raise
    return grid_of(reference_volume_node)


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
    result = np.zeros(grid.GetSize()[::-1], dtype=np.uint8)
    box, part = _on_grid(*mask, grid)
    result[box][part] = 1
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
    segment = segmentation.GetSegment(segment_id)
    drawn = drawn_voxels(segment)
    if drawn is None:
        return None
    mask, ijk_to_node = drawn
    return mask, node_to_world(node) @ ijk_to_node, segment.GetName()


def _on_grid(
    mask: np.ndarray, ijk_to_ras: np.ndarray, name: str, grid: sitk.Image
) -> tuple[tuple[slice, ...], np.ndarray]:
    """A box of the grid that holds all of the mask that lies on it, and the mask there, boolean (K, J, I).

    Copied where the voxels are the grid's own, else nearest neighbour.
    """
    import SimpleITK as sitk

    steps = whole_voxels_between(ijk_to_ras, image_to_ras(grid))
    if steps is None:
        image = image_at(mask.astype(np.uint8), ijk_to_ras, name)
        moved = sitk.Resample(image, grid, sitk.Transform(), sitk.sitkNearestNeighbor, 0)
        return (slice(None),) * 3, sitk.GetArrayFromImage(moved) != 0
    first = steps[::-1]
    low = np.clip(first, 0, grid.GetSize()[::-1])
    high = np.clip(first + mask.shape, low, grid.GetSize()[::-1])
    box = tuple(slice(*bounds) for bounds in zip(low, high, strict=True))
    return box, mask[tuple(slice(*bounds) for bounds in zip(low - first, high - first, strict=True))]


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
