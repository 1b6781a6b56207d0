"""The panel: its tabs, what they share, and what happens when the scene changes."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import qt
import slicer

from ..mrml.display import apply_window
from ..mrml.result_nodes import NATIVE_ROLE
from .application import Application
from .background_run import BackgroundRun, Listener
from .batch_tab import BatchTab
from .case_runner import CaseRunner, try_out_with
from .case_session import CaseSession
from .chambers_tab import ChambersTab
from .command_line import CommandLine, slicer_python
from .compare_tab import CompareTab
from .desk import Desk
from .device_list import QUERY, Device, read_gpus
from .gui_connection import GuiConnection
from .installer import STUDY_CHECK, Installer, Packages
from .memory import free_memory
from .observers_tab import ObserversTab
from .packages import STUDIES, SlicerPackages
from .path_field import follow_path
from .run_report import Progress
from .start_check import StartCheck
from .synthesize_tab import SynthesizeTab
from .view_annotation import ViewAnnotation, slicer_views
from .view_tab import ViewTab
from .virtual_patient import VirtualPatientNodes, add_patient

WHEEL_FOLDER = "SyntheticCECT/WheelFolder"
FIRST_SEED = 1
CHOSEN_NODES = ("nativeCt", "heartSegmentation", "realCect", "referenceSegmentation")


class Panel:
    """Everything behind the widgets.

    Args:
        ui: Widgets by name.
        scene: Slicer's.
        parameters: `parameters.SyntheticCECTParameters`.
        application: Slicer around the panel.
        packages: What can install.
        command_line: What computes.
        memory: Called for the bytes that are free.
    """

    def __init__(
        self,
        ui: Any,
        scene: Any,
        parameters: Any,
        application: Application | None = None,
        packages: Packages | None = None,
        command_line: CommandLine | None = None,
        memory: Callable[[], int | None] = free_memory,
    ) -> None:
        application = application or Application()
        command_line = command_line or CommandLine(slicer_python(str(slicer.app.slicerHome)))

        def wheels() -> str:
            return str(ui.wheelFolderEdit.currentPath)

        try_out = try_out_with(command_line)
        installer = Installer(packages or SlicerPackages(), application, try_out, wheels)
        session = CaseSession(scene)
        runner = CaseRunner(session, command_line, installer, application.temporary_folder())
        self.desk = Desk(ui, session, runner, application, parameters)
        self._folder = Path(tempfile.mkdtemp(prefix="SyntheticCECT-", dir=application.temporary_folder()))
        self._gui: GuiConnection | None = None
        self._seed = FIRST_SEED
        self._open, self._looks_again = True, False
        self.check = StartCheck(self.desk, memory)
        self.synthesize = SynthesizeTab(self.desk, self.check, self._opened)
        self.view = ViewTab(self.desk)
        self.chambers = ChambersTab(self.desk, self._folder / "histogram.png")
        self.compare = CompareTab(self.desk, self.check, self.synthesize, self._opened)
        self.batch = BatchTab(self.desk, self.check, self._opened)
        study_packages = SlicerPackages(STUDIES)
        self.observers = ObserversTab(
            self.desk, Installer(study_packages, application, try_out, wheels, STUDY_CHECK)
        )
        self.annotation = ViewAnnotation(scene, lambda: slicer_views(slicer.app.layoutManager()), _later)
        manager = slicer.app.layoutManager()
        if manager is not None:
            manager.connect("layoutChanged(int)", self._layout_changed)
        ui.virtualPatientButton.connect("clicked(bool)", self._draw)
        ui.wheelFolderEdit.currentPath = str(slicer.app.userSettings().value(WHEEL_FOLDER) or "")
        follow_path(ui.wheelFolderEdit, self._wheel_folder_changed)
        session.changed.append(self._show)
        self.set_parameters(parameters)
        self._ask_for_gpus(command_line)
        _later(self._warm_up)

    def set_parameters(self, parameters: Any) -> None:
        """Shows what a parameter node holds; also after the scene was closed or loaded."""
        self._disconnect()
        # A scene keeps the node itself; one wrapper of it is enough.
        if parameters.parameterNode is not self.desk.parameters.parameterNode:
            self.desk.parameters = parameters
        self._gui = GuiConnection(self.desk.parameters, vars(self.desk.ui))
        self.desk.settled = True
        self.desk.session.choose(self.desk.parameters.nativeCt)
        self.synthesize.restore()
        self.batch.restore()
        self._show()
        if parameters.unreadable:
            # In a turn of its own: a message box runs an event loop, and the panel may still be being made.
            text = "\n".join(parameters.unreadable)
            _later(lambda: self.synthesize.tell(text) if self._open else None)

    def enter(self) -> None:
        """The module is opened, perhaps again: what another one may have changed meanwhile is looked at anew."""
        if self.desk.settled:
            self.synthesize.look_again()
            self.chambers.look_again()
            self.compare.show()
            self.view.update_message()

    def scene_changed(self, parameters: Callable[[], Any]) -> None:
        """The scene was closed or loaded: its result is looked for, and shown as it was saved.

        Args:
            parameters: Called for the parameter node once the selectors know the nodes: that is after this event.
        """

        def follow() -> None:
            if not self._open or self.desk.settled:
                return
            if self.desk.session.scene.IsBatchProcessing():
                # A scene that takes long to load shows its progress, and events are worked off meanwhile.
                _later(follow)
                return
            self.set_parameters(parameters())
            self.annotation.update()

        _later(follow)

    def scene_closes(self) -> None:
        """The scene is closing: a run or a reader has nothing to come back to, and what was shown is going."""
        self.observers.leave()
        self.desk.runner.cancel()
        self.scene_loads()
        self.desk.session.choose(None)

    def scene_loads(self) -> None:
        """Nodes are read into the scene: until they all are there, widgets and parameter node go their own ways."""
        self.desk.settled = False
        self._disconnect()

    def node_goes(self, node: Any) -> None:
        """A node is about to be removed: where it is chosen nothing shall be, for a selector would take its neighbour."""
        if not self.desk.settled:
            return
        for field in CHOSEN_NODES:
            if getattr(self.desk.parameters, field) is node:
                setattr(self.desk.parameters, field, None)
        self._look_again_later()

    def node_comes(self, node: Any) -> None:
        """A node was added: one that knows its CT already is a result that Undo or Redo brought back."""
        if self.desk.settled and node.GetNodeReferenceID(NATIVE_ROLE):
            self._look_again_later()

    def _look_again_later(self) -> None:
        if not self._looks_again:
            self._looks_again = True
            _later(self._look_again)

    def _look_again(self) -> None:
        self._looks_again = False
        if self._open and self.desk.settled:
            self.desk.session.refresh()

    def _disconnect(self) -> None:
        if self._gui is not None:
            self._gui.end()
            self._gui = None

    def close(self) -> None:
        """Stops everything that runs, but for what is being written, and takes notes and files away."""
        import shutil

        self._open = False
        BackgroundRun.finish_writing()
        self.scene_closes()
        self.desk.runner.close()
        self.batch.close()
        BackgroundRun.close_all()
        self.chambers.close()
        self.annotation.stop()
        manager = slicer.app.layoutManager()
        if manager is not None:
            manager.disconnect("layoutChanged(int)", self._layout_changed)
        shutil.rmtree(self._folder, ignore_errors=True)

    def draw_patient(self, seed: int, view: Any = None) -> None:
        """Draws a virtual patient in the background and chooses its CT.

        Args:
            seed: Which one.
            view: Who is told; the Synthesize tab where none is named.
        """
        view = view or PatientView(self)
        scene = self.desk.session.scene
        self.desk.runner.draw_patient(
            seed, lambda folder, report: add_patient(scene, folder, seed, report), view
        )

    def choose_patient(self, nodes: VirtualPatientNodes) -> None:
        """Puts a virtual patient into the selectors, and its CT into the views."""
        parameters = self.desk.parameters
        with slicer.util.NodeModify(parameters):
            parameters.nativeCt, parameters.realCect = nodes.native, nodes.cect
            parameters.referenceSegmentation, parameters.referenceOnCect = nodes.truth, False
        apply_window(nodes.native, "mediastinum")
        self.desk.session.choose(nodes.native)
        slicer.util.setSliceViewerLayers(background=nodes.native, foreground=None, fit=True)
        self.synthesize.update()

    def _draw(self, *_: Any) -> None:
        self.draw_patient(self._seed)
        self._seed += 1

    def _opened(self) -> None:
        """A result is there: it is shown, and its CT is the chosen one, whatever was chosen during the run."""
        self.desk.parameters.nativeCt = self.desk.session.native
        self.view.show()
        nodes = self.desk.session.nodes
        if nodes is not None and slicer.app.layoutManager() is not None:
            slicer.util.resetSliceViews()
            self.desk.application.center_3d_views()

    def _show(self) -> None:
        self.chambers.show()
        self.compare.show()
        self.view.update_message()

    def _warm_up(self) -> None:
        if self._open:
            self.synthesize.warm_up()

    def _layout_changed(self, *_: Any) -> None:
        _later(self.annotation.update)

    def _show_gpus(self, gpus: list[Device]) -> None:
        if self._open:
            self.synthesize.show_gpus(gpus)

    def _wheel_folder_changed(self, path: str) -> None:
        slicer.app.userSettings().setValue(WHEEL_FOLDER, path)

    def _ask_for_gpus(self, command_line: CommandLine) -> None:
        query = CommandLine(QUERY[0], QUERY[1:], command_line.folder)
        listener = Listener(
            done=lambda text: self._show_gpus(read_gpus(text)), failed=lambda _: self._show_gpus([])
        )
        BackgroundRun(query, [], listener).start()


class PatientView:
    """Shows in the Synthesize tab how the drawing of a virtual patient goes.

    Args:
        panel: Whose tab it is.
    """

    def __init__(self, panel: Panel) -> None:
        self._panel, self._display = panel, panel.synthesize.display

    def run_started(self) -> None:
        self._display.begin()

    def run_progress(self, progress: Progress) -> None:
        self._display.step(progress)

    def run_done(self, nodes: VirtualPatientNodes) -> None:
        self._display.end("")
        self._panel.choose_patient(nodes)
        # Last: choosing a CT takes away what is said.
        self._display.message.text = f"{nodes.native.GetName()} is in the scene. Press Apply."

    def run_failed(self, text: str) -> None:
        self._panel.synthesize.run_failed(text)

    def run_cancelled(self) -> None:
        self._panel.synthesize.run_cancelled()


def _later(call: Callable[[], None]) -> None:
    qt.QTimer.singleShot(0, call)
