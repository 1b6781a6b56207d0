"""Chambers in the scene: names, codes, colours, surfaces in millimetres, and quick changes."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk

from SyntheticCECTLib.core.errors import InputRefused
from SyntheticCECTLib.core.formats.segment_header import CHAMBERS
from SyntheticCECTLib.mrml.label_node import chambers_of, mask_of
from SyntheticCECTLib.mrml.segment_surfaces import make_surfaces
from SyntheticCECTLib.mrml.segmentation_node import add_chambers, add_heart, update_chambers
from SyntheticCECTLib.mrml.volume_node import add_volume
from Testing.small_case import image_of

SURFACE, LABELMAP = "Closed surface", "Binary labelmap"


@pytest.fixture
def some_chambers(scene: Any, some_labels: sitk.Image, a_native_node: Any) -> Any:
    return add_chambers(scene, some_labels, a_native_node, "chambers")


def array_of(image: sitk.Image) -> np.ndarray:
    return sitk.GetArrayFromImage(image)


def surface_of(node: Any, key: str) -> Any:
    return node.GetSegmentation().GetSegment(key).GetRepresentation(SURFACE)


def tag_of(segment: Any) -> str:
    common = importlib.import_module("vtkmodules.vtkCommonCore")
    value = common.mutable("")
    segment.GetTag("TerminologyEntry", value)
    return str(value)


def test_segments_carry_names_colours_and_snomed_codes(some_chambers: Any) -> None:
    segmentation = some_chambers.GetSegmentation()
    assert segmentation.GetSegmentIDs() == ("la", "lv")
    for chamber in CHAMBERS:
        segment = segmentation.GetSegment(chamber.key)
        assert segment.GetName() == chamber.name
        assert segment.GetColor() == pytest.approx(chamber.color)
        assert f"SCT^{chamber.code}^{chamber.meaning}" in tag_of(segment)


def test_slicer_itself_reads_the_terminology(some_chambers: Any) -> None:
    slicer: Any = importlib.import_module("slicer")
    entry = slicer.vtkSlicerTerminologyEntry()
    logic = slicer.vtkSlicerTerminologiesModuleLogic()
    assert logic.DeserializeTerminologyEntry(tag_of(some_chambers.GetSegmentation().GetSegment("lv")), entry)
    assert (entry.GetTypeObject().GetCodeValue(), entry.GetTypeObject().GetCodeMeaning()) == (
        "87878005",
        "Left ventricle",
    )
    assert entry.GetCategoryObject().GetCodeValue() == "123037004"


def test_segmentation_knows_its_scan_and_follows_its_transform(
    scene: Any, some_labels: sitk.Image, a_transform: Any
) -> None:
    native = add_volume(scene, image_of(array_of(some_labels)), "CT", a_transform)
    node = add_chambers(scene, some_labels, native, "chambers")
    assert node.GetParentTransformNode() is a_transform
    assert node.GetNodeReference("referenceImageGeometryRef") is native
    assert (array_of(chambers_of(node, native)) == array_of(some_labels)).all()


def test_an_update_changes_the_voxels_and_the_surfaces(some_chambers: Any, a_native_node: Any) -> None:
    array = np.zeros((12, 40, 48), np.uint8)
    array[4:6, 24:26, 16:20], array[4:6, 12:18, 24:30] = 1, 2
    update_chambers(some_chambers, image_of(array))
    assert (array_of(chambers_of(some_chambers, a_native_node)) == array).all()
    low, high = surface_of(some_chambers, "la").GetBounds()[4:]
    assert 0 < high - low < 2 * 5.0


def test_an_update_without_surfaces_leaves_none_that_is_out_of_date(some_chambers: Any) -> None:
    update_chambers(some_chambers, image_of(np.zeros((12, 40, 48), np.uint8)), surfaces=False)
    assert surface_of(some_chambers, "la") is None
    make_surfaces(some_chambers)
    assert surface_of(some_chambers, "la").GetNumberOfPoints() == 0


def test_a_part_of_the_scan_updates_as_the_whole_does(
    some_chambers: Any, some_labels: sitk.Image, a_native_node: Any
) -> None:
    wanted = array_of(some_labels)
    wanted[5] = 0
    update_chambers(some_chambers, image_of(wanted)[8:42, 6:34, 1:11], surfaces=False)
    assert (array_of(chambers_of(some_chambers, a_native_node)) == wanted).all()
    data = some_chambers.GetSegmentation().GetSegment("la").GetRepresentation(LABELMAP)
    # In the scan's own voxels, as the Segment Editor wants it: first voxel of the chambers with one around.
    assert data.GetExtent()[:2] == (13, 38)


@pytest.mark.parametrize("drawn_over", ["la", "lv"])
def test_chambers_that_were_drawn_to_overlap_stay_two_after_an_update(
    some_chambers: Any, some_labels: sitk.Image, a_native_node: Any, drawn_over: str
) -> None:
    """The Segment Editor gives such a segment a label map of its own, in which it has the value 1."""
    segmentation = some_chambers.GetSegmentation()
    segmentation.SeparateSegmentLabelmap(drawn_over)
    for _ in range(2):  # the second update finds one label map that both share again
        update_chambers(some_chambers, some_labels)
        assert (array_of(chambers_of(some_chambers, a_native_node)) == array_of(some_labels)).all()
    assert surface_of(some_chambers, "lv").GetBounds() != surface_of(some_chambers, "la").GetBounds()


def test_chambers_whose_values_changed_places_do_not_change_places_themselves(
    some_chambers: Any, some_labels: sitk.Image, a_native_node: Any
) -> None:
    """They still share one label map, as after Slicer put overlapping segments together again."""
    segmentation = some_chambers.GetSegmentation()
    segmentation.GetSegment("la").SetLabelValue(2)
    segmentation.GetSegment("lv").SetLabelValue(1)
    update_chambers(some_chambers, some_labels)
    assert (array_of(chambers_of(some_chambers, a_native_node)) == array_of(some_labels)).all()


def test_a_segment_that_a_person_added_survives_an_update(some_chambers: Any, a_native_node: Any) -> None:
    slicer: Any = importlib.import_module("slicer")
    segmentation = some_chambers.GetSegmentation()
    drawn = np.zeros((12, 40, 48), np.uint8)
    drawn[2:4, 30:32, 30:34] = 1
    aorta = add_chambers_of(drawn, some_chambers, a_native_node)
    # Into the label map that the chambers share, as the Segment Editor does with segments that do not overlap.
    segmentation.AddSegment(aorta, "aorta")
    segmentation.CollapseBinaryLabelmaps(False)
    shared = segmentation.GetSegment("la").GetRepresentation(LABELMAP)
    assert segmentation.GetSegment("aorta").GetRepresentation(LABELMAP) is shared
    update_chambers(some_chambers, image_of(np.zeros((12, 40, 48), np.uint8)))
    assert (array_of(mask_of(some_chambers, "aorta", a_native_node)) == drawn).all()
    with pytest.raises(InputRefused, match="no drawn left atrium"):
        chambers_of(some_chambers, a_native_node)
    assert slicer.vtkSegment is type(aorta)


def add_chambers_of(drawn: np.ndarray, node: Any, native: Any) -> Any:
    """A segment of its own, drawn by hand."""
    other = add_chambers(node.GetScene(), image_of(drawn), native, "drawn")
    segment = other.GetSegmentation().GetSegment("la")
    segment.SetName("aorta")
    other.GetSegmentation().RemoveSegment("la")
    segment.RemoveTag("TerminologyEntry")
    return segment


def test_an_update_without_a_chamber_segment_names_what_is_there(
    some_chambers: Any, some_labels: sitk.Image
) -> None:
    some_chambers.GetSegmentation().RemoveSegment("lv")
    with pytest.raises(InputRefused, match=r"no segment 'lv'; it has: la\.") as refusal:
        update_chambers(some_chambers, some_labels)
    assert refusal.value.code == "segment_absent"


def test_heart_is_one_hidden_outline(scene: Any, a_case: Any, a_native_node: Any) -> None:
    node = add_heart(scene, a_case.case.synthesis.heart_mask, a_native_node, "heart")
    mask = array_of(mask_of(node, "heart", a_native_node))
    assert (mask == array_of(a_case.case.synthesis.heart_mask)).all()
    assert not node.GetDisplayNode().GetVisibility()
    assert "SCT^80891009^Heart" in tag_of(node.GetSegmentation().GetSegment("heart"))


def test_chambers_below_a_warp_leave_no_node(
    scene: Any, some_labels: sitk.Image, a_native_node: Any, a_warp: Any, ids_of: Any
) -> None:
    a_native_node.SetAndObserveTransformNodeID(a_warp.GetID())
    before = ids_of(scene)
    with pytest.raises(InputRefused, match="breathing"):
        add_chambers(scene, some_labels, a_native_node, "chambers")
    assert ids_of(scene) == before
