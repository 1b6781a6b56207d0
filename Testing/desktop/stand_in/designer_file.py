"""Designer files: widgets of classes that are known, and the connections that carry the scene to the selectors."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from typing import Any

from PySide6 import QtCore, QtUiTools, QtWidgets

SCENE_SIGNAL, SCENE_SLOT = "mrmlSceneChanged(vtkMRMLScene*)", "setMRMLScene(vtkMRMLScene*)"


class Loader(QtUiTools.QUiLoader):
    """Qt's own, which would silently take the base class of a widget that it does not know.

    Args:
        widgets: Classes by the name that the file has.
    """

    def __init__(self, widgets: dict[str, type]) -> None:
        super().__init__()
        self._widgets = widgets

    def createWidget(self, class_name: str, parent: Any = None, name: str = "") -> Any:
        if class_name in self._widgets:
            widget = self._widgets[class_name](parent)
            widget.setObjectName(name)
            return widget
        if not hasattr(QtWidgets, class_name):
            raise LookupError(f"'{name}' is of the unknown class {class_name}")
        return super().createWidget(class_name, parent, name)


def load(file: Any, widgets: dict[str, type]) -> Any:
    """The root widget of an open QFile."""
    tree = ElementTree.fromstring(bytes(file.readAll().data()))
    connections = tree.find("connections")
    links = [] if connections is None else [{part.tag: part.text for part in link} for link in connections]
    if connections is not None:
        tree.remove(connections)
    buffer = QtCore.QBuffer()
    buffer.setData(ElementTree.tostring(tree))
    buffer.open(QtCore.QIODevice.OpenModeFlag.ReadOnly)
    root = Loader(widgets).load(buffer)
    for link in links:
        _connect(root, link)
    return root


def _connect(root: Any, link: dict[str, str | None]) -> None:
    receiver = root.findChild(QtWidgets.QWidget, link["receiver"])
    if link["sender"] != root.objectName() or receiver is None:
        raise LookupError(f"a connection names a widget that is not there: {link}")
    if (link["signal"], link["slot"]) != (SCENE_SIGNAL, SCENE_SLOT):
        raise LookupError(f"the stand-in knows only the connection of the scene, not {link}")
    root.mrmlSceneChanged.connect(receiver.setMRMLScene)
