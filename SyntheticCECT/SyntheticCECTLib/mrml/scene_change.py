"""A change of the scene that happens as a whole or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from ..core.stages import OnProgress
from .node_types import Node, Scene
from .provenance import provenance_of
from .subject_hierarchy import items_of, remove_folder, remove_item_of


class SceneChange:
    """What is in the scene without the change: what was there before, and what others add meanwhile.

    Nodes are told apart by themselves: a scene that is loaded meanwhile may bring one with the ID of one of ours.

    Args:
        scene: That is being changed.
    """

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._nodes, self._items = set(_nodes(scene)), set(items_of(scene))

    def telling(self, on_progress: OnProgress | None) -> OnProgress:
        """Tells how far the change is; the window may be alive then, and what a person loads in those moments is theirs."""

        def tell(fraction: float, message: str) -> None:
            if on_progress is None:
                return
            nodes, items = set(_nodes(self._scene)), set(items_of(self._scene))
            try:
                on_progress(fraction, message)
            finally:
                self._nodes.update(node for node in _nodes(self._scene) if node not in nodes)
                self._items.update(item for item in items_of(self._scene) if item not in items)

        return tell

    def undo(self) -> None:
        """Removes every node and every folder that the change added."""
        remove_nodes(self._scene, [node for node in _nodes(self._scene) if node not in self._nodes])
        for item in reversed([item for item in items_of(self._scene) if item not in self._items]):
            remove_folder(self._scene, item)


@contextmanager
def all_or_nothing(scene: Scene) -> Iterator[SceneChange]:
    """When the block raises, every node and every folder that it added is removed again.

    Where it tells its progress, it does so through `SceneChange.telling`.
    """
    change = SceneChange(scene)
    try:
        yield change
    except BaseException:
        change.undo()
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
    for user in _nodes(scene):
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


def _nodes(scene: Scene) -> list[Node]:
    """All nodes, in the scene's order."""
    nodes = scene.GetNodes()
    return [nodes.GetItemAsObject(n) for n in range(nodes.GetNumberOfItems())]
