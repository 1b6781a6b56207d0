"""What the tests of this room hold in their hands: the open panel, and collaborators that answer by themselves."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FAKE_COMMAND = Path(__file__).with_name("fake_command.py")


@dataclass
class FakeApplication:
    """Answers as a test wants, and keeps what it was told."""

    answer: bool = True
    folder: str = ""
    file: str = ""
    page_layout: int = 3
    series: dict[str, list[str]] = field(default_factory=dict)
    temporary: str = ""
    dicom: list[str] = field(default_factory=list)
    told: list[tuple[str, Any]] = field(default_factory=list)

    def ask(self, text: str) -> bool:
        self.told.append(("ask", text))
        return self.answer

    def status(self, text: str) -> None:
        self.told.append(("status", text))

    def choose_folder(self, caption: str) -> str:
        return self.folder

    def choose_file_to_write(self, caption: str, name: str, pattern: str) -> str:
        return self.file

    def layout(self) -> int:
        return self.page_layout

    def set_layout(self, layout: int) -> None:
        self.page_layout = layout

    def temporary_folder(self) -> str:
        return self.temporary

    def dicom_files(self, volume: Any) -> list[str]:
        return self.dicom

    def selected_series(self) -> dict[str, list[str]]:
        return self.series

    def __getattr__(self, name: str) -> Callable[..., None]:
        if name not in (
            "show_error",
            "copy",
            "open_page",
            "open_module",
            "edit_segmentation",
            "show_chart",
            "center_3d_views",
        ):
            raise AttributeError(name)
        return lambda *what: self.told.append((name, what[0] if len(what) == 1 else what))

    def of(self, kind: str) -> list[Any]:
        """Everything that was told of a kind."""
        return [what for one, what in self.told if one == kind]


class FakeCommand:
    """The command line of a test.

    Args:
        folder: With the results that are ready.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.mode("good")

    def mode(self, mode: str) -> None:
        (self.folder / "mode").write_text(mode)

    @property
    def seen(self) -> list[str]:
        """Arguments of the last call."""
        return json.loads((self.folder / "seen.json").read_text())

    def pids(self) -> list[int]:
        """Of the slow process and its child, once both are there."""
        path = self.folder / "pids"
        return [int(pid) for pid in path.read_text().split()] if path.is_file() else []


@dataclass
class OpenPanel:
    """The panel, open."""

    widget: Any
    slicer: Any
    command: FakeCommand
    application: FakeApplication

    @property
    def ui(self) -> Any:
        return self.widget.ui

    @property
    def panel(self) -> Any:
        return self.widget.panel

    @property
    def parameters(self) -> Any:
        return self.panel.desk.parameters

    @property
    def scene(self) -> Any:
        return self.slicer.mrmlScene

    @property
    def nodes(self) -> Any:
        return self.panel.desk.session.nodes

    def wait(self, condition: Callable[[], Any], seconds: float = 60.0) -> None:
        """Lets the event loop go on until something is so."""
        until = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < until, f"not so after {seconds:g} s: {self.ui.messageLabel.text}"
            self.slicer.app.processEvents()
            time.sleep(0.005)

    def run(self, button: Any) -> None:
        """Clicks and waits until the run is over."""
        button.click()
        self.wait(lambda: not self.panel.desk.runner.busy)

    def node_ids(self) -> set[str]:
        scene = self.scene
        return {scene.GetNthNode(n).GetID() for n in range(scene.GetNumberOfNodes())}

    def volumes(self) -> list[list[str]]:
        """The table of volumes as a person sees it."""
        return self.table(self.ui.volumesTable)

    def table(self, table: Any) -> list[list[str]]:
        return [
            [table.item(row, column).text() for column in range(table.columnCount)]
            for row in range(table.rowCount)
        ]


def fake_command_line(folder: Path) -> Any:
    from SyntheticCECTLib.desktop.command_line import CommandLine, slicer_python

    python = slicer_python() or sys.executable
    return CommandLine(python, (str(FAKE_COMMAND), str(folder)), folder)


class NothingMissing:
    """Packages that are all there."""

    def missing(self) -> list[Any]:
        return []

    def has_pytorch_extension(self) -> bool:
        return True

    def in_use(self, packages: Any) -> list[str]:
        return []

    def install(self, packages: Any, wheel_folder: str, listener: Any) -> Any:
        raise AssertionError("nothing is missing")
