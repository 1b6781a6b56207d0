"""A change of the scene that happens as a whole or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from .node_types import Node, Scene
from .provenance import provenance_of
from .subject_hierarchy import items_of, remove_folder, remove_item_of


@contextmanager
def all_or_nothing(scene: Scene) -> Iterator[None]:
    """When the block raises, every node and every folder that it added is removed again."""
    before, items_before = _ids(scene), items_of(scene)
    try:
        yield
    except BaseException:
        added = [scene.GetNodeByID(node_id) for node_id in _ids(scene) if node_id not in before]
        remove_nodes(scene, added)
        for item in reversed([item for item in items_of(scene) if item not in items_before]):
            remove_folder(scene, item)
        raise


def remove_nodes(scene: Scene, nodes: Iterable[Node | None]) -> None:
    """Removes nodes with their items in the subject hierarchy, and the displays, storages and the like that they alone use."""
    for node in list(nodes):
        if node is not None and scene.IsNodePresent(node):
            # All parts are asked for before the first is removed: a scene drops some by itself, and forgets theirs.
            parts = _parts(node)
            _remove(scene, node)
            for part in parts:
                if scene.IsNodePresent(part) and not _is_used(scene, part):
                    _remove(scene, part)


def _remove(scene: Scene, node: Node) -> None:
    remove_item_of(scene, node)
    scene.RemoveNode(node)


def _parts(node: Node) -> list[Node]:
    """What hangs on a node, each before what hangs on it."""
    parts = []
    if node.IsA("vtkMRMLDisplayableNode"):
        parts += [node.GetNthDisplayNode(n) for n in range(node.GetNumberOfDisplayNodes())]
    if node.IsA("vtkMRMLVolumeRenderingDisplayNode"):
        parts.append(node.GetVolumePropertyNode())
    if node.IsA("vtkMRMLDisplayNode") and provenance_of(node.GetColorNode()):
        parts.append(node.GetColorNode())  # most colour nodes are Slicer's own and stay
    if node.IsA("vtkMRMLStorableNode"):
        parts.append(node.GetStorageNode())
    parts = [part for part in parts if part is not None]
    return [*parts, *(deeper for part in parts for deeper in _parts(part))]


def _is_used(scene: Scene, node: Node) -> bool:
    """Whether another node refers to this one."""
    own = node.GetID()
    for user in (scene.GetNodeByID(user_id) for user_id in _ids(scene)):
        # Display nodes keep their colours beside the ordinary references.
        if user.IsA("vtkMRMLDisplayNode") and user.GetColorNodeID() == own:
            return True
        for n in range(user.GetNumberOfNodeReferenceRoles()):
            role = user.GetNthNodeReferenceRole(n)
            if any(
                user.GetNthNodeReferenceID(role, m) == own
                for m in range(user.GetNumberOfNodeReferences(role))
            ):
                return True
    return False


def _ids(scene: Scene) -> dict[str, None]:
    """IDs of all nodes in the scene's order."""
    nodes = scene.GetNodes()
    return dict.fromkeys(nodes.GetItemAsObject(n).GetID() for n in range(nodes.GetNumberOfItems()))
