"""The Slicer module: module, widget, logic and test. Everything they do is in SyntheticCECTLib."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import slicer
import vtk
from slicer.ScriptedLoadableModule import (
    ScriptedLoadableModule,
    ScriptedLoadableModuleLogic,
    ScriptedLoadableModuleTest,
    ScriptedLoadableModuleWidget,
)
from slicer.util import VTKObservationMixin


class SyntheticCECT(ScriptedLoadableModule):
    """What Slicer shows of the module."""

    def __init__(self, parent: Any) -> None:
        ScriptedLoadableModule.__init__(self, parent)
        parent.title = "Synthetic CECT"
        parent.categories = ["Cardiac"]
        parent.dependencies = []
        parent.contributors = ["SyntheticCECT contributors"]
        parent.helpText = (
            "From a CT without contrast agent to a synthetic arterial-phase CECT, left atrium and left ventricle. "
            "Research use only: the bundled models have seen simulated patients only. Not for diagnosis. "
            "Tutorial: the README of the extension."
        )
        parent.acknowledgementText = (
            "After Santini et al., Synthetic contrast enhancement in cardiac CT with Deep Learning "
            "(arXiv 1807.01779)."
        )
        slicer.app.connect("startupCompleted()", self.registerSampleData)

    def registerSampleData(self) -> None:
        """Virtual patients in the Sample Data module, once that exists."""
        from SyntheticCECTLib.desktop.sample_data import register

        register(Path(self.resourcePath("Icons")))


class SyntheticCECTWidget(ScriptedLoadableModuleWidget, VTKObservationMixin):
    """The panel in Slicer's module area.

    Attributes:
        panel: What is behind the widgets.
        ui: Widgets by name.
    """

    def __init__(self, parent: Any = None) -> None:
        self.panel: Any = None
        self.ui: Any = None
        self.logic: Any = None
        VTKObservationMixin.__init__(self)
        ScriptedLoadableModuleWidget.__init__(self, parent)

    def setup(self) -> None:
        """Called when the panel is opened for the first time."""
        ScriptedLoadableModuleWidget.setup(self)
        from SyntheticCECTLib.desktop.panel import Panel

        uiWidget = slicer.util.loadUI(self.resourcePath("UI/SyntheticCECT.ui"))
        self.layout.addWidget(uiWidget)
        self.ui = slicer.util.childWidgetVariables(uiWidget)
        uiWidget.setMRMLScene(slicer.mrmlScene)
        self.logic = SyntheticCECTLogic()
        self.panel = Panel(self.ui, slicer.mrmlScene, self.logic.getParameterNode())
        scene = slicer.mrmlScene
        self.addObserver(scene, scene.StartCloseEvent, self.onSceneStartClose)
        self.addObserver(scene, scene.StartImportEvent, self.onSceneStartImport)
        self.addObserver(scene, scene.EndCloseEvent, self.onSceneChanged)
        self.addObserver(scene, scene.EndImportEvent, self.onSceneChanged)
        self.addObserver(scene, scene.NodeAboutToBeRemovedEvent, self.onNodeAboutToBeRemoved)
        self.addObserver(scene, scene.NodeAddedEvent, self.onNodeAdded)

    def enter(self) -> None:
        """Called when the module is opened: another one may have changed what this one shows."""
        if self.panel is not None:
            self.panel.enter()

    def exit(self) -> None:
        """Called when another module is opened: a reader is away then."""
        if self.panel is not None:
            self.panel.observers.pause()

    def cleanup(self) -> None:
        """Called before the module is unloaded or reloaded."""
        self.removeObservers()
        if self.panel is not None:
            self.panel.close()
            self.panel = None

    def onReload(self) -> None:
        """Slicer drops only this file; what it imported must go as well."""
        self.cleanup()
        for name in [one for one in sys.modules if one.partition(".")[0] == "SyntheticCECTLib"]:
            del sys.modules[name]
        ScriptedLoadableModuleWidget.onReload(self)

    def onSceneStartClose(self, caller: Any, event: Any) -> None:
        """Nothing may follow a parameter node that is going."""
        if self.panel is not None:
            self.panel.scene_closes()

    def onSceneStartImport(self, caller: Any, event: Any) -> None:
        """What the selectors show meanwhile is nobody's choice."""
        if self.panel is not None:
            self.panel.scene_loads()

    def onSceneChanged(self, caller: Any, event: Any) -> None:
        """The scene was closed, or nodes were loaded into it."""
        if self.panel is not None:
            self.panel.scene_changed(self.logic.getParameterNode)

    @vtk.calldata_type(vtk.VTK_OBJECT)
    def onNodeAboutToBeRemoved(self, caller: Any, event: Any, node: Any) -> None:
        """By a person, by another module, or because a newer result took its place."""
        if self.panel is not None:
            self.panel.node_goes(node)

    @vtk.calldata_type(vtk.VTK_OBJECT)
    def onNodeAdded(self, caller: Any, event: Any, node: Any) -> None:
        """By a person, by another module, or by Undo and Redo."""
        if self.panel is not None:
            self.panel.node_comes(node)


class SyntheticCECTLogic(ScriptedLoadableModuleLogic):
    """What other modules and scripts can call."""

    def getParameterNode(self) -> Any:
        """The module's parameter node, typed."""
        from SyntheticCECTLib.desktop.parameters import SyntheticCECTParameters

        return SyntheticCECTParameters(super().getParameterNode())

    def addResult(self, folder: str, nativeNode: Any) -> Any:
        """Adds what ``synthetic-cect synthesize`` wrote for this CT.

        Args:
            folder: Of the result.
            nativeNode: The CT; it has the grid that the result was computed on.

        Returns:
            The new nodes, as `mrml.result_nodes.ResultNodes`.
        """
        from SyntheticCECTLib.core.case import segment_case
        from SyntheticCECTLib.core.case_folder import read_case
        from SyntheticCECTLib.mrml.result_nodes import add_result

        return add_result(slicer.mrmlScene, segment_case(read_case(folder)), nativeNode)

    def findResult(self, nativeNode: Any) -> Any:
        """The newest result of a CT in the scene, or ``None``."""
        from SyntheticCECTLib.mrml.result_nodes import find_result

        return find_result(slicer.mrmlScene, nativeNode)


class SyntheticCECTTest(ScriptedLoadableModuleTest):
    """The whole job on a virtual patient, as a person would do it: sample, Apply, Chambers."""

    def setUp(self) -> None:
        """An empty scene."""
        slicer.mrmlScene.Clear(False)

    def runTest(self) -> None:
        """Called by Slicer's Reload and Test, and by ctest."""
        self.setUp()
        self.test_virtual_patient_from_sample_to_volumes()

    def test_virtual_patient_from_sample_to_volumes(self) -> None:
        """Volumes of a virtual patient lie near the truth."""
        from SyntheticCECTLib.desktop.packages import SlicerPackages
        from SyntheticCECTLib.desktop.self_test import sample_apply_chambers

        missing = SlicerPackages().missing()
        if missing:
            self.skipTest(f"{', '.join(one.name for one in missing)} must be installed from the panel first")
        shown = sample_apply_chambers(slicer.util.getModuleWidget("SyntheticCECT").panel)
        for chamber, (measured_ml, true_ml) in shown.items():
            self.assertLess(
                abs(measured_ml - true_ml), 0.6 * true_ml, f"{chamber}: {measured_ml} mL of {true_ml} mL"
            )
