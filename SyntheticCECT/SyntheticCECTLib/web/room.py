"""The reading room put together: every logic with its panel, and what the one tells the other."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from trame_server.utils.asynchronous import create_task
from trame_slicer import module as trame_slicer_module

from ..core.case import CaseResult
from ..core.scan import Scan
from .door.upload import Uploads
from .drawing.drawing_board import DrawingBoard
from .opening.start_logic import StartLogic
from .opening.target import Kind, Target
from .qa.qa_logic import QaLogic
from .quiet_slicer import quiet_slicer_app
from .reading.coordinator_logic import CoordinatorLogic
from .reading.reading_logic import ReadingLogic
from .room_keys import RoomKeys
from .room_state import Page, RoomState, Teller
from .room_ui import RoomUI
from .theme import ICON, VUETIFY
from .typed_state import data_of
from .viewing.case_on_screen import CT, OVERLAY, CaseOnScreen
from .viewing.comparison_logic import ComparisonLogic
from .viewing.layouts import PRIMARY
from .viewing.picture_logic import PictureLogic
from .viewing.slicer_views import SlicerViews
from .viewing.threshold_logic import ThresholdLogic


class ReadingRoom:
    """One session.

    Args:
        server: trame's.
        folder: The session's own.
        uploads: What the browser sent.
        target: What the room was opened on.
        takes_paths: Whether the user sits at this computer and may name paths on it.
        sample: Folder of a virtual patient to try; ``None`` draws a new one.
        coordinator: Whether a study is opened by its coordinator.
        debug: Whether VTK and Python say everything.
    """

    def __init__(
        self,
        server: Any,
        folder: Path,
        uploads: Uploads,
        target: Target,
        takes_paths: bool = True,
        sample: Path | None = None,
        coordinator: bool = False,
        debug: bool = False,
    ) -> None:
        logging.basicConfig(level=logging.DEBUG if debug else logging.ERROR, format="%(name)s: %(message)s")
        logging.getLogger("aiohttp.access").disabled = True  # it would write the token
        server.enable_module(trame_slicer_module)
        server.state["trame__title"], server.state["trame__favicon"] = "Reading room", ICON
        server.state["trame__vuetify3_config"] = VUETIFY
        self._server, self._target = server, target
        self.slicer_app = quiet_slicer_app(debug)
        self._data = data_of(server, RoomState)
        self.teller = Teller(server)
        self.case = CaseOnScreen(self.slicer_app.scene)
        self.views = SlicerViews(server, self.slicer_app)
        self.picture = PictureLogic(server, self.slicer_app, self.views, self.case)
        self.comparison = ComparisonLogic(server, self.slicer_app, self.case)
        self.threshold = ThresholdLogic(server, self.slicer_app, self.case, self.comparison.on_result)
        self.start = StartLogic(
            server,
            self.slicer_app,
            folder,
            uploads,
            self.teller,
            self._on_scan,
            self._on_result,
            takes_paths,
            sample,
        )
        self.board = DrawingBoard(server, self.slicer_app)
        self.qa = QaLogic(
            server,
            self.slicer_app,
            self.case,
            self.board,
            self.teller,
            self._on_listed,
            self._on_unreadable,
        )
        self.reading = ReadingLogic(server, self.slicer_app, self.views, self.board, self.teller, self._go_to)
        self.coordinator = CoordinatorLogic(server, self.slicer_app, folder, self.teller)
        self._as_coordinator = coordinator
        self.keys = RoomKeys(server)
        self._ui = RoomUI(server)
        self._connect()
        server.controller.on_server_ready.add(lambda **_: create_task(self.teller.guarded(self._open)))

    def close(self) -> None:
        """The server ends."""
        self.start.kill()
        self.reading.close()
        self.qa.close()

    def _connect(self) -> None:
        ui = self._ui
        self.start.set_ui(ui.start, ui.synthesize, ui.progress)
        self.picture.set_ui(ui.picture)
        self.threshold.set_ui(ui.threshold)
        ui.close_clicked.connect(self.close_case)
        self.board.set_ui(ui.drawing)
        self.qa.set_ui(ui.qa)
        self.reading.set_ui(ui.sign_in, ui.task, ui.answer)
        self.coordinator.set_ui(ui.coordinator)
        self.qa.add_keys(self.keys)
        self.reading.add_keys(self.keys)
        self.keys.add_case_keys(self._data, self.picture, self.threshold, self.views)

    async def _open(self) -> None:
        target = self._target
        if target.kind in (Kind.SCAN, Kind.RESULT) and target.path is not None:
            await self.start.open_path(target.path)
        elif target.kind is Kind.RESULTS and target.path is not None:
            await self.qa.open(target.path)
        elif target.kind is Kind.STUDY and target.path is not None and self._as_coordinator:
            await self.coordinator.open(target.path, self._go_to)
        elif target.kind is Kind.STUDY and target.path is not None:
            await self.reading.open(target.path)

    def close_case(self) -> None:
        """Back to the first page."""
        self.case.clear()
        self.start.forget()
        self._tell(CT)
        self._data.page, self._data.title = Page.START, ""

    def _on_scan(self, scan: Scan) -> None:
        self.case.show_scan(scan.image)
        self._data.page, self._data.title = Page.CASE, "CT without contrast"
        self._tell(CT)
        for notice in scan.notices[:1]:
            self.teller.say(notice.message)

    def _on_result(self, result: CaseResult, folder: Path) -> None:
        self.case.show_result(result)
        self._data.page, self._data.title = Page.CASE, "Synthetic CECT"
        self._tell(OVERLAY)
        for notice in result.case.notices[:1]:
            self.teller.say(notice.message)

    def _on_listed(self, result: CaseResult) -> None:
        """A result of the work list: its image and window stay as the last one's were."""
        self.case.show_result(result)
        self._go_to(Page.QA, "Quality assurance")
        shown = self.picture.data.image
        self._tell(shown if shown in self.case.images and shown != CT else OVERLAY)

    def _on_unreadable(self) -> None:
        """A result of the work list that cannot be read: the last one must not stand under its name."""
        self.case.clear()
        self._tell(CT)
        self._go_to(Page.QA, "Quality assurance")

    def _go_to(self, page: Page, title: str) -> None:
        if page is Page.READING:
            self.picture.data.layout = PRIMARY
        self._data.page, self._data.title = page, title

    def _tell(self, image: str) -> None:
        self.picture.on_case(image)
        self.threshold.on_case()
        self.comparison.on_result(self.case.result)
