"""Opens a scan or a result, and has the command line make a result of a scan."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from trame_server import Server
from trame_server.utils.asynchronous import create_task
from trame_slicer.app.logic import BaseLogic
from trame_slicer.core import SlicerApp

from ...core.case import CaseResult
from ...core.errors import InputRefused
from ...core.folder_chambers import read_result
from ...core.scan import Scan, read_scan
from ..door.upload import Uploads
from ..room_state import Teller
from .command_process import CommandProcess
from .start_ui import ProgressUI, StartState, StartUI, SynthesizeUI
from .target import Kind, target_of

PATIENTS = 100_000
"""Virtual patients to try are drawn from so many; training never saw those below."""


class StartLogic(BaseLogic[StartState]):
    """From the first page to a case.

    Args:
        server: trame's.
        slicer_app: trame-slicer's.
        folder: The session's own.
        uploads: What the browser sent.
        teller: Of what went wrong.
        on_scan: Called with the scan once it is read.
        on_result: Called with the case and the name of its folder once it is read.
        takes_paths: Whether the user sits at this computer and may name paths on it.
        sample: Folder of a virtual patient to try; ``None`` draws a new one.
    """

    def __init__(
        self,
        server: Server,
        slicer_app: SlicerApp,
        folder: Path,
        uploads: Uploads,
        teller: Teller,
        on_scan: Callable[[Scan], None],
        on_result: Callable[[CaseResult, Path], None],
        takes_paths: bool,
        sample: Path | None = None,
    ) -> None:
        super().__init__(server, slicer_app, StartState)
        self._folder, self._uploads, self._teller, self._sample = folder, uploads, teller, sample
        self._on_scan, self._on_result = on_scan, on_result
        self._files: dict[str, Path] = {}
        self._added_to: dict[str, Path] | None = None
        self.bind_changes({self.name.uploading: self._on_uploading})
        server.controller.on_client_connected.add(self._on_connected)
        # Not in the state alone, which a browser may change.
        self._takes_paths = self.data.takes_paths = takes_paths
        self._command: CommandProcess | None = None
        self._task: asyncio.Task | None = None
        self._ending = asyncio.Lock()
        self._runs = 0

    def set_ui(self, start: StartUI, synthesize: SynthesizeUI, progress: ProgressUI) -> None:  # type: ignore[override]
        """Connects the buttons."""
        start.virtual_patient_clicked.connect(lambda: self._begin(self.try_virtual_patient))
        start.path_given.connect(self._on_path)
        start.uploaded.connect(self._on_uploaded)
        start.upload_failed.connect(lambda text, remedy: self._teller.say(text, remedy, "error"))
        synthesize.synthesize_clicked.connect(self._on_synthesize)
        progress.cancel_clicked.connect(self.cancel)

    async def open_path(self, path: str | Path) -> None:
        """Opens a scan or a result folder.

        Raises:
            InputRefused: It cannot be read; or it holds several results, or a study.
        """
        target = target_of(path or None)
        if target.kind is Kind.RESULT:
            await self.open_result(Path(path))
        elif target.kind in (Kind.RESULTS, Kind.STUDY):
            raise InputRefused(
                "other_kind", "This folder holds several results or a study.",
                "Start the reading room on it: synthetic-cect view FOLDER.",
            )  # fmt: skip
        elif target.path is None:
            raise InputRefused("no_path", "No path was given.", "Write the path of a scan.")
        else:
            await self.open_scan(target.path)

    async def open_scan(self, path: Path, **more: Path) -> None:
        """Reads a scan and shows it.

        Args:
            path: What `core.scan.read_scan` takes.
            more: ``cect`` and ``reference`` that belong to it.
        """
        with self._at_work("reading the scan"):
            scan = await asyncio.to_thread(read_scan, path)
        self._files = {"scan": path, **more}
        with self.state:
            data = self.data
            data.has_scan, data.has_result = True, False
            data.with_cect, data.with_reference = "cect" in more, "reference" in more
            size = " × ".join(map(str, scan.image.GetSize()))
            data.scan_line = (
                f"{size} voxels of {' × '.join(f'{mm:.2f}' for mm in scan.image.GetSpacing())} mm"
            )
            self._on_scan(scan)

    async def open_result(self, folder: Path) -> None:
        """Reads a result folder and shows it."""
        with self._at_work("reading the result"):
            result = await asyncio.to_thread(read_result, folder)
        with self.state:
            self.data.has_result = True
            self._on_result(result, folder)

    async def try_virtual_patient(self) -> None:
        """Draws a virtual patient and opens him."""
        folder = self._sample
        if folder is None:
            folder = self._next_folder("patient")
            await self._run(["phantom", "--seed", str(random.randrange(PATIENTS)), "-o", folder])
        await self.open_scan(
            folder / "native_ct.nrrd", cect=folder / "cect.nrrd", reference=folder / "labels.nrrd"
        )

    async def synthesize(self) -> None:
        """Has the command line make a result of the open scan, and shows it."""
        if "scan" not in self._files:
            return
        folder = self._next_folder("result")
        arguments: list[str | Path] = ["synthesize", self._files["scan"], "-o", folder]
        for role in ("cect", "reference"):
            if role in self._files:
                arguments += [f"--{role}", self._files[role]]
        await self._run(arguments)
        await self.open_result(folder)

    def cancel(self) -> None:
        """Ends what runs."""
        if self._command is not None:
            create_task(self._command.cancel())

    def kill(self) -> None:
        """Ends what runs at once: the server goes."""
        if self._command is not None:
            self._command.kill()

    def forget(self) -> None:
        """The case is closed, and nothing that was begun for it shall come up later."""
        self._stop()
        self._files = {}
        self.data.has_scan = self.data.has_result = False

    def _on_path(self) -> None:
        if not self._takes_paths:
            self._teller.say(
                "This reading room opens no paths of its computer.", "Choose a file to send.", "error"
            )
            return
        path = self.data.path.strip()
        self._begin(lambda: self.open_path(path))

    def _on_synthesize(self) -> None:
        if not self.data.working:  # a second click would begin anew
            self._begin(self.synthesize)

    def _on_connected(self) -> None:
        """A page that was left while it sent something cannot tell that it has stopped."""
        with self.state:
            self.data.uploading = False

    def _on_uploading(self, uploading: bool) -> None:
        if uploading:
            self._added_to = self._files

    def _on_uploaded(self, role: str, upload_id: str, left_out: int = 0) -> None:
        async def open_it() -> None:
            await self.open_scan(self._uploads.path_of(upload_id))
            if left_out:
                with self.state:
                    self.data.scan_line += f"; files left out, being no scans: {left_out}"

        async def add() -> None:
            if self._added_to is not self._files:
                raise InputRefused(
                    "scan_closed", "The scan that the file was sent for is closed.",
                    "Open it again, then add the file.",
                )  # fmt: skip
            self._files[role] = self._uploads.path_of(upload_id)
            with self.state:
                setattr(self.data, f"with_{role}", True)
                self._teller.say("Added. Synthesize to compare with it.", kind="success")

        if role == "scan":
            self._begin(open_it)
        else:
            create_task(self._teller.guarded(add))

    def _begin(self, work: Callable[[], Awaitable[None]]) -> None:
        """What is begun takes the place of what still runs: else that would come up over it when it is done."""
        self._stop()

        async def alone() -> None:
            async with self._ending:  # what was stopped puts its things away first
                await self._teller.guarded(work)

        self._task = create_task(alone())

    def _stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            self._task = None

    async def _run(self, arguments: list[str | Path]) -> Any:
        self._command = CommandProcess(arguments)
        try:
            with self._at_work("starting"):
                return await self._command.run(self._report)
        finally:
            self._command = None

    def _report(self, fraction: float, message: str, left_s: float | None) -> None:
        with self.state:
            data = self.data
            data.fraction, data.message = fraction, message
            data.left = "" if left_s is None else f"about {max(1, round(left_s))} s left"

    def _at_work(self, message: str) -> _Work:
        return _Work(self, message)

    def _next_folder(self, kind: str) -> Path:
        self._runs += 1
        return self._folder / f"{kind}-{self._runs}"


class _Work:
    """Shows the progress bar while a block runs."""

    def __init__(self, logic: StartLogic, message: str) -> None:
        self._logic, self._message = logic, message

    def __enter__(self) -> None:
        with self._logic.state:
            data = self._logic.data
            data.working, data.fraction, data.message, data.left = True, 0.0, self._message, ""

    def __exit__(self, *_: object) -> None:
        with self._logic.state:
            self._logic.data.working = False
