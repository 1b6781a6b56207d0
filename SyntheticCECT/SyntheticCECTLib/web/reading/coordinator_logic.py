"""Follows a study and makes its report; needs the coordinator's folder, which no reader's room opens."""

from __future__ import annotations

import asyncio
from pathlib import Path

from aiohttp import web
from trame_server import Server
from trame_server.utils.asynchronous import create_task
from trame_slicer.app.logic import BaseLogic
from trame_slicer.core import SlicerApp

from ...study.study_folder import StudyFolder
from ..opening.command_process import CommandProcess
from ..room_state import Page, Teller
from .coordinator_ui import CoordinatorState, CoordinatorUI

ROUTE = "study-report"


class CoordinatorLogic(BaseLogic[CoordinatorState]):
    """Progress and report.

    Args:
        server: trame's.
        slicer_app: trame-slicer's.
        folder: The session's own, for the report.
        teller: Of what went wrong.
    """

    def __init__(self, server: Server, slicer_app: SlicerApp, folder: Path, teller: Teller) -> None:
        super().__init__(server, slicer_app, CoordinatorState)
        self._folder, self._teller = folder / "study-report", teller
        self._study: StudyFolder | None = None

    def set_ui(self, ui: CoordinatorUI) -> None:
        """Connects the buttons."""
        ui.refresh_clicked.connect(lambda: create_task(self._teller.guarded(self._refresh)))
        ui.analyse_clicked.connect(lambda: create_task(self._teller.guarded(self.analyse)))

    def add_route(self, app: web.Application) -> None:
        """Hands out the report."""
        app.router.add_get(f"/{ROUTE}", self._report)

    async def open(self, folder: Path, go_to: object) -> None:
        """Opens a study."""
        self._study = await asyncio.to_thread(StudyFolder, folder)
        with self.state:
            self.data.study = self._study.settings.name
            self.refresh()
            go_to(Page.COORDINATOR, "")  # type: ignore[operator]

    def refresh(self) -> None:
        """Asks the database again."""
        if self._study is None:
            return
        store = self._study.open_store()
        try:
            rows = []
            for reader in store.readers():
                tasks = store.tasks(reader)
                given = [task for task in tasks if task.versions]
                rows.append(
                    {
                        "reader": reader.name, "done": len(given), "of": len(tasks),
                        "corrections": sum(task.versions - 1 for task in given),
                        "last": max((str(task.last_given_at)[:16] for task in given), default="never"),
                    }
                )  # fmt: skip
            self.data.rows = rows
        finally:
            store.close()

    async def _refresh(self) -> None:
        with self.state:
            self.refresh()

    async def analyse(self) -> None:
        """Unblinds the study and writes its report, in a process of its own."""
        if self._study is None or self.data.working:
            return
        with self.state:
            self.data.working = True
        try:
            command = CommandProcess(["study", "analyse", self._study.folder, "-o", self._folder])
            await command.run(lambda *_: None)
            with self.state:
                self.data.report = ROUTE
        finally:
            with self.state:
                self.data.working = False

    async def _report(self, _request: web.Request) -> web.StreamResponse:
        file = self._folder / "report.html"
        if not file.is_file():
            raise web.HTTPNotFound(text="There is no report yet.")
        return web.FileResponse(file)
