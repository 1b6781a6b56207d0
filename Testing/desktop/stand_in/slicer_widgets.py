"""Slicer's and CTK's widgets that the panel uses, with the properties and signals that it uses and no others."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Property, Qt, Signal
from PySide6.QtWidgets import (
    QDoubleSpinBox,
    QHBoxLayout,
    QLineEdit,
    QSlider,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from .node_combo_box import flag, qMRMLNodeComboBox


class qMRMLWidget(QWidget):
    """Hands the scene on to the widgets in it."""

    mrmlSceneChanged = Signal(object)
    signatures = ("mrmlSceneChanged(vtkMRMLScene*)",)

    def setMRMLScene(self, scene: Any) -> None:
        self.mrmlSceneChanged.emit(scene)


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
    """A path; an empty one is none, and of a path that is none CTK does not tell."""

    currentPathChanged = Signal(str)
    validInputChanged = Signal(bool)
    signatures = ("currentPathChanged(QString)", "validInputChanged(bool)")

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self._edit = QLineEdit(self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._edit)
        self._valid = False
        self._edit.textChanged.connect(self._changed)

    def _changed(self, path: str) -> None:
        before, self._valid = self._valid, bool(path)
        if self._valid:
            self.currentPathChanged.emit(path)
        if self._valid != before:
            self.validInputChanged.emit(self._valid)

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

    segmentationNodeSelectorVisible = Property(bool, *flag("selectors"))
    sourceVolumeNodeSelectorVisible = Property(bool, *flag("source"))
    switchToSegmentationsButtonVisible = Property(bool, *flag("switch"))
    autoShowSourceVolumeNode = Property(bool, *flag("auto"))
    unorderedEffectsVisible = Property(bool, *flag("others"))


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
