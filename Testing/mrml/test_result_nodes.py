"""A case enters the scene whole or not at all, is found again, and leaves without a trace."""

from __future__ import annotations

import importlib
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk

from SyntheticCECTLib.core.case import CaseResult
from SyntheticCECTLib.core.errors import InputRefused
from SyntheticCECTLib.mrml import result_nodes
from SyntheticCECTLib.mrml.geometry import vtk_matrix_of
from SyntheticCECTLib.mrml.label_node import chambers_of
from SyntheticCECTLib.mrml.provenance import provenance_of
from SyntheticCECTLib.mrml.result_nodes import ResultNodes, add_result, find_result, remove_result
from SyntheticCECTLib.mrml.subject_hierarchy import items_of, nodes_in
from SyntheticCECTLib.mrml.volume_node import add_volume, to_image
from SyntheticCECTLib.mrml.volume_rendering import render_volume
from Testing.small_case import case_result

STEPS = ("add_volume", "color_enhancement", "add_label_volume", "add_chambers", "add_heart", "add_case_folder",
         "add_metrics_table", "add_volume_curve", "write_provenance", "put_into")  # fmt: skip


def array_of(image: sitk.Image) -> np.ndarray:
    return sitk.GetArrayFromImage(image)


def hierarchy(scene: Any) -> Any:
    slicer: Any = importlib.import_module("slicer")
    return slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(scene)


def test_images_in_the_scene_are_those_of_the_case(a_result: ResultNodes, a_case: CaseResult) -> None:
    made = a_case.case.synthesis
    assert (array_of(to_image(a_result.synthetic_cect)) == array_of(made.synthetic_cect)).all()
    assert (array_of(to_image(a_result.enhancement)) == array_of(made.enhancement_hu)).all()
    assert a_result.chamber_split is not None and made.chamber_prior is not None
    assert (array_of(to_image(a_result.chamber_split)) == array_of(made.chamber_prior)).all()
    assert (array_of(chambers_of(a_result.chambers, a_result.native)) == array_of(a_case.labels)).all()


def test_nodes_with_computed_pixels_say_synthetic_in_their_names(a_result: ResultNodes) -> None:
    for node in (a_result.synthetic_cect, a_result.enhancement, a_result.chambers):
        assert "SYNTHETIC" in node.GetName()
    assert a_result.registered_cect is not None and "SYNTHETIC" not in a_result.registered_cect.GetName()


def test_a_case_without_cect_and_reference_has_no_node_for_them(scene: Any, a_native_node: Any) -> None:
    result = add_result(scene, case_result(cect=None, reference=None), a_native_node)
    assert result.registered_cect is None and result.reference is None
    assert result.synthetic_cect.GetName() == "native CT SYNTHETIC CECT (research use)"


def test_chambers_that_a_person_changed_say_so(scene: Any, a_case: CaseResult, a_native_node: Any) -> None:
    for by_hand in (False, True):
        result = add_result(scene, replace(a_case, by_hand=by_hand), a_native_node)
        assert (provenance_of(result.chambers).get("edited") == "by hand") == by_hand


def test_a_scan_below_a_transform_takes_its_result_along(
    scene: Any, a_case: CaseResult, a_transform: Any
) -> None:
    native = add_volume(scene, a_case.case.synthesis.native_ct, "CT", a_transform)
    result = add_result(scene, a_case, native)
    a_transform.SetMatrixTransformToParent(vtk_matrix_of(np.diag([-1.0, 1.0, 1.0, 1.0])))
    one, other = to_image(result.synthetic_cect), to_image(native)
    assert one.GetOrigin() == pytest.approx(other.GetOrigin()) and one.GetOrigin()[0] != -40
    assert (array_of(chambers_of(result.chambers, native)) == array_of(a_case.labels)).all()


def test_all_nodes_lie_in_one_folder_beside_the_scan(scene: Any, a_result: ResultNodes) -> None:
    inside = nodes_in(scene, a_result.folder)
    assert set(a_result.nodes()) == set(inside) and a_result.native not in inside
    assert hierarchy(scene).GetItemName(a_result.folder) == "Case 1 SYNTHETIC CECT"


@pytest.mark.parametrize("step", STEPS)
def test_a_failure_anywhere_leaves_the_scene_as_it_was(
    scene: Any,
    a_case: CaseResult,
    a_native_node: Any,
    ids_of: Any,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
) -> None:
    nodes, items = ids_of(scene), items_of(scene)
    original, calls = getattr(result_nodes, step), []

    def fail_after(*arguments: Any, **keywords: Any) -> Any:
        calls.append(original(*arguments, **keywords))
        raise MemoryError(step)

    monkeypatch.setattr(result_nodes, step, fail_after)
    with pytest.raises(MemoryError, match=step):
        add_result(scene, a_case, a_native_node)
    assert calls and ids_of(scene) == nodes
    assert items_of(scene) in (items, [hierarchy(scene).GetItemByDataNode(a_native_node)])


