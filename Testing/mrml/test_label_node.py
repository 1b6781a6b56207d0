"""Segmentations that people drew become label images on the scan's grid."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk

from SyntheticCECTLib.core.errors import InputRefused
from SyntheticCECTLib.core.formats.label_file import write_chambers
from SyntheticCECTLib.mrml.geometry import vtk_matrix_of
from SyntheticCECTLib.mrml.label_node import chambers_of, mask_of
from SyntheticCECTLib.mrml.segmentation_node import add_chambers
from SyntheticCECTLib.mrml.volume_node import add_volume
from Testing.small_case import LA, LV, image_of


@pytest.fixture
def some_chambers(scene: Any, some_labels: sitk.Image, a_native_node: Any) -> Any:
    return add_chambers(scene, some_labels, a_native_node, "drawn by a reader")


def array_of(image: sitk.Image) -> np.ndarray:
    return sitk.GetArrayFromImage(image)


def without_code(node: Any, key: str, name: str) -> None:
    segment = node.GetSegmentation().GetSegment(key)
    segment.RemoveTag("TerminologyEntry")
    segment.SetName(name)


def test_labels_come_back_voxel_by_voxel_and_on_the_scans_grid(
    some_chambers: Any, some_labels: sitk.Image, a_native_node: Any
) -> None:
    labels = chambers_of(some_chambers, a_native_node)
    assert (array_of(labels) == array_of(some_labels)).all()
    assert labels.GetOrigin() == some_labels.GetOrigin() and labels.GetPixelID() == sitk.sitkUInt8


def test_an_oblique_scan_gives_the_same_labels(
    scene: Any, some_labels: sitk.Image, an_oblique_image: sitk.Image
) -> None:
    some_labels.CopyInformation(an_oblique_image)
    native = add_volume(scene, an_oblique_image, "CT")
    node = add_chambers(scene, some_labels, native, "chambers")
    assert (array_of(chambers_of(node, native)) == array_of(some_labels)).all()


def test_segments_with_other_names_are_known_by_their_code(some_chambers: Any, a_native_node: Any) -> None:
    some_chambers.GetSegmentation().GetSegment("la").SetName("Segment_1")
    some_chambers.GetSegmentation().GetSegment("lv").SetName("Segment_2")
    assert np.bincount(array_of(chambers_of(some_chambers, a_native_node)).ravel())[1:].tolist() == [576, 960]


def test_segments_without_codes_are_known_by_their_names(some_chambers: Any, a_native_node: Any) -> None:
    without_code(some_chambers, "la", "Left_Atrium")
    without_code(some_chambers, "lv", "heart ventricle left")
    assert np.bincount(array_of(chambers_of(some_chambers, a_native_node)).ravel())[1:].tolist() == [576, 960]


def test_segments_of_other_things_are_named_in_the_refusal(scene: Any, a_native_node: Any) -> None:
    node = scene.AddNewNodeByClass("vtkMRMLSegmentationNode", "lungs")
    node.CreateDefaultDisplayNodes()
    node.GetSegmentation().SetSourceRepresentationName("Binary labelmap")
    node.GetSegmentation().AddEmptySegment("one", "left lung")
    with pytest.raises(InputRefused, match="left lung") as refusal:
        chambers_of(node, a_native_node)
    assert refusal.value.code == "no_labels"


def test_an_edit_of_a_voxel_arrives(some_chambers: Any, a_native_node: Any) -> None:
    numpy_support = importlib.import_module("vtkmodules.util.numpy_support")
    data = some_chambers.GetSegmentation().GetSegment("la").GetRepresentation("Binary labelmap")
    voxels = numpy_support.vtk_to_numpy(data.GetPointData().GetScalars())
    voxels[np.flatnonzero(voxels == 1)[:5]] = 0
    assert np.count_nonzero(array_of(chambers_of(some_chambers, a_native_node)) == 1) == 576 - 5


def test_chambers_that_moved_by_a_transform_are_resampled_onto_the_scan(
    some_chambers: Any, a_native_node: Any, a_transform: Any
) -> None:
    shift = np.eye(4)
    shift[:3, 3] = (-2.9, 0.0, 5.0)  # RAS: 1.45 voxels to the left in the scan, one slice up
    a_transform.SetMatrixTransformToParent(vtk_matrix_of(shift))
    some_chambers.SetAndObserveTransformNodeID(a_transform.GetID())
    array = array_of(chambers_of(some_chambers, a_native_node))
    moved = tuple(slice(p.start + d, p.stop + d) for p, d in zip(LA, (1, 0, 1), strict=True))
    assert (array[moved] == 1).all() and np.count_nonzero(array == 1) == 576


def test_a_scan_below_a_transform_and_its_chambers_stay_together(
    scene: Any, some_labels: sitk.Image, a_ct: sitk.Image, a_transform: Any
) -> None:
    native = add_volume(scene, a_ct, "CT", a_transform)
    node = add_chambers(scene, some_labels, native, "chambers")
    a_transform.SetMatrixTransformToParent(vtk_matrix_of(np.diag([1.0, -1.0, 1.0, 1.0])))
    assert (array_of(chambers_of(node, native)) == array_of(some_labels)).all()


def test_closed_surfaces_alone_will_do_and_stay_as_they_are(some_chambers: Any, a_native_node: Any) -> None:
    segmentation = some_chambers.GetSegmentation()
    segmentation.SetSourceRepresentationName("Closed surface")
    segmentation.RemoveRepresentation("Binary labelmap")
    array = array_of(chambers_of(some_chambers, a_native_node))
    inside = (slice(4, 8), slice(12, 18), slice(24, 36))  # of the LV, a voxel from its smoothed border
    assert (array[inside] == 2).all() and abs(np.count_nonzero(array == 2) / 960 - 1) < 0.25
    assert not segmentation.ContainsRepresentation("Binary labelmap")


def test_chambers_elsewhere_are_refused(scene: Any, some_chambers: Any, a_ct: sitk.Image) -> None:
    a_ct.SetOrigin((500.0, 500.0, 500.0))
    elsewhere = add_volume(scene, a_ct, "another patient")
    with pytest.raises(InputRefused, match="another patient") as refusal:
        chambers_of(some_chambers, elsewhere)
    assert refusal.value.code == "no_overlap"


def test_part_of_the_chambers_outside_the_scan_is_cut(
    scene: Any, some_chambers: Any, a_ct: sitk.Image
) -> None:
    part = add_volume(scene, a_ct[20:, :, :], "part of the CT")
    array = array_of(chambers_of(some_chambers, part))
    assert np.count_nonzero(array == 1) == 6 * 8 * 6 and (array[LV[0], LV[1], 2:18] == 2).all()


def test_one_segment_becomes_a_mask_by_id_or_name(some_chambers: Any, a_native_node: Any) -> None:
    by_id, by_name = (
        array_of(mask_of(some_chambers, one, a_native_node)) for one in ("lv", "left ventricle")
    )
    assert by_id[LV].all() and by_id.sum() == 960 and (by_id == by_name).all()


@pytest.mark.parametrize(("segment", "code"), [("aorta", "segment_absent"), ("la", "segment_empty")])
def test_a_mask_that_is_not_there_is_refused(scene: Any, a_native_node: Any, segment: str, code: str) -> None:
    array = np.zeros((12, 40, 48), np.uint8)
    array[LV] = 2
    node = add_chambers(scene, image_of(array), a_native_node, "half")
    with pytest.raises(InputRefused, match=segment) as refusal:
        mask_of(node, segment, a_native_node)
    assert refusal.value.code == code


def test_a_segmentation_file_of_the_command_line_gives_its_labels(
    scene: Any, some_labels: sitk.Image, a_native_node: Any, tmp_path: Path
) -> None:
    write_chambers(tmp_path / "chambers.seg.nrrd", some_labels)
    node = scene.AddNewNodeByClass("vtkMRMLSegmentationNode")
    storage = scene.AddNewNodeByClass("vtkMRMLSegmentationStorageNode")
    storage.SetFileName(str(tmp_path / "chambers.seg.nrrd"))
    assert storage.ReadData(node)
    assert (array_of(chambers_of(node, a_native_node)) == array_of(some_labels)).all()
