"""Puts the stand-in where ``import qt``, ``import ctk`` and ``import slicer`` find it, and takes it away again."""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

MODULE_FILE = Path(__file__).resolve().parents[3] / "SyntheticCECT" / "SyntheticCECT.py"


class StandIn:
    """The stand-in while it is installed.

    Args:
        folder: For temporary files of the application.
    """

    def __init__(self, folder: str) -> None:
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
        from PySide6 import QtWidgets

        from . import python_qt, slicer_widgets
        from .application import App, LayoutManager, Modules

        self.qt_application = QtWidgets.QApplication.instance() or QtWidgets.QApplication([])
        self._before = {name: sys.modules.get(name) for name in ("qt", "ctk", "SyntheticCECT")}
        self.slicer: Any = importlib.import_module("slicer")
        self._attributes = set(vars(self.slicer))
        self.core = importlib.import_module("trame_slicer.core").SlicerApp()
        slicer = self.slicer
        slicer.mrmlScene = self.core.scene
        slicer.app = App(LayoutManager(slicer, self.core.scene), folder)
        slicer.modules = Modules()
        python_qt.QUiLoader.widgets = slicer_widgets.WIDGETS
        qt: Any = ModuleType("qt")
        vars(qt).update(vars(python_qt.qt_module()))
        ctk: Any = ModuleType("ctk")
        for name, widget in slicer_widgets.WIDGETS.items():
            setattr(ctk if name.startswith("ctk") else slicer, name, python_qt.proxy_class(widget))
        sys.modules["qt"], sys.modules["ctk"] = qt, ctk
        self._before["SampleData"] = sys.modules.get("SampleData")
        sys.modules["SampleData"] = importlib.import_module(f"{__package__}.sample_data")
        self._add("slicer.parameterNodeWrapper", "parameter_node")
        self._add("slicer.ScriptedLoadableModule", "scripted_module")
        self.qt = qt
        self.slot_errors = python_qt.slot_errors

    def _add(self, name: str, source: str) -> None:
        module = importlib.import_module(f"{__package__}.{source}")
        sys.modules[name] = module
        setattr(self.slicer, name.partition(".")[2], module)

    def open_module(self) -> Any:
        """The module's panel as Slicer opens it; a new one each time."""
        file = importlib.import_module("SyntheticCECT")
        parent = self.slicer.qMRMLWidget()
        parent.setLayout(self.qt.QVBoxLayout())
        parent.resize(460, 900)
        self.slicer.modules.syntheticcect = SimpleNamespace(path=str(MODULE_FILE))
        widget = file.SyntheticCECTWidget(parent)
        widget.setup()
        representation = self.slicer.qSlicerScriptedLoadableModuleWidget = _Representation
        holder = representation(widget)
        self.slicer.modules.syntheticcect.widgetRepresentation = lambda: holder
        parent.show()
        widget.enter()
        return widget

    def close(self, widget: Any) -> None:
        """Takes a panel away, so that it no longer follows the scene."""
        for child in vars(widget.ui).values():
            if hasattr(child, "leaveScene"):
                child.leaveScene()
        widget.parent.deleteLater()

    def remove(self) -> None:
        """As it was before."""
        for name, module in self._before.items():
            if module is None:
                sys.modules.pop(name, None)
            else:
                sys.modules[name] = module
        for name in ("slicer.parameterNodeWrapper", "slicer.ScriptedLoadableModule"):
            sys.modules.pop(name, None)
        for name in [one for one in sys.modules if one.startswith("SyntheticCECTLib.desktop")]:
            del sys.modules[name]
        for name in set(vars(self.slicer)) - self._attributes:
            delattr(self.slicer, name)


class _Representation:
    """qSlicerScriptedLoadableModuleWidget."""

    def __init__(self, widget: Any) -> None:
        self._widget = widget

    def self(self) -> Any:
        return self._widget

    def __bool__(self) -> bool:
        return True