def test_a_failure_leaves_an_older_result_whole(
    scene: Any, a_case: CaseResult, a_result: ResultNodes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(result_nodes, "put_into", lambda *arguments: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        add_result(scene, a_case, a_result.native)
    assert find_result(scene, a_result.native) == a_result
    assert set(nodes_in(scene, a_result.folder)) == set(a_result.nodes())


@pytest.mark.parametrize("last", ["making surfaces", "measuring at other thresholds"])
def test_what_a_person_loads_meanwhile_stays_when_the_result_is_cancelled(
    scene: Any, a_case: CaseResult, a_native_node: Any, a_ct: sitk.Image, last: str
) -> None:
    hierarchy(scene).CreateItem(hierarchy(scene).GetSceneItemID(), a_native_node)
    nodes, items, mine = nodes_in_scene(scene), items_of(scene), list[Any]()

    def load(_: float, message: str) -> None:
        mine.append(add_volume(scene, a_ct, f"loaded while {message}"))
        mine[-1].AddDefaultStorageNode()
        hierarchy(scene).CreateItem(hierarchy(scene).GetSceneItemID(), mine[-1])
        if message == last:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        add_result(scene, a_case, a_native_node, on_progress=load)
    theirs = [part for node in mine for part in (node, node.GetDisplayNode(), node.GetStorageNode())]
    assert len(mine) > 3 and set(nodes_in_scene(scene)) == {*nodes, *theirs}
    assert set(items_of(scene)) == {*items, *map(hierarchy(scene).GetItemByDataNode, mine)}


def test_scene_that_a_person_opens_meanwhile_stays_whatever_its_ids(
    scene: Any, a_case: CaseResult, a_native_node: Any, a_ct: sitk.Image
) -> None:
    def open_another(_: float, message: str) -> None:
        if message == "adding the chambers":
            scene.Clear(False)
            for number in range(6):
                add_volume(scene, a_ct, f"mine {number}")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        add_result(scene, a_case, a_native_node, on_progress=open_another)
    assert scene.GetNumberOfNodesByClass("vtkMRMLScalarVolumeNode") == 6


def nodes_in_scene(scene: Any) -> list[Any]:
    return [scene.GetNthNode(n) for n in range(scene.GetNumberOfNodes())]


def test_a_result_is_found_by_its_scan(scene: Any, a_result: ResultNodes, a_ct: sitk.Image) -> None:
    assert find_result(scene, a_result.native) == a_result
    assert find_result(scene, add_volume(scene, a_ct, "another CT")) is None
    assert find_result(scene, None) is None


def test_the_newest_of_two_results_is_found(scene: Any, a_case: CaseResult, a_result: ResultNodes) -> None:
    newer = add_result(scene, a_case, a_result.native, "Case 1")
    assert find_result(scene, a_result.native) == newer and newer.folder != a_result.folder
    remove_result(scene, newer)
    assert find_result(scene, a_result.native) == a_result


def test_a_result_that_lost_its_chambers_is_no_result_any_more(scene: Any, a_result: ResultNodes) -> None:
    scene.RemoveNode(a_result.chambers)
    assert find_result(scene, a_result.native) is None


def test_a_result_that_lost_its_tables_still_is_one(scene: Any, a_result: ResultNodes) -> None:
    scene.RemoveNode(a_result.tables["metrics"])
    found = find_result(scene, a_result.native)
    assert found is not None and set(found.tables) == {"volumes"}


def test_removal_leaves_nothing_but_what_was_there(
    scene: Any, a_case: CaseResult, a_native_node: Any, ids_of: Any
) -> None:
    hierarchy(scene).CreateItem(hierarchy(scene).GetSceneItemID(), a_native_node)
    nodes, items = ids_of(scene), items_of(scene)
    result = add_result(scene, a_case, a_native_node)
    render_volume(scene, result.synthetic_cect)
    remove_result(scene, result)
    assert ids_of(scene) == nodes and items_of(scene) == items


def test_removal_of_one_result_leaves_the_other_in_colour(
    scene: Any, a_case: CaseResult, a_result: ResultNodes
) -> None:
    remove_result(scene, add_result(scene, a_case, a_result.native))
    assert a_result.enhancement.GetDisplayNode().GetColorNode().GetName() == "SYNTHETIC enhancement colours"


def test_removal_keeps_what_a_person_put_into_the_folder(
    scene: Any, a_result: ResultNodes, a_ct: sitk.Image
) -> None:
    mine = add_volume(scene, a_ct, "mine")
    hierarchy(scene).CreateItem(a_result.folder, mine)
    remove_result(scene, a_result)
    assert nodes_in(scene, a_result.folder) == [mine]


def test_one_undo_takes_a_result_back(scene: Any, a_case: CaseResult, a_native_node: Any) -> None:
    scene.SetUndoFlag(True)
    for name in ("vtkMRMLScalarVolumeNode", "vtkMRMLSegmentationNode", "vtkMRMLTableNode"):
        scene.AddDefaultNode(undoable(scene, name))
    result = add_result(scene, a_case, a_native_node)
    synthetic_id = result.synthetic_cect.GetID()
    assert result.synthetic_cect.GetUndoEnabled() and scene.GetNumberOfUndoLevels() == 1
    scene.Undo()
    assert scene.GetNodeByID(synthetic_id) is None and find_result(scene, a_native_node) is None
    assert scene.GetNodeByID(a_native_node.GetID()) is not None


def undoable(scene: Any, class_name: str) -> Any:
    node = scene.CreateNodeByClass(class_name)
    node.UnRegister(None)
    node.SetUndoEnabled(True)
    return node


def test_a_warped_scan_is_refused_before_anything_is_added(
    scene: Any, a_case: CaseResult, a_native_node: Any, a_warp: Any, ids_of: Any
) -> None:
    a_native_node.SetAndObserveTransformNodeID(a_warp.GetID())
    before = ids_of(scene)
    with pytest.raises(InputRefused, match="breathing"):
        add_result(scene, a_case, a_native_node)
    assert ids_of(scene) == before
