"""The registration in the scene: a CECT that is put under it lies on the CT."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk

from SyntheticCECTLib.core.alignment.registration import Registration
from SyntheticCECTLib.core.case import CaseResult
from SyntheticCECTLib.mrml.geometry import RAS_TO_LPS, matrix_of, vtk_matrix_of
from SyntheticCECTLib.mrml.result_nodes import add_result, find_result, remove_result
from SyntheticCECTLib.mrml.scene_file import load_scene, save_scene
from SyntheticCECTLib.mrml.transform_node import add_transform
from SyntheticCECTLib.mrml.volume_node import add_volume, to_image
from Testing.small_case import case_result


@pytest.fixture
def native_to_cect() -> sitk.Transform:
    """Turned by 8 degrees about a point away from the origin, and moved."""
    movement = sitk.Euler3DTransform()
    movement.SetCenter((20.0, -35.0, 140.0))
    movement.SetRotation(0.02, -0.03, np.deg2rad(8.0))
    movement.SetTranslation((12.0, -7.5, 10.0))
    return movement


@pytest.fixture
def a_registered_case(native_to_cect: sitk.Transform) -> CaseResult:
    return case_result(registration=Registration(native_to_cect, {}, True, ()))


def test_transform_takes_each_point_of_the_cect_to_its_place_in_the_ct(
    scene: Any, native_to_cect: sitk.Transform
) -> None:
    to_native = RAS_TO_LPS @ _to_parent(add_transform(scene, native_to_cect, "movement")) @ RAS_TO_LPS
    for in_ct in ((0.0, 0.0, 0.0), (31.0, -12.0, 155.5), (-80.0, 44.0, 90.0)):
        in_cect = native_to_cect.TransformPoint(in_ct)
        assert (to_native @ [*in_cect, 1.0])[:3] == pytest.approx(in_ct, abs=1e-9)


def test_cect_under_the_transform_lies_where_the_registered_one_does(
    scene: Any, native_to_cect: sitk.Transform, a_registered_case: CaseResult, a_native_node: Any
) -> None:
    native, synthetic = to_image(a_native_node), a_registered_case.case.synthesis.synthetic_cect
    acquired = sitk.Resample(synthetic, native, native_to_cect.GetInverse(), sitk.sitkLinear, 40)
    nodes = add_result(scene, a_registered_case, a_native_node)
    cect = add_volume(scene, acquired, "as acquired")
    apart = overlap(to_image(cect), synthetic)
    assert nodes.cect_to_native is not None
    cect.SetAndObserveTransformNodeID(nodes.cect_to_native.GetID())
    moved = sitk.Resample(to_image(cect), native, sitk.Transform(), sitk.sitkLinear, 40)
    assert apart < 0.5 and overlap(moved, synthetic) > 0.85


def test_implausible_registration_moves_nothing(
    scene: Any, native_to_cect: sitk.Transform, a_native_node: Any
) -> None:
    doubtful = case_result(registration=Registration(native_to_cect, {}, False, ("no overlap",)))
    assert add_result(scene, doubtful, a_native_node).cect_to_native is None


def test_transform_is_found_again_after_saving_and_goes_with_its_result(
    scene: Any, a_registered_case: CaseResult, a_native_node: Any, tmp_path: Path
) -> None:
    nodes = add_result(scene, a_registered_case, a_native_node)
    matrix = _to_parent(nodes.cect_to_native)
    path = save_scene(scene, tmp_path / "case.mrb")
    remove_result(scene, nodes)
    assert not scene.IsNodePresent(nodes.cect_to_native)
    load_scene(scene, path, clear=True)
    found = find_result(scene, scene.GetFirstNodeByName("native CT"))
    assert found is not None and _to_parent(found.cect_to_native) == pytest.approx(matrix)


def overlap(one: sitk.Image, other: sitk.Image) -> float:
    """Dice of what is bright in two images, voxel by voxel."""
    bright, also = (sitk.GetArrayFromImage(image) > 200 for image in (one, other))
    return 2 * (bright & also).sum() / (bright.sum() + also.sum())


def _to_parent(node: Any) -> np.ndarray:
    matrix = vtk_matrix_of(np.eye(4))
    node.GetMatrixTransformToParent(matrix)
    return matrix_of(matrix)
