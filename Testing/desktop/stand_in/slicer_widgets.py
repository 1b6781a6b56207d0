"""Slicer's and CTK's widgets that the panel uses, with the properties and signals that it uses and no others."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Property, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QLineEdit,
    QSlider,
    QToolButton,
    QVBoxLayout,
    QWidget,
)


def _flag(name: str) -> tuple[Any, Any]:
    """Reads and writes a switch that the stand-in merely keeps."""
    return lambda self: self._flags[name], lambda self, value: self._flags.update({name: value})


class qMRMLWidget(QWidget):
    """Hands the scene on to the widgets in it."""

    mrmlSceneChanged = Signal(object)
    signatures = ("mrmlSceneChanged(vtkMRMLScene*)",)

    def setMRMLScene(self, scene: Any) -> None:
        self.mrmlSceneChanged.emit(scene)


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
        self._tags.append(scene.AddObserver(scene.EndBatchProcessEvent, lambda *_: self._fill_anew()))
        self._refill()

    def leaveScene(self) -> None:
        for tag in self._tags:
            self._scene.RemoveObserver(tag)

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
    addEnabled = Property(bool, *_flag("addEnabled"))
    removeEnabled = Property(bool, *_flag("removeEnabled"))
    renameEnabled = Property(bool, *_flag("renameEnabled"))
    showChildNodeTypes = Property(bool, *_flag("showChildNodeTypes"))


class ctkSliderWidget(QWidget):
    """Slider and number beside it; without ``setRange``, as CTK's."""

    valueChanged = Signal(float)
    signatures = ("valueChanged(double)",)

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self._box, self._slider = QDoubleSpinBox(self), QSlider(Qt.Orientation.Horizontal, self)
        self._slider.setRange(0, 1000)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._slider)
        layout.addWidget(self._box)
        self._box.valueChanged.connect(self._changed)
        self._slider.sliderMoved.connect(
            lambda step: self._box.setValue(self._low() + step / 1000 * self._span())
        )

    def _low(self) -> float:
        return self._box.minimum()

    def _span(self) -> float:
        return self._box.maximum() - self._box.minimum()

    def _changed(self, value: float) -> None:
        self._slider.setValue(round((value - self._low()) / (self._span() or 1) * 1000))
        self.valueChanged.emit(value)

    value = Property(float, lambda self: self._box.value(), lambda self, value: self._box.setValue(value))
    minimum = Property(
        float, lambda self: self._box.minimum(), lambda self, value: self._box.setMinimum(value)
    )
    maximum = Property(
        float, lambda self: self._box.maximum(), lambda self, value: self._box.setMaximum(value)
    )
    singleStep = Property(
        float, lambda self: self._box.singleStep(), lambda self, step: self._box.setSingleStep(step)
    )
    decimals = Property(
        int, lambda self: self._box.decimals(), lambda self, number: self._box.setDecimals(number)
    )
    suffix = Property(str, lambda self: self._box.suffix(), lambda self, text: self._box.setSuffix(text))


class ctkCollapsibleButton(QWidget):
    """A box that opens; what is in it is drawn below its title."""

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self._title, self._collapsed = QToolButton(self), False
        self._title.move(0, 0)
        self._title.clicked.connect(lambda: self._set_collapsed(not self._collapsed))

    def _set_text(self, text: str) -> None:
        self._title.setText(text)
        self._title.adjustSize()
        self.setContentsMargins(0, self._title.height(), 0, 0)

    def _set_collapsed(self, collapsed: bool) -> None:
        self._collapsed = collapsed
        self.setMaximumHeight(self._title.height() if collapsed else 16777215)

    text = Property(str, lambda self: self._title.text(), _set_text)
    collapsed = Property(bool, lambda self: self._collapsed, _set_collapsed)


class ctkPathLineEdit(QWidget):
    """A path."""

    currentPathChanged = Signal(str)
    signatures = ("currentPathChanged(QString)",)

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self._edit = QLineEdit(self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._edit)
        self._edit.textChanged.connect(self.currentPathChanged)

    currentPath = Property(str, lambda self: self._edit.text(), lambda self, path: self._edit.setText(path))


class qMRMLSegmentEditorWidget(qMRMLWidget):
    """The Segment Editor without its tools; it follows nothing without a scene and a node for its settings."""

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self._flags = dict.fromkeys(("selectors", "source", "switch", "others", "auto"), True)
        self._scene: Any = None
        self._settings: Any = None
        self._segmentation: Any = None
        self._source: Any = None
        self._title = QToolButton(self)
        self._title.setText("Segment Editor")
        self.setMinimumHeight(160)

    def setMRMLScene(self, scene: Any) -> None:
        self._scene = scene

    def setMRMLSegmentEditorNode(self, node: Any) -> None:
        if not self._scene.IsNodePresent(node):
            raise RuntimeError("the node of the settings is not in the scene")
        self._settings = node

    def setSegmentationNode(self, node: Any) -> None:
        if self._settings is None:
            raise RuntimeError("the editor has no node for its settings")
        self._segmentation = node

    def setSourceVolumeNode(self, node: Any) -> None:
        if node is not None and self._segmentation is None:
            raise RuntimeError("the segmentation comes before the volume")
        self._source = node

    def segmentationNode(self) -> Any:
        return self._segmentation

    def sourceVolumeNode(self) -> Any:
        return self._source

    def setEffectNameOrder(self, names: list[str]) -> None:
        self.tools = names

    def setMaximumNumberOfUndoStates(self, number: int) -> None:
        self.undo_states = number

    def setActiveEffect(self, effect: Any) -> None:
        pass

    def setupViewObservations(self) -> None:
        self.observes = True

    def removeViewObservations(self) -> None:
        self.observes = False

    def installKeyboardShortcuts(self) -> None:
        self.shortcuts = True

    def uninstallKeyboardShortcuts(self) -> None:
        self.shortcuts = False

    segmentationNodeSelectorVisible = Property(bool, *_flag("selectors"))
    sourceVolumeNodeSelectorVisible = Property(bool, *_flag("source"))
    switchToSegmentationsButtonVisible = Property(bool, *_flag("switch"))
    autoShowSourceVolumeNode = Property(bool, *_flag("auto"))
    unorderedEffectsVisible = Property(bool, *_flag("others"))


WIDGETS: dict[str, type] = {
    one.__name__: one
    for one in (
        qMRMLWidget,
        qMRMLNodeComboBox,
        qMRMLSegmentEditorWidget,
        ctkSliderWidget,
        ctkCollapsibleButton,
        ctkPathLineEdit,
    )
}
