"""A reader at work: shows task after task, keeps every stroke, gives the answers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import SimpleITK as sitk
from trame_server import Server
from trame_server.utils.asynchronous import create_task
from trame_slicer.app.logic import BaseLogic
from trame_slicer.core import SlicerApp

from ...core.errors import InputRefused
from ...core.formats.itk_name import itk_name
from ...study.reading_task import ReadingTask
from ...study.session import ReadingSession
from ...study.store.rows import SIGNED_IN_ELSEWHERE, Said
from ...study.study_folder import StudyFolder
from ..drawing.drawing_board import QUIET_S, DrawingBoard
from ..room_keys import RoomKeys
from ..room_state import Page, Teller
from ..viewing.slicer_views import SlicerViews
from .reading_ui import AnswerUI, ReadingState, SignInUI, TaskUI
from .task_on_screen import TaskOnScreen


class ReadingLogic(BaseLogic[ReadingState]):
    """Blinded reading of one study.

    Args:
        server: trame's.
        slicer_app: trame-slicer's.
        views: All views.
        board: What is drawn on.
        teller: Of what went wrong.
        go_to: Called with the page to show and its heading.
    """

    def __init__(
        self,
        server: Server,
        slicer_app: SlicerApp,
        views: SlicerViews,
        board: DrawingBoard,
        teller: Teller,
        go_to: Callable[[Page, str], None],
    ) -> None:
        super().__init__(server, slicer_app, ReadingState)
        self._views, self._board, self._teller, self._go_to = views, board, teller, go_to
        self._screen = TaskOnScreen(self.scene, views, self._on_moved)
        self._study: StudyFolder | None = None
        self._session: ReadingSession | None = None
        self._loading: object | None = None
        self._kept, self._said = 0, Said()
        self._waiting: object | None = None
        name = self.name
        self.bind_changes(
            {
                name.second_opacity: self._fade,
                (name.rating, name.confidence, name.comment): lambda *_: self._on_said(),
            }
        )

    def set_ui(self, sign_in: SignInUI, task: TaskUI, answer: AnswerUI) -> None:  # type: ignore[override]
        """Connects the buttons."""
        sign_in.sign_in_clicked.connect(lambda: self._begin(self.sign_in))
        task.step_clicked.connect(self._screen.step_marked)
        answer.submit_clicked.connect(lambda label: self._begin(lambda: self.submit(label)))
        answer.next_clicked.connect(lambda: self._begin(lambda: self._move("next")))
        answer.previous_clicked.connect(lambda: self._begin(lambda: self._move("previous")))
        answer.leave_clicked.connect(self.leave)

    def add_keys(self, keys: RoomKeys) -> None:
        """Keys of the reading page."""
        keys.add(Page.READING, "Ctrl+z", self._board.undo)
        keys.add(Page.READING, "Ctrl+y", self._board.redo)
        keys.add(Page.READING, "PageUp", lambda: self._screen.step_marked(1))
        keys.add(Page.READING, "PageDown", lambda: self._screen.step_marked(-1))

    async def open(self, folder: Path) -> None:
        """Opens a study at the sign-in page."""
        self._study = await asyncio.to_thread(StudyFolder, folder)
        with self.state:
            self.data.study = self._study.settings.name
            self._go_to(Page.SIGN_IN, "")

    async def sign_in(self) -> None:
        """Lets a reader in, at the first task without an answer."""
        if self._study is None or self._session is not None:  # a second click comes when the token is used up
            return
        token = self.data.token.strip()
        session = ReadingSession(self._study, token)
        self._session = session
        with self.state:
            data = self.data
            data.token = ""
            data.reader, data.instructions, data.scale = (
                session.reader,
                session.instructions,
                session.rating_scale,
            )
            self._go_to(Page.READING, data.study)
        await self._show(session.current)

    async def submit(self, label: str) -> None:
        """Gives the answer, and shows the next task.

        Args:
            label: Of the task that the page showed.
        """
        session, data = self._session, self.data
        # Nobody answers what he has not seen: a second click would be of the task that is being loaded, or that has come since.
        if session is None or session.current is None or self._screen.volume is None:
            return
        if label != session.current.label:
            return
        mask = self._board.labels() if session.current.draws else None
        try:
            session.submit(mask, data.rating or None, data.confidence or None, data.comment)
        except InputRefused:
            with self.state:
                data.given = session.current is not None and session.current.given  # perhaps elsewhere, since
            raise
        following = session.next_unread()
        with self.state:
            self._teller.say("The answer is kept.", kind="success")
        await self._show(following)

    def leave(self) -> None:
        """The reader goes; what he has drawn and the time he spent stay."""
        if not self._keep():
            return
        self.close()
        self._clear()
        self.data.label = self.data.comment = ""  # the next one at this room may be somebody else
        self._go_to(Page.SIGN_IN, "")

    def close(self) -> None:
        """Keeps time and draft."""
        if self._session is not None:
            self._keep()
            self._session.close()
            self._session = None

    async def _move(self, how: str) -> None:
        if self._session is not None and self._keep():
            await self._show(getattr(self._session, how)())

    async def _show(self, task: ReadingTask | None) -> None:
        session = self._session
        if session is None:
            return
        with self.state:
            self._clear()
            self._tell(task)
        if task is None:
            return
        loading = self._loading = object()
        session.pause()  # nobody reads while images are loaded
        image, second = await asyncio.to_thread(_images, task)
        if self._loading is not loading:
            return  # the reader has moved on, or left
        with self.state:
            judged = None if task.draws else task.proposal
            labels = sitk.ReadImage(itk_name(judged), sitk.sitkUInt8) if judged else session.mask()
            segmentation = self._screen.show(task, image, second, labels)
            if task.draws:
                self._board.begin(segmentation, self._screen.volume, self._keep)
                self._kept = self._board.changes
        session.resume()

    def _clear(self) -> None:
        self._loading = None
        self._board.end()
        self._screen.clear()

    def _tell(self, task: ReadingTask | None) -> None:
        assert self._session is not None
        data, progress = self.data, self._session.progress
        data.session, data.sessions = progress.session, progress.sessions
        self._said = said = self._session.said
        data.rating, data.confidence, data.comment = said.rating or 0, said.confidence or 0, said.comment
        data.saved = data.waiting = ""
        data.second_opacity = 0.0
        if task is None:
            data.label, data.slices, data.number, data.of = "", [], progress.done, progress.of
            data.waiting = (
                "You have read everything. Thank you."
                if progress.finished
                else f"The next session opens on {progress.opens_at:%Y-%m-%d %H:%M} UTC."
                if progress.opens_at
                else "This session is done."
            )
            return
        data.label, data.number, data.of, data.given = task.label, task.number, task.of, task.given
        data.draws, data.rates = task.draws, not task.draws
        data.has_second, data.slices = task.second_image is not None, list(task.slices)

    def _on_page(self) -> Said:
        data = self.data
        return Said(data.rating or None, data.confidence or None, data.comment)

    def _keep(self) -> bool:
        """Whether the reader may go on: what was said and drawn is kept by now, or he goes on with it elsewhere.

        What was only looked at is not work on it.
        """
        session, data = self._session, self.data
        if session is None or session.current is None:
            return True
        said, changes = self._on_page(), self._board.changes
        drawn = self._board.is_open and changes != self._kept
        if not drawn and said == self._said:
            return True
        with self.state:
            try:
                if said != self._said:
                    session.say(said)
                    self._said = said
                if drawn:
                    session.draft(self._board.labels())
                    self._kept = changes
            except Exception as error:
                data.saved = "Not stored"
                self._teller.explain(error)
                return getattr(error, "code", None) == SIGNED_IN_ELSEWHERE
            data.saved = "Drawing kept" if drawn else "Words kept"
        return True

    def _on_said(self) -> None:
        self._touch()
        if self._session is not None and self._waiting is None and self._on_page() != self._said:
            self._waiting = create_task(self._keep_said())

    async def _keep_said(self) -> None:
        """Keeps it when the hand rests."""
        said = None
        while said != self._on_page():
            said = self._on_page()
            await asyncio.sleep(QUIET_S)
        self._waiting = None
        self._keep()

    def _touch(self) -> None:
        """The reader did something; while images are loaded he reads nothing."""
        if self._session is not None and self._screen.volume is not None:
            self._session.touch()

    def _fade(self, opacity: float) -> None:
        self._screen.fade(opacity)
        self._touch()

    def _on_moved(self, at_marked: bool) -> None:
        self._touch()
        if self.data.at_marked != at_marked:
            with self.state:
                self.data.at_marked = at_marked

    def _begin(self, work: Callable[[], Any]) -> None:
        create_task(self._teller.guarded(work))


def _images(task: ReadingTask) -> tuple[sitk.Image, sitk.Image | None]:
    second = sitk.ReadImage(itk_name(task.second_image)) if task.second_image else None
    return sitk.ReadImage(itk_name(task.image)), second
