"""Volumes between scene and SimpleITK: no voxel moves, whatever the orientation and the transform."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk

from SyntheticCECTLib.core.common_grid import require_common_grid
from SyntheticCECTLib.core.errors import InputRefused
from SyntheticCECTLib.mrml.geometry import vtk_matrix_of
from SyntheticCECTLib.mrml.volume_node import add_label_volume, add_volume, set_image, to_image

FLIPS = [np.diag(signs) for signs in ((1, 1, 1), (-1, 1, 1), (1, -1, 1), (1, 1, -1), (-1, -1, -1))]


def same(one: sitk.Image, other: sitk.Image) -> bool:
    require_common_grid({"one": one, "other": other})
    return bool((sitk.GetArrayViewFromImage(one) == sitk.GetArrayViewFromImage(other)).all())


def ras_of(node: Any, ijk: tuple[int, int, int]) -> np.ndarray:
    """Where Slicer itself says that a voxel lies in the world."""
    matrix, to_world = vtk_matrix_of(np.eye(4)), vtk_matrix_of(np.eye(4))
    node.GetIJKToRASMatrix(matrix)
    if node.GetParentTransformNode():
        node.GetParentTransformNode().GetMatrixTransformToWorld(to_world)
    return np.array(to_world.MultiplyPoint(matrix.MultiplyPoint((*ijk, 1))))[:3]


@pytest.mark.parametrize("flip", FLIPS)
def test_a_flipped_image_comes_back_as_it_went_in(scene: Any, a_ct: sitk.Image, flip: np.ndarray) -> None:
    a_ct.SetDirection(flip.astype(float).ravel().tolist())
    assert same(to_image(add_volume(scene, a_ct, "CT")), a_ct)


def test_an_oblique_image_comes_back_as_it_went_in(scene: Any, an_oblique_image: sitk.Image) -> None:
    assert same(to_image(add_volume(scene, an_oblique_image, "CT")), an_oblique_image)


def test_slicer_finds_each_voxel_where_the_image_has_it(scene: Any, an_oblique_image: sitk.Image) -> None:
    node = add_volume(scene, an_oblique_image, "CT")
    for ijk in ((0, 0, 0), (47, 0, 3), (5, 39, 11)):
        lps = an_oblique_image.TransformIndexToPhysicalPoint(ijk)
        assert ras_of(node, ijk) == pytest.approx(np.multiply(lps, (-1, -1, 1)))


def test_image_of_a_node_below_a_transform_lies_where_slicer_shows_it(
    scene: Any, a_native_node: Any, a_transform: Any
) -> None:
    a_native_node.SetAndObserveTransformNodeID(a_transform.GetID())
    image = to_image(a_native_node)
    for ijk in ((0, 0, 0), (47, 39, 11)):
        lps = image.TransformIndexToPhysicalPoint(ijk)
        assert np.multiply(lps, (-1, -1, 1)) == pytest.approx(ras_of(a_native_node, ijk))


def test_image_added_below_a_transform_stays_in_place_and_then_follows(
    scene: Any, an_oblique_image: sitk.Image, a_transform: Any
) -> None:
    node = add_volume(scene, an_oblique_image, "CT", a_transform)
    assert same(to_image(node), an_oblique_image)
    before = ras_of(node, (0, 0, 0))
    a_transform.SetMatrixTransformToParent(vtk_matrix_of(np.eye(4)))
    assert np.linalg.norm(ras_of(node, (0, 0, 0)) - before) > 1


def test_a_warped_volume_is_refused_with_what_to_do(a_native_node: Any, a_warp: Any) -> None:
    a_native_node.SetAndObserveTransformNodeID(a_warp.GetID())
    with pytest.raises(InputRefused, match="breathing") as refusal:
        to_image(a_native_node)
    assert refusal.value.code == "transform_not_linear" and "Harden" in refusal.value.remedy


def test_a_shearing_transform_is_refused_with_its_cosine(a_native_node: Any, a_transform: Any) -> None:
    shear = np.eye(4)
    shear[0, 2] = 0.5
    a_transform.SetMatrixTransformToParent(vtk_matrix_of(shear))
    a_native_node.SetAndObserveTransformNodeID(a_transform.GetID())
    with pytest.raises(InputRefused, match=r"cosine 0\.447") as refusal:
        to_image(a_native_node)
    assert refusal.value.code == "sheared_grid"


def test_a_volume_without_voxels_is_refused(scene: Any) -> None:
    with pytest.raises(InputRefused, match="nothing there") as refusal:
        to_image(scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "nothing there"))
    assert refusal.value.code == "volume_empty"


def test_a_colour_volume_is_refused(scene: Any) -> None:
    from vtkmodules.vtkCommonCore import VTK_UNSIGNED_CHAR
    from vtkmodules.vtkCommonDataModel import vtkImageData

    data = vtkImageData()
    data.SetDimensions(2, 2, 2)
    data.AllocateScalars(VTK_UNSIGNED_CHAR, 3)
    node = scene.AddNewNodeByClass("vtkMRMLVectorVolumeNode", "photo")
    node.SetAndObserveImageData(data)
    with pytest.raises(InputRefused, match="3 values") as refusal:
        to_image(node)
    assert refusal.value.code == "volume_not_scalar"


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        (sitk.sitkInt16, sitk.sitkInt16),
        (sitk.sitkInt32, sitk.sitkInt16),
        (sitk.sitkInt64, sitk.sitkInt16),
        (sitk.sitkFloat32, sitk.sitkFloat32),
        (sitk.sitkFloat64, sitk.sitkFloat32),
    ],
)
def test_pixels_are_int16_or_float32(scene: Any, a_ct: sitk.Image, stored: int, expected: int) -> None:
    image = to_image(add_volume(scene, sitk.Cast(a_ct, stored), "CT"))
    assert image.GetPixelID() == expected and same(image, a_ct)


def test_whole_numbers_beyond_int16_stay_themselves(scene: Any, a_ct: sitk.Image) -> None:
    image = to_image(add_volume(scene, sitk.Cast(a_ct, sitk.sitkInt32) + 40000, "CT"))
    assert image.GetPixelID() == sitk.sitkFloat32 and sitk.GetArrayViewFromImage(image).max() == 40040


def test_a_new_image_replaces_voxels_and_place_below_the_same_transform(
    scene: Any, a_native_node: Any, an_oblique_image: sitk.Image, a_transform: Any
) -> None:
    a_native_node.SetAndObserveTransformNodeID(a_transform.GetID())
    set_image(a_native_node, an_oblique_image + 7)
    assert same(to_image(a_native_node), an_oblique_image + 7)
    assert a_native_node.GetParentTransformNode() is a_transform


def test_a_volume_comes_with_its_window(scene: Any, a_ct: sitk.Image) -> None:
    for window, expected in (("mediastinum", (350.0, 40.0)), ("cardiac_cta", (900.0, 250.0))):
        display = add_volume(scene, a_ct, "CT", window=window).GetDisplayNode()
        assert (display.GetWindow(), display.GetLevel()) == expected and not display.GetAutoWindowLevel()


def test_labels_become_a_label_map(scene: Any, some_labels: sitk.Image) -> None:
    node = add_label_volume(scene, some_labels, "split")
    assert node.IsA("vtkMRMLLabelMapVolumeNode")
    assert to_image(node).GetPixelID() == sitk.sitkUInt8 and same(to_image(node), some_labels)


def test_a_volume_that_cannot_be_added_leaves_no_node(
    scene: Any, a_ct: sitk.Image, a_warp: Any, ids_of: Any
) -> None:
    before = ids_of(scene)
    for image, transform in ((a_ct, a_warp), (a_ct[:, :, 0], None)):
        with pytest.raises(InputRefused):
            add_volume(scene, image, "CT", transform)
    assert ids_of(scene) == before
