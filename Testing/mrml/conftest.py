"""A scene, and what the tests of this room put into it: the same in slicer-core and in the desktop application."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk

from SyntheticCECTLib.core.case import CaseResult
from SyntheticCECTLib.mrml.geometry import vtk_matrix_of
from SyntheticCECTLib.mrml.result_nodes import ResultNodes, add_result
from SyntheticCECTLib.mrml.volume_node import add_volume
from Testing.small_case import blocks, case_result, image_of, labels


@pytest.fixture(scope="session")
def _application() -> Any:
    """Slicer where the tests run in it, else the one that trame-slicer makes of slicer-core."""
    if importlib.util.find_spec("slicer") is None:
        pytest.skip("neither 3D Slicer nor slicer-core is here")
    slicer: Any = importlib.import_module("slicer")
    if hasattr(slicer, "mrmlScene"):
        return slicer
    if importlib.util.find_spec("trame_slicer") is None:
        pytest.skip("slicer-core is here without trame-slicer, which sets its scene up")
    return importlib.import_module("trame_slicer.core").SlicerApp()


@pytest.fixture
def scene(_application: Any) -> Iterator[Any]:
    """An empty scene that knows every class of node."""
    scene = getattr(_application, "mrmlScene", None) or _application.scene
    scene.Clear(False)
    before = node_ids(scene)
    yield scene
    scene.SetUndoFlag(False)
    scene.ClearUndoStack()
    scene.Clear(False)
    # Views are singletons, which clearing leaves.
    for node_id in set(node_ids(scene)) - set(before):
        scene.RemoveNode(scene.GetNodeByID(node_id))


@pytest.fixture
def a_ct() -> sitk.Image:
    """The CT of the small case."""
    return image_of(blocks())


@pytest.fixture
def a_native_node(scene: Any, a_ct: sitk.Image) -> Any:
    return add_volume(scene, a_ct, "native CT")


@pytest.fixture
def some_labels() -> sitk.Image:
    """Chambers of the small case."""
    return labels()


@pytest.fixture
def a_case() -> CaseResult:
    return case_result()


@pytest.fixture
def a_result(scene: Any, a_case: CaseResult, a_native_node: Any) -> ResultNodes:
    return add_result(scene, a_case, a_native_node, "Case 1")


@pytest.fixture
def an_oblique_image(a_ct: sitk.Image) -> sitk.Image:
    """Turned about two axes, with its slices from head to feet."""
    turned = sitk.Euler3DTransform((0.0, 0.0, 0.0), 0.2, -0.1, 0.3)
    direction = np.reshape(turned.GetMatrix(), (3, 3)) @ np.diag([1.0, -1.0, -1.0])
    a_ct.SetDirection(direction.ravel().tolist())
    return a_ct


@pytest.fixture
def a_transform(scene: Any) -> Any:
    """Linear: 90 degrees about the patient's axis, then a shift, RAS."""
    node = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode", "moved patient")
    node.SetMatrixTransformToParent(
        vtk_matrix_of(np.array([[0, -1, 0, 10], [1, 0, 0, -20], [0, 0, 1, 5], [0, 0, 0, 1]], float))
    )
    return node


@pytest.fixture
def a_warp(scene: Any) -> Any:
    """A non-linear transform."""
    node = scene.AddNewNodeByClass("vtkMRMLBSplineTransformNode", "breathing")
    common: Any = importlib.import_module("slicer")
    node.SetAndObserveTransformToParent(common.vtkOrientedBSplineTransform())
    return node


def node_ids(scene: Any) -> list[str]:
    """All nodes of a scene, to see whether something stayed behind."""
    return [scene.GetNthNode(n).GetID() for n in range(scene.GetNumberOfNodes())]


@pytest.fixture
def ids_of() -> Any:
    return node_ids
