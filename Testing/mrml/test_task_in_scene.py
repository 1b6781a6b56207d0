"""A reader's task: what its nodes tell, where it begins, and the slices to draw on."""

from __future__ import annotations

from typing import Any

import pytest
import SimpleITK as sitk

from SyntheticCECTLib.core.errors import InputRefused
from SyntheticCECTLib.mrml.label_node import drawn_chambers_of
from SyntheticCECTLib.mrml.provenance import is_synthetic
from SyntheticCECTLib.mrml.task_in_scene import TaskInScene
from Testing.mrml.view_node import a_view_node

STEP_MM, LOWEST_MM = 5.0, 100.0
MARKED = (7, 2, 4)


@pytest.fixture
def axial(scene: Any) -> Any:
    node = a_view_node(scene, "vtkMRMLSliceNode", "Reading")
    node.SetOrientationToAxial()
    return node


@pytest.fixture
def task(scene: Any, axial: Any) -> TaskInScene:
    return TaskInScene(scene, lambda: axial)


def test_nodes_carry_the_random_name_alone_and_the_second_says_that_it_is_synthetic(
    task: TaskInScene, a_ct: sitk.Image
) -> None:
    task.add("K7", a_ct, a_ct, None, (), surfaces=False)
    nodes: list[Any] = [task.volume, task.second, task.segmentation]
    assert [node.GetName() for node in nodes] == ["K7", "K7 SYNTHETIC", "K7 drawing"]
    assert is_synthetic(task.second) and not is_synthetic(task.volume)


def test_a_drawing_begins_empty_or_as_it_was_left(
    task: TaskInScene, a_ct: sitk.Image, some_labels: sitk.Image
) -> None:
    task.add("K7", a_ct, None, None, (), surfaces=False)
    empty = drawn_chambers_of(task.segmentation, task.volume)
    assert empty.GetSize() == a_ct.GetSize() and not sitk.GetArrayViewFromImage(empty).any()
    task.clear()
    task.add("K7", a_ct, None, some_labels, (), surfaces=False)
    drawn = sitk.GetArrayFromImage(drawn_chambers_of(task.segmentation, task.volume))
    assert (drawn == sitk.GetArrayViewFromImage(some_labels)).all()


def test_steps_lead_from_one_slice_to_draw_on_to_the_next(
    task: TaskInScene, axial: Any, a_ct: sitk.Image
) -> None:
    task.add("K7", a_ct, None, None, MARKED, surfaces=False)
    assert task.start_ras(a_ct)[2] == LOWEST_MM + 4 * STEP_MM
    axial.SetSliceOffset(LOWEST_MM + 3 * STEP_MM)
    assert not task.at_marked()
    heights = []
    for by in (1, 1, 1, -1, -1, -1):
        task.step_marked(by)
        assert task.at_marked()
        heights.append((axial.GetSliceOffset() - LOWEST_MM) / STEP_MM)
    assert heights == [4, 7, 7, 4, 2, 2]


def test_without_slices_to_draw_on_every_slice_is_one(
    task: TaskInScene, axial: Any, a_ct: sitk.Image
) -> None:
    task.add("K7", a_ct, None, None, (), surfaces=False)
    assert task.start_ras(a_ct)[2] == LOWEST_MM + 5.5 * STEP_MM
    axial.SetSliceOffset(LOWEST_MM + 3 * STEP_MM)
    task.step_marked(1)
    assert task.at_marked() and axial.GetSliceOffset() == LOWEST_MM + 3 * STEP_MM


def test_a_task_that_cannot_be_shown_leaves_nothing(
    scene: Any, task: TaskInScene, a_ct: sitk.Image, ids_of: Any
) -> None:
    before = ids_of(scene)
    with pytest.raises(InputRefused, match="2 dimensions"):
        task.add("K7", a_ct, a_ct[:, :, 0], None, (), surfaces=False)
    assert ids_of(scene) == before and task.volume is None


def test_a_task_that_is_cleared_leaves_nothing(
    scene: Any, task: TaskInScene, a_ct: sitk.Image, some_labels: sitk.Image, ids_of: Any
) -> None:
    before = ids_of(scene)
    task.add("K7", a_ct, a_ct, some_labels, MARKED, surfaces=True)
    task.clear()
    assert ids_of(scene) == before and task.volume is None
