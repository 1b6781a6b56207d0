"""The folder of a case lies where the CT does: in its study, its patient, or the scene."""

from __future__ import annotations

import importlib
from typing import Any

from SyntheticCECTLib.mrml.subject_hierarchy import (
    NO_ITEM,
    add_case_folder,
    folder_of,
    nodes_in,
    put_into,
    remove_folder,
)


def hierarchy(scene: Any) -> Any:
    slicer: Any = importlib.import_module("slicer")
    return slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(scene)


def test_folder_of_a_scan_from_dicom_is_in_its_study(scene: Any, a_native_node: Any) -> None:
    tree = hierarchy(scene)
    patient = tree.CreateSubjectItem(tree.GetSceneItemID(), "patient")
    study = tree.CreateStudyItem(patient, "study")
    item = tree.CreateItem(study, a_native_node)
    folder = add_case_folder(scene, a_native_node, "result")
    assert tree.GetItemParent(folder) == study and tree.GetItemParent(item) == study


def test_folder_of_a_scan_from_a_file_hangs_on_the_scene(scene: Any, a_native_node: Any) -> None:
    folder = add_case_folder(scene, a_native_node, "result")
    assert hierarchy(scene).GetItemParent(folder) == hierarchy(scene).GetSceneItemID()


def test_a_second_folder_gets_a_name_of_its_own(scene: Any, a_native_node: Any) -> None:
    names = {hierarchy(scene).GetItemName(add_case_folder(scene, a_native_node, "result")) for _ in range(3)}
    assert len(names) == 3 and all(name.startswith("result") for name in names)


def test_nodes_move_into_a_folder_and_know_it(scene: Any, a_native_node: Any) -> None:
    folder = add_case_folder(scene, a_native_node, "result")
    table = scene.AddNewNodeByClass("vtkMRMLTableNode")
    assert folder_of(scene, table) == NO_ITEM
    put_into(scene, folder, [table])
    assert folder_of(scene, table) == folder and nodes_in(scene, folder) == [table]
    assert folder_of(scene, a_native_node) == NO_ITEM


def test_only_an_empty_folder_is_removed(scene: Any, a_native_node: Any) -> None:
    folder, table = (
        add_case_folder(scene, a_native_node, "result"),
        scene.AddNewNodeByClass("vtkMRMLTableNode"),
    )
    put_into(scene, folder, [table])
    remove_folder(scene, folder)
    assert folder_of(scene, table) == folder
    tree = hierarchy(scene)
    tree.RemoveItem(tree.GetItemByDataNode(table), False, False)
    remove_folder(scene, folder)
    assert tree.GetItemByName("result") == tree.GetInvalidItemID()
