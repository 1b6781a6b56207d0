"""slicer.app, its layout, and the modules that the extension calls, over the scene of slicer-core."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from PySide6 import QtWidgets

VIEWS = ("Red", "Yellow", "Green")


class View:
    """What draws; nothing is drawn here.

    Attributes:
        deleted: Whether Qt has deleted the widget: it is false then, and none of its methods can be called.
    """

    def __init__(self) -> None:
        from vtkmodules.vtkRenderingCore import vtkRenderer, vtkRenderWindow

        self._window = vtkRenderWindow()
        self._window.AddRenderer(vtkRenderer())
        self.renders = 0
        self.deleted = False

    def __bool__(self) -> bool:
        return not self.deleted

    def renderWindow(self) -> Any:
        self._require_widget()
        return self._window

    def scheduleRender(self) -> None:
        self._require_widget()
        self.renders += 1

    def _require_widget(self) -> None:
        if self.deleted:
            raise RuntimeError("Trying to call a slot on a deleted QObject!")


class LayoutManager:
    """Three slice views and a 3D view, whichever layout is set.

    Args:
        slicer: The module.
        scene: Where the nodes of the views are.

    Attributes:
        centered: How often the 3D views were centred on what they show.
    """

    def __init__(self, slicer: Any, scene: Any) -> None:
        self.layout = 3
        self._scene = scene
        self._listeners: list[Any] = []
        self._logics = {}
        for name in VIEWS:
            logic = slicer.vtkMRMLSliceLogic()
            logic.SetMRMLScene(scene)
            logic.AddSliceNode(name)
            self._logics[name] = logic
        view_node = slicer.vtkMRMLViewNode()
        view_node.SetLayoutName("1")
        view_node.SetSingletonTag("1")  # so that it stays when the scene is closed, as in Slicer
        self._view_node = scene.AddNode(view_node)
        self.views = {name: View() for name in (*VIEWS, "3D")}
        self.centered = 0

    threeDViewCount = 1

    def sliceViewNames(self) -> tuple[str, ...]:
        return VIEWS

    def sliceWidget(self, name: str) -> Any:
        logic, view = self._logics[name], self.views[name]
        return SimpleNamespace(
            sliceLogic=lambda: logic, sliceView=lambda: view, mrmlSliceNode=lambda: logic.GetSliceNode()
        )

    def threeDWidget(self, number: int) -> Any:
        view = self.views["3D"]
        return SimpleNamespace(threeDView=lambda: view, mrmlViewNode=lambda: self._view_node)

    def mrmlSliceLogics(self) -> Any:
        from vtkmodules.vtkCommonCore import vtkCollection

        found = vtkCollection()
        for logic in self._logics.values():
            found.AddItem(logic)
        return found

    def resetSliceViews(self) -> None:
        pass

    def resetThreeDViews(self) -> None:
        self.centered += 1

    def setLayout(self, layout: int) -> None:
        self.layout = layout
        for listener in list(self._listeners):
            listener(layout)

    def connect(self, signature: str, slot: Any) -> None:
        _require(signature, "layoutChanged(int)")
        self._listeners.append(slot)

    def disconnect(self, signature: str, slot: Any) -> None:
        _require(signature, "layoutChanged(int)")
        self._listeners.remove(slot)


class App:
    """slicer.app.

    Args:
        layout_manager: Its layout.
        folder: For temporary files.
    """

    applicationName, slicerHome, majorVersion, minorVersion = "Slicer", "", 5, 12

    def __init__(self, layout_manager: LayoutManager, folder: str) -> None:
        self._layout_manager, self.temporaryPath = layout_manager, folder
        self.started: list[Any] = []
        self._settings: dict[str, Any] = {}
        self._copied = ""

    def testingEnabled(self) -> bool:
        return True

    def layoutManager(self) -> LayoutManager:
        return self._layout_manager

    def moduleManager(self) -> Any:
        import slicer

        modules: Any = slicer.modules
        return SimpleNamespace(module=lambda name: getattr(modules, name.lower(), None))

    def topLevelWidgets(self) -> tuple[Any, ...]:
        return ()

    def userSettings(self) -> Any:
        return SimpleNamespace(value=self._settings.get, setValue=self._settings.__setitem__)

    def clipboard(self) -> Any:
        return SimpleNamespace(setText=self._copy, text=lambda: self._copied)

    def processEvents(self) -> None:
        QtWidgets.QApplication.processEvents()

    def connect(self, signature: str, slot: Any) -> None:
        _require(signature, "startupCompleted()")
        self.started.append(slot)

    def _copy(self, text: str) -> None:
        self._copied = text


class Modules:
    """slicer.modules: what is called on other modules is kept.

    Attributes:
        charts: That were shown.
        edited: Segmentation and volume that the Segment Editor got.
        opened: Names of modules that were opened.
    """

    def __init__(self) -> None:
        self.charts: list[Any] = []
        self.edited: dict[str, Any] = {}
        self.opened: list[str] = []
        editor = SimpleNamespace(
            setSegmentationNode=lambda node: self.edited.update(segmentation=node),
            setSourceVolumeNode=lambda node: self.edited.update(volume=node),
        )
        widget = SimpleNamespace(editor=editor)
        self.plots = SimpleNamespace(logic=lambda: SimpleNamespace(ShowChartInLayout=self.charts.append))
        self.segmenteditor = SimpleNamespace(
            widgetRepresentation=lambda: SimpleNamespace(self=lambda: widget)
        )


def _require(signature: str, known: str) -> None:
    if signature != known:
        raise AttributeError(f"no signal '{signature}'")
