"""Chambers and heart as segmentation nodes, with names, colours and SNOMED CT codes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..core.errors import InputRefused
from .node_types import Scene, SegmentationNode, VolumeNode, slicer
from .scene_change import all_or_nothing
from .segment_labels import LABELMAP, label_map_of, put_labels
from .segment_surfaces import OnProgress, make_surfaces

if TYPE_CHECKING:
    import SimpleITK as sitk

HEART_ID, HEART_NAME = "heart", "heart"
HEART_COLOR = (0.35, 0.66, 0.86)
HEART_TERMS = "~".join(
    (
        "Segmentation category and type - DICOM master list", "SCT^123037004^Anatomical Structure",
        "SCT^80891009^Heart", "^^", "Anatomic codes - DICOM master list", "^^", "^^",
    )
)  # fmt: skip
CHAMBER_FILL = 0.35


def add_chambers(
    scene: Scene,
    labels: sitk.Image,
    reference_volume_node: VolumeNode,
    name: str,
    fill: float = CHAMBER_FILL,
    surfaces: bool = True,
    on_progress: OnProgress | None = None,
) -> SegmentationNode:
    """Adds left atrium and left ventricle.

    Args:
        scene: Where to.
        labels: LA = 1, LV = 2, where they lie in the world.
        reference_volume_node: The scan; the segmentation shares its grid and its parent transform.
        name: The node's name.
        fill: Opacity of the areas in slice views; 0 shows outlines only.
        surfaces: Whether closed surfaces are made too, which takes longest; else `make_surfaces` makes them.
        on_progress: Called before each surface; raise from it to cancel.

    Returns:
        Segmentation node with the segments ``la`` and ``lv``, also where one is empty.

    Raises:
        InputRefused: ``transform_not_linear``.
    """
    from ..core.formats.segment_header import CHAMBERS, segment_header

    header = segment_header(np.zeros((1, 1, 1), np.uint8))
    segments = [
        (chamber.key, chamber.name, chamber.color, chamber.label, _terms(header[f"Segment{index}_Tags"]))
        for index, chamber in enumerate(CHAMBERS)
    ]
    with all_or_nothing(scene) as change:
        node = _add(scene, labels, reference_volume_node, name, segments)
        if surfaces:
            make_surfaces(node, change.telling(on_progress))
        _fill(node, fill)
    return node


def add_heart(
    scene: Scene, heart_mask: sitk.Image, reference_volume_node: VolumeNode, name: str
) -> SegmentationNode:
    """Adds the heart as one segment ``heart``, outlined, hidden at first because the chambers are what is looked at.

    Args:
        scene: Where to.
        heart_mask: 1 inside, where it lies in the world.
        reference_volume_node: As for `add_chambers`.
        name: The node's name.

    Raises:
        InputRefused: ``transform_not_linear``.
    """
    node = _add(
        scene, heart_mask, reference_volume_node, name, [(HEART_ID, HEART_NAME, HEART_COLOR, 1, HEART_TERMS)]
    )
    _fill(node, 0.0)
    node.GetDisplayNode().SetVisibility(False)
    return node


def update_chambers(segmentation_node: SegmentationNode, labels: sitk.Image, surfaces: bool = True) -> None:
    """Puts new chambers into a segmentation that exists; other segments that a person added stay.

    Args:
        segmentation_node: From `add_chambers`, also after a reload.
        labels: As for `add_chambers`; a part of the scan that holds the heart will do and is quicker.
        surfaces: Whether closed surfaces are made too. They take longest: leave them out while a slider moves, and call
            `make_surfaces` when it is let go.

    Raises:
        InputRefused: ``segment_absent`` where a person removed a chamber, ``transform_not_linear``.
    """
    from ..core.formats.segment_header import CHAMBERS

    values = {chamber.key: chamber.label for chamber in CHAMBERS}
    present = segmentation_node.GetSegmentation().GetSegmentIDs()
    for key in values:
        if key not in present:
            raise InputRefused(
                "segment_absent",
                f"'{segmentation_node.GetName()}' has no segment '{key}'; it has: {', '.join(present) or 'none'}.",
                "Synthesize again, or work on a result whose chambers are complete.",
            )
    put_labels(segmentation_node, values, labels)
    if surfaces:
        make_surfaces(segmentation_node)


def _add(
    scene: Scene,
    labels: sitk.Image,
    reference: VolumeNode,
    name: str,
    segments: list[tuple[str, str, tuple[float, float, float], int, str]],
) -> SegmentationNode:
    with all_or_nothing(scene):
        node = scene.AddNewNodeByClass("vtkMRMLSegmentationNode", name)
        transform = reference.GetParentTransformNode()
        if transform is not None:
            node.SetAndObserveTransformNodeID(transform.GetID())
        node.CreateDefaultDisplayNodes()
        node.SetReferenceImageGeometryParameterFromVolumeNode(reference)
        segmentation = node.GetSegmentation()
        segmentation.SetSourceRepresentationName(LABELMAP)
        shared = label_map_of(node, labels)
        for key, title, color, value, terms in segments:
            segment = slicer().vtkSegment()
            segment.SetName(title)
            segment.SetNameAutoGenerated(False)
            segment.SetColor(*color)
            segment.SetColorAutoGenerated(False)
            segment.SetLabelValue(value)
            segment.SetTag(segment.GetTerminologyEntryTagName(), terms)
            segment.AddRepresentation(LABELMAP, shared)
            segmentation.AddSegment(segment, key)
    return node


def _terms(tags: str) -> str:
    """The terminology entry in the tags of a .seg.nrrd header."""
    return tags.removeprefix("TerminologyEntry:").removesuffix("|")


def _fill(node: SegmentationNode, opacity: float) -> None:
    display = node.GetDisplayNode()
    display.SetVisibility2DFill(opacity > 0)
    display.SetOpacity2DFill(opacity)
    display.SetVisibility2DOutline(True)
    display.SetOpacity2DOutline(1.0)
