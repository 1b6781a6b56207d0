"""Slicer's selector of nodes, which shows a row for each node of its kinds and keeps one of them chosen."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Property, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QWidget
from vtkmodules.util.misc import calldata_type
from vtkmodules.util.vtkConstants import VTK_OBJECT


def flag(name: str) -> tuple[Any, Any]:
    """Reads and writes a switch that the stand-in merely keeps."""
    return lambda self: self._flags[name], lambda self, value: self._flags.update({name: value})


class qMRMLNodeComboBox(QWidget):
    """Chooses a node of the scene; empty until it gets one."""

    currentNodeChanged = Signal(object)
    signatures = ("currentNodeChanged(vtkMRMLNode*)",)

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self._scene: Any = None
        self._types: list[str] = []
        self._none, self._none_title = False, "None"
        self._flags = dict.fromkeys(
            ("addEnabled", "removeEnabled", "renameEnabled", "showChildNodeTypes"), True
        )
        self._nodes: list[Any] = []
        self._tags: list[int] = []
        self._combo = QComboBox(self)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._combo)
        self._current: Any = None
        self._combo.activated.connect(lambda index: self.setCurrentNode(self._entries()[index]))

    def setMRMLScene(self, scene: Any) -> None:
        self._scene = scene
        for event in (scene.NodeAddedEvent, scene.NodeRemovedEvent):
            self._tags.append(scene.AddObserver(event, lambda *_: self._refill()))
        self._tags.append(scene.AddObserver(scene.NodeAboutToBeRemovedEvent, self._node_goes, -10.0))
        self._tags.append(scene.AddObserver(scene.EndBatchProcessEvent, lambda *_: self._fill_anew()))
        self._refill()

    def leaveScene(self) -> None:
        for tag in self._tags:
            self._scene.RemoveObserver(tag)

    @calldata_type(VTK_OBJECT)
    def _node_goes(self, scene: Any, event: str, node: Any) -> None:
        """The row goes, and QComboBox chooses the one that moves into its place, or the last."""
        if scene.IsClosing() or scene.IsBatchProcessing() or node not in self._nodes:
            return
        row = self._entries().index(node)
        self._nodes.remove(node)
        if node is self._current:
            entries = self._entries()
            self.setCurrentNode(entries[min(row, len(entries) - 1)] if entries else None)

    def currentNode(self) -> Any:
        return self._current

    def setCurrentNode(self, node: Any) -> None:
        chosen = node if node in self._nodes else None
        changed = chosen is not self._current
        self._current = chosen
        self._mark()
        if changed:
            self.currentNodeChanged.emit(chosen)

    def _entries(self) -> list[Any]:
        return ([None] if self._none else []) + self._nodes

    def _mark(self) -> None:
        entries = self._entries()
        self._combo.setCurrentIndex(entries.index(self._current) if self._current in entries else -1)

    def _fill_anew(self) -> None:
        """After a scene was closed or loaded, which is after their own end events: empty for a moment."""
        before = self._current
        self.setCurrentNode(None)
        self._refill()
        self.setCurrentNode(before)

    def _refill(self) -> None:
        if self._scene is None or self._scene.IsBatchProcessing():
            return
        found = []
        for kind in self._types:
            nodes = self._scene.GetNodesByClass(kind)
            nodes.UnRegister(self._scene)
            found += [nodes.GetItemAsObject(n) for n in range(nodes.GetNumberOfItems())]
        exact = [
            one for one in found if self._flags["showChildNodeTypes"] or one.GetClassName() in self._types
        ]
        self._nodes = [one for one in exact if not one.GetHideFromEditors()]
        self._combo.clear()
        self._combo.addItems(
            [one.GetName() if one is not None else self._none_title for one in self._entries()]
        )
        if self._current is not None and self._current not in self._nodes:
            self.setCurrentNode(None)
        self._mark()

    def _set_types(self, types: Any) -> None:
        self._types = list(types)
        self._refill()

    def _set_none(self, enabled: bool) -> None:
        self._none = enabled
        self._refill()

    def _set_title(self, title: str) -> None:
        self._none_title = title
        self._refill()

    nodeTypes = Property("QStringList", lambda self: self._types, _set_types)  # pyright: ignore[reportArgumentType]
    noneEnabled = Property(bool, lambda self: self._none, _set_none)
    noneDisplay = Property(str, lambda self: self._none_title, _set_title)
    currentNodeID = Property(str, lambda self: self._current.GetID() if self._current is not None else "")
    addEnabled = Property(bool, *flag("addEnabled"))
    removeEnabled = Property(bool, *flag("removeEnabled"))
    renameEnabled = Property(bool, *flag("renameEnabled"))
    showChildNodeTypes = Property(bool, *flag("showChildNodeTypes"))
