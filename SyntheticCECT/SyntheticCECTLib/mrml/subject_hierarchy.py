"""Folders in the subject hierarchy: for each case beside the CT in its study, its patient, or the scene."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .node_types import Node, Scene, slicer

NO_ITEM = 0
HIERARCHY = "vtkMRMLSubjectHierarchyNode"


def add_case_folder(scene: Scene, native_node: Node, name: str) -> int:
    """Adds a folder beside a CT.

    Args:
        scene: Where to.
        native_node: The CT; it gets an item of its own where it has none yet.
        name: Of the folder; a number is added where it is taken.

    Returns:
        The folder's item.
    """
    hierarchy = _hierarchy(scene)
    item = hierarchy.GetItemByDataNode(native_node) or hierarchy.CreateItem(
        hierarchy.GetSceneItemID(), native_node
    )
    return _add_folder(hierarchy, hierarchy.GetItemParent(item), name)


def add_folder(scene: Scene, name: str) -> int:
    """Adds a folder right below the scene; a number is added to its name where that is taken."""
    hierarchy = _hierarchy(scene)
    return _add_folder(hierarchy, hierarchy.GetSceneItemID(), name)


def put_into(scene: Scene, folder: int, nodes: Iterable[Node]) -> None:
    """Moves nodes into a folder; those without an item get one there."""
    hierarchy = _hierarchy(scene)
    for node in nodes:
        item = hierarchy.GetItemByDataNode(node)
        if item:
            hierarchy.SetItemParent(item, folder)
        else:
            hierarchy.CreateItem(folder, node)


def folder_of(scene: Scene, node: Node) -> int:
    """The item that holds a node's item; `NO_ITEM` where the node has none, or hangs on the scene itself."""
    hierarchy = _hierarchy(scene)
    item = hierarchy.GetItemByDataNode(node)
    parent = hierarchy.GetItemParent(item) if item else NO_ITEM
    return int(parent) if parent != hierarchy.GetSceneItemID() else NO_ITEM


def nodes_in(scene: Scene, folder: int) -> list[Node]:
    """The nodes right inside a folder."""
    hierarchy = _hierarchy(scene)
    return [
        hierarchy.GetItemDataNode(hierarchy.GetItemByPositionUnderParent(folder, position))
        for position in range(hierarchy.GetNumberOfItemChildren(folder))
    ]


def remove_item_of(scene: Scene, node: Node) -> None:
    """Removes a node's item and leaves the node: without the desktop an item would outlive its node."""
    # Asked for by Slicer's own function, a hierarchy would be made where there is none.
    hierarchy = scene.GetFirstNodeByClass(HIERARCHY)
    item = hierarchy.GetItemByDataNode(node) if hierarchy else NO_ITEM
    if item:
        hierarchy.RemoveItem(item, False, True)


def remove_folder(scene: Scene, folder: int) -> None:
    """Removes a folder that nothing is left in; one in which a person keeps something stays."""
    hierarchy = _hierarchy(scene)
    if folder != NO_ITEM and not hierarchy.GetNumberOfItemChildren(folder):
        hierarchy.RemoveItem(folder, False, False)


def items_of(scene: Scene) -> list[int]:
    """Every item of the hierarchy, each before its children; none where there is no hierarchy yet."""
    from vtkmodules.vtkCommonCore import vtkIdList

    hierarchy, ids = scene.GetFirstNodeByClass(HIERARCHY), vtkIdList()
    if hierarchy is None:
        return []
    hierarchy.GetItemChildren(hierarchy.GetSceneItemID(), ids, True)
    return [int(ids.GetId(n)) for n in range(ids.GetNumberOfIds())]


def _add_folder(hierarchy: Any, parent: int, name: str) -> int:
    if hierarchy.GetItemChildWithName(parent, name):
        name = hierarchy.GenerateUniqueItemName(name)
    folder = hierarchy.CreateFolderItem(parent, name)
    hierarchy.SetItemExpanded(folder, True)
    return int(folder)


def _hierarchy(scene: Scene) -> Any:
    return slicer().vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(scene)
