"""The tab *Observers*: a reader reads the tasks of a study, blinded, and every stroke and word is kept."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import qt

from ..core.errors import InputRefused
from ..core.formats.itk_name import itk_name
from ..mrml.node_types import nodes_of
from .desk import Desk
from .installer import Installer
from .reading_editor import ReadingEditor
from .reading_page import ReadingPage, nothing_left
from .reading_screen import ReadingScreen

if TYPE_CHECKING:
    from ..study.reading_task import ReadingTask
    from ..study.session import ReadingSession
    from ..study.store.rows import Said

RESTED_MS = 700
"""So long after the last change a stroke or a word counts as finished, and is kept."""
SECOND_MS = 1000
SCENE_GOES = (
    "Reading begins with an empty scene, so that nothing in it gives a hint. What is in the scene now is closed, and what "
    "was not saved is lost."
)


class ObserversTab:
    """One reader at a time.

    Args:
        desk: What all tabs share.
        installer: Makes sure that the study's database can be opened.
    """

    def __init__(self, desk: Desk, installer: Installer) -> None:
        self._desk, self.installer = desk, installer
        self._session: ReadingSession | None = None
        self._task: ReadingTask | None = None
        self._paused = self._drew = False
        self._kept: Said | None = None
        ui = self._ui = desk.ui
        self._editor = ReadingEditor(desk.session.scene, ui.readingEditorBox)
        self._screen = ReadingScreen(desk.session.scene, lambda: desk.application, self._moved, self._drawn)
        self._rest, self._clock = _timer(RESTED_MS, self._save), _timer(SECOND_MS, self._show_time)
        self._rest.setSingleShot(True)
        for button, act in (
            (ui.signInButton, self._sign_in), (ui.submitButton, self._submit), (ui.pauseButton, self._pause),
            (ui.previousTaskButton, self._previous), (ui.nextTaskButton, self._next), (ui.leaveButton, self._leave),
            (ui.lowerSliceButton, lambda *_: self._screen.step_marked(-1)),
            (ui.upperSliceButton, lambda *_: self._screen.step_marked(1)),
        ):  # fmt: skip
            button.connect("clicked(bool)", act)
        ui.tokenEdit.connect("returnPressed()", self._sign_in)
        ui.readingOpacitySlider.connect("valueChanged(double)", self._faded)
        for combo in (ui.ratingCombo, ui.confidenceCombo):
            combo.connect("currentIndexChanged(int)", self._touched)
        ui.readingCommentEdit.connect("textChanged(QString)", self._touched)
        self._page = ReadingPage(ui)
        self._page.open(None)

    @property
    def reading(self) -> bool:
        """Whether somebody reads."""
        return self._session is not None

    def leave(self) -> None:
        """The reader goes; what he has drawn and the time he spent stay."""
        session = self._session
        if session is None:
            return
        self._keep()
        self._put_away()
        self._session = None
        self._screen.leave()
        self._ui.observersMessageLabel.text = ""
        self._guarded(session.close)
        self._page.open(None)

    def pause(self) -> None:
        """The reader is away: the clock stands, and the images are hidden."""
        if self._session is None or self._task is None or self._paused:
            return
        self._keep()
        self._session.pause()
        self._paused = True
        self._editor.end()
        self._screen.cover(True)
        self._show_page()

    def _sign_in(self, *_: Any) -> None:
        if self.reading:
            return
        self._ui.observersMessageLabel.text = ""
        self.installer.ensure(
            lambda: self._guarded(self._open), self._say, lambda progress: self._say(progress.text())
        )

    def _open(self) -> None:
        if self.reading:  # pressed again while packages were tried out
            return
        from ..study.session import ReadingSession

        ui, scene = self._ui, self._desk.session.scene
        session = ReadingSession(str(ui.studyEdit.currentPath), str(ui.tokenEdit.text).strip())
        ui.tokenEdit.text = ""
        if any(nodes_of(scene, name) for name in ("vtkMRMLVolumeNode", "vtkMRMLSegmentationNode")):
            if not self._desk.application.ask(SCENE_GOES):
                session.close()
                return
            scene.Clear(False)
        self._session = session
        self._page.open(session)
        self._show(session.current)

    def _submit(self, *_: Any) -> None:
        session, task = self._session, self._task
        if session is None or task is None or self._paused:
            return

        def give() -> None:
            said, mask = self._page.said(), self._screen.labels() if task.draws else None
            session.submit(mask, said.rating, said.confidence, said.comment)
            self._say("The answer is kept.")
            self._show(session.next_unread())

        self._guarded(give)

    def _previous(self, *_: Any) -> None:
        self._turn(lambda session: session.previous())

    def _next(self, *_: Any) -> None:
        self._turn(lambda session: session.next())

    def _turn(self, to: Callable[[ReadingSession], ReadingTask | None]) -> None:
        session = self._session
        if session is None or self._paused:
            return

        def turn() -> None:
            self._draft()  # where that fails, the reader stays with his drawing
            self._show(to(session))

        self._guarded(turn)

    def _pause(self, *_: Any) -> None:
        if not self._paused:
            self.pause()
        elif self._session is not None and self._task is not None:
            self._paused = False
            self._session.resume()
            self._screen.cover(False)
            if self._task.draws:
                self._editor.begin(self._screen.segmentation, self._screen.volume)
            self._show_page()

    def _leave(self, *_: Any) -> None:
        self._guarded(self.leave)

    def _show(self, task: ReadingTask | None) -> None:
        session = self._session
        assert session is not None
        self._put_away()
        self._task = task
        if task is None:
            self._screen.clear()
            self._say(nothing_left(session.progress))
        else:
            session.pause()  # nobody reads while images are loaded
            judged = None if task.draws else task.proposal
            self._screen.show(task, _read(judged) if judged else session.mask())
            if task.draws:
                self._editor.begin(self._screen.segmentation, self._screen.volume)
            session.resume()
            self._clock.start()
        self._page.fill(session.said)
        self._kept = self._page.said()
        self._show_page()
        self._moved()

    def _put_away(self) -> None:
        """Tools and timers, before another task or none comes."""
        self._rest.stop()
        self._clock.stop()
        self._editor.end()
        self._task, self._paused, self._drew = None, False, False

    def _show_page(self) -> None:
        assert self._session is not None
        self._page.show(self._session, self._task, self._paused)

    def _show_time(self) -> None:
        if self._session is not None and self._task is not None:
            self._page.show_time(self._session.seconds, self._paused)

    def _drawn(self) -> None:
        if self._session is not None and not self._paused:
            self._session.touch()
            self._drew = True
            self._rest.start()

    def _keep(self) -> None:
        self._rest.stop()
        self._save()

    def _save(self) -> None:
        self._guarded(self._draft)

    def _draft(self) -> None:
        """What was said and drawn since it was kept last, on the disk when this returns.

        Errors as for `ReadingSession.draft`.
        """
        session, task = self._session, self._task
        if session is None or task is None:
            return
        said = self._page.said()
        if said != self._kept:
            session.say(said)
            self._kept = said
        if self._drew and task.draws:
            session.draft(self._screen.labels())
            self._drew = False

    def _moved(self) -> None:
        if self._session is None or self._task is None or self._paused:
            return
        self._session.touch()
        if self._task.slices:
            self._page.show_slice(self._screen.at_marked())

    def _faded(self, opacity: float) -> None:
        if self._session is not None and not self._page.filling:
            self._session.touch()
            self._screen.fade(opacity)

    def _touched(self, *_: Any) -> None:
        if self._session is not None and not self._page.filling and not self._paused:
            self._session.touch()
            self._rest.start()

    def _guarded(self, act: Callable[[], None]) -> None:
        try:
            act()
        except (InputRefused, OSError, RuntimeError) as error:
            self._say(str(error))

    def _say(self, text: str) -> None:
        self._ui.observersMessageLabel.text = text


def _timer(interval_ms: int, call: Callable[[], None]) -> Any:
    timer = qt.QTimer()
    timer.setInterval(interval_ms)
    timer.connect("timeout()", call)
    return timer


def _read(labels: Path) -> Any:
    import SimpleITK as sitk

    return sitk.ReadImage(itk_name(labels), sitk.sitkUInt8)
