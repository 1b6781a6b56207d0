"""Works through a folder of results."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from trame_server import Server
from trame_server.utils.asynchronous import create_task
from trame_slicer.app.logic import BaseLogic
from trame_slicer.core import SlicerApp

from ...core.case import CaseResult
from ...core.case_folder import CHAMBERS
from ...core.errors import InputRefused
from ...core.folder_chambers import chambers_file, read_result
from ..drawing.drawing_board import DrawingBoard
from ..room_keys import RoomKeys
from ..room_state import Page, Teller
from ..typed_state import data_of, names_of
from ..viewing.case_on_screen import CaseOnScreen
from .contact_sheet import contact_sheet
from .qa_ui import QaState, QaUI
from .thumbnail import thumbnail
from .verdict import FAIL, FIX, PASS, Verdict
from .volume_agreement import volume_agreement
from .volume_agreement_ui import VolumeAgreementState
from .work_list import WorkList

KEYS = (("p", PASS), ("f", FIX), ("x", FAIL))


class QaLogic(BaseLogic[QaState]):
    """The work list.

    Args:
        server: trame's.
        slicer_app: trame-slicer's.
        case: The case on the screen.
        board: For edits.
        teller: Of what went wrong.
        on_result: Called with a case once it is read.
        on_unreadable: Called instead where it cannot be read.
    """

    def __init__(
        self,
        server: Server,
        slicer_app: SlicerApp,
        case: CaseOnScreen,
        board: DrawingBoard,
        teller: Teller,
        on_result: Callable[[CaseResult], None],
        on_unreadable: Callable[[], None],
    ) -> None:
        super().__init__(server, slicer_app, QaState)
        self._case, self._board, self._teller = case, board, teller
        self._on_result, self._on_unreadable = on_result, on_unreadable
        self._work: WorkList | None = None
        self._pictures: dict[str, str] = {}
        self._opening = asyncio.Lock()
        self._begun = 0
        self._agreement = data_of(server, VolumeAgreementState)
        name = names_of(server, QaState)
        self.bind_changes({name.filter: lambda *_: self._list()})
        server.controller.trigger("qa_csv")(lambda: self._export(WorkList.csv))
        server.controller.trigger("qa_sheet")(
            lambda: self._export(lambda work: contact_sheet(work, self._pictures))
        )

    def set_ui(self, ui: QaUI) -> None:
        """Connects the buttons."""
        ui.case_clicked.connect(self.choose)
        ui.verdict_clicked.connect(self.give)
        ui.reasons_chosen.connect(lambda name, reasons: self.remark(name, reasons=tuple(reasons)))
        ui.text_written.connect(lambda name, text: self.remark(name, text=text))
        ui.next_clicked.connect(lambda: self.step(1))
        ui.back_clicked.connect(lambda: self.step(-1))
        ui.edit_clicked.connect(self.edit)
        ui.keep_clicked.connect(self.keep_edit)
        ui.drop_clicked.connect(lambda: self._begin(self.data.chosen))

    def add_keys(self, keys: RoomKeys) -> None:
        """Keys of the work list."""
        for key, verdict in KEYS:
            keys.add(Page.QA, key, lambda verdict=verdict: self.give(verdict, keys.looked_at))
        keys.add(Page.QA, "Ctrl+z", self._board.undo)
        keys.add(Page.QA, "Ctrl+y", self._board.redo)
        keys.add(Page.QA, "n", lambda: self.step(1))
        keys.add(Page.QA, "b", lambda: self.step(-1))

    async def open(self, folder: Path) -> None:
        """Opens a folder and goes to the first result that nobody has looked at."""
        self._work = work = await asyncio.to_thread(WorkList, folder)
        create_task(self._draw_thumbnails(work))
        create_task(self._teller.guarded(lambda: self._compare(work)))
        first = next((one for one in work.entries if not work.verdict(one.name).verdict), work.entries[0])
        with self.state:
            self._list()
        await self.show(first.name)

    async def show(self, name: str) -> None:
        """Shows one result, with its chambers as a person corrected them."""
        if self._work is None:
            return
        async with self._opening:
            folder = self._work.folder_of(name)
            self._work.refresh()
            with self.state:
                self._list()
                self._board.end()
                self.data.chosen, self.data.editing, self.data.edited = name, False, ""
                self.data.opening, self.data.ready = True, False
                self._tell_verdict()
            try:
                result, file = await asyncio.to_thread(lambda: (read_result(folder), chambers_file(folder)))
            except BaseException:
                with self.state:
                    self.data.opening = False
                    self._on_unreadable()
                raise
            with self.state:
                self.data.opening, self.data.ready = False, True
                self.data.edited = file.name if file.name != CHAMBERS else ""
                self._on_result(result)

    def give(self, verdict: str, name: str) -> None:
        """Keeps a verdict of the chosen result once it is seen, and goes on to the next one without.

        Args:
            verdict: One of `VERDICTS`.
            name: The result that the page showed: a second click may come when the next one is here, but not there yet.
        """
        if self._work is None or not self.data.chosen or self.data.editing or self.data.opening:
            return
        said = Verdict(verdict, tuple(self.data.reasons), self.data.text)
        if name != self.data.chosen or not self._save(lambda work: work.give(name, said)):
            return
        left = [
            one for one in self._work.filtered(self.data.filter) if not self._work.verdict(one.name).verdict
        ]
        if left:
            names = [one.name for one in self._work.entries]
            after = names[names.index(self.data.chosen) :]
            self._begin(next((one.name for one in left if one.name in after), left[0].name))
        elif self._work.done() == len(self._work.entries):
            self._teller.say(
                "Every result has a verdict.", "Export the list as CSV or contact sheet.", "success"
            )

    def remark(self, name: str, **said: Any) -> None:
        """Keeps reasons or text beside the verdict.

        Args:
            name: The result that the page showed: what comes late is not of the one that is chosen by now.
            said: ``reasons`` or ``text``.
        """
        if self._work is not None:
            self._save(lambda work: work.remark(name, **said))

    def choose(self, name: str) -> None:
        """Goes to a result, unless that would throw away what is being drawn."""
        if self.data.editing:
            self._teller.say("A drawing is not kept yet.", "Keep it as new version, or drop it.")
        else:
            self._begin(name)

    def step(self, by: int) -> None:
        """Leafs through what is shown."""
        names = [one["name"] for one in self.data.items]
        if names and not self.data.editing:
            at = names.index(self.data.chosen) + by if self.data.chosen in names else 0
            self._begin(names[at % len(names)])

    def edit(self) -> None:
        """Lets the chambers be corrected by hand."""
        nodes = self._case.nodes
        if nodes is not None and self.data.ready and not self.data.editing:
            self.data.editing = True
            self._case.live = None  # keys still move the threshold, which would draw the chambers anew
            self._board.begin(nodes.chambers, nodes.native)
            self._begun = self._board.changes

    def close(self) -> None:
        """The server ends: a drawing that nobody dropped is kept as a new version."""
        if self._work is not None and self._board.is_open and self._board.changes != self._begun:
            self._work.keep_edit(self.data.chosen, self._board.labels())

    def keep_edit(self) -> None:
        """Writes what was drawn as a new version beside the original."""
        if self._work is None or not self._board.is_open:
            return
        name = self.data.chosen
        try:
            file = self._work.keep_edit(name, self._board.labels())
        except (ValueError, OSError) as error:
            self._teller.explain(error)
            return
        self._board.end()  # a second click would keep it once more
        self._pictures.pop(name, None)
        self._teller.say(f"Kept as {file}.", kind="success")
        create_task(self._draw_thumbnails(self._work))
        self._begin(name)

    def _export(self, made: Callable[[WorkList], str]) -> str:
        """Of the list as it is now, with what others have said since."""
        if self._work is None:
            return ""
        with suppress(InputRefused):  # else as it was when it was read last
            self._work.refresh()
        return made(self._work)

    def _begin(self, name: str) -> None:
        create_task(self._teller.guarded(lambda: self.show(name)))

    def _save(self, say: Callable[[WorkList], None]) -> bool:
        """Whether it could be kept; what was chosen and written stays on the page otherwise."""
        assert self._work is not None
        try:
            say(self._work)
        except OSError as error:
            self._teller.say(
                f"The verdict was not kept ({error.strerror}).",
                "Free some space, then give it again.",
                "error",
            )
            return False
        except InputRefused as refusal:
            self._teller.explain(refusal)
            return False
        self._list()
        self._tell_verdict()
        return True

    def _list(self) -> None:
        work, data = self._work, self.data
        if work is None:
            return
        data.items = [
            {
                "name": one.name, "verdict": work.verdict(one.name).verdict or "open", "flags": list(one.flags),
                "picture": self._pictures.get(one.name, ""),
            }
            for one in work.filtered(data.filter)
        ]  # fmt: skip
        data.done, data.of = work.done(), len(work.entries)

    def _tell_verdict(self) -> None:
        assert self._work is not None
        data, said = self.data, self._work.verdict(self.data.chosen)
        entry = next(one for one in self._work.entries if one.name == data.chosen)
        data.verdict, data.reasons, data.text = said.verdict, list(said.reasons), said.text
        data.said = [*entry.reasons, *entry.warnings]

    async def _compare(self, work: WorkList) -> None:
        found = await asyncio.to_thread(volume_agreement, work)
        if found is not None and self._work is work:
            with self.state:
                data = self._agreement
                data.cases, data.svg, data.rows = found.cases, found.svg, found.rows

    async def _draw_thumbnails(self, work: WorkList) -> None:
        """One after the other, beside everything else; a result without a picture stays without."""
        for entry in work.entries:
            if entry.name in self._pictures or self._work is not work:
                continue
            try:
                self._pictures[entry.name] = await asyncio.to_thread(thumbnail, work.folder / entry.name)
            except (ValueError, OSError):
                continue
            with self.state:
                self._list()
