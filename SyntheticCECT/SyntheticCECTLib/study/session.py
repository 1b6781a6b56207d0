"""What a reading program talks to: the next case, what to show of it, and what the reader makes of it.

A program shows ``current``, calls ``touch`` whenever the reader does something, ``draft`` after each stroke, ``say``
after each word, ``submit`` when he is done, and ``next_unread``.
Nothing that it gets from here tells the condition, the case or the truth.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from ..core.errors import InputRefused
from .active_timer import ActiveTimer
from .mask_grid import Grid, grid_of, is_empty, read_mask_file, require_grid
from .reading_task import Progress, ReadingTask
from .store.rows import SIGNED_IN_ELSEWHERE, Answer, Receipt, Said, Task
from .store.stored_mask import restore_mask, store_mask
from .study_folder import StudyFolder

if TYPE_CHECKING:
    import SimpleITK as sitk


class ReadingSession:
    """A reader at work. Opening it again, after a pause or a crash, resumes at the first task without an answer.

    A reader reads in one place: once he signs in elsewhere, whatever would be stored here is refused.

    Args:
        study: The study or its folder.
        token: Says who reads.
        clock: Seconds that never run backwards, for the time spent.
        now: The date, for the wash-out.

    Raises:
        InputRefused: No such study or reader, or a database that does not fit.
    """

    def __init__(
        self,
        study: StudyFolder | str | Path,
        token: str,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(timezone.utc),
    ) -> None:
        self.study = study if isinstance(study, StudyFolder) else StudyFolder(study)
        self._store = self.study.open_store()
        self._clock, self._now = clock, now
        self._reader = self._store.reader_of(token)
        self._store.take_seat(self._reader)
        self._session, self._opens_at = 1, None
        self._at: int | None = None
        self._grid: tuple[int, Grid] | None = None
        self._load()
        self._enter_open_session()

    @property
    def reader(self) -> str:
        """The reader's own name."""
        return self._reader.name

    @property
    def instructions(self) -> str:
        """What the coordinator wants readers to know."""
        return self.study.settings.instructions

    @property
    def rating_scale(self) -> int:
        """Ratings and confidence run from 1 to this."""
        return self.study.settings.rating_scale

    @property
    def current(self) -> ReadingTask | None:
        """What is to be read; None when the session is done, the next one is not open yet, or all is read."""
        if self._at is None:
            return None
        task, here = self._tasks[self._at], self._of_session()
        settings, images = self.study.settings, self.study.images
        return ReadingTask(
            task.label, here.index(self._at) + 1, len(here), images / task.image,
            images / task.second_image if task.second_image else None,
            images / task.start_mask if task.start_mask else None,
            task.draws, task.slices, settings.window, settings.second_window, task.versions > 0,
        )  # fmt: skip

    @property
    def progress(self) -> Progress:
        """How far the reader is."""
        here = [self._tasks[n] for n in self._of_session()]
        return Progress(
            done=sum(task.versions > 0 for task in here), of=len(here), session=self._session,
            sessions=max((task.session for task in self._tasks), default=1), opens_at=self._opens_at,
            finished=all(task.versions for task in self._tasks),
        )  # fmt: skip

    @property
    def seconds(self) -> float:
        """Spent on the current task, without idle time."""
        return self._timer.seconds

    @property
    def answer(self) -> Answer | None:
        """The last one to the current task, from which a correction begins; None while unread."""
        return None if self._at is None else self._store.newest(self._task())

    @property
    def said(self) -> Said:
        """Of the current task: what was said and not given yet, else the last answer's."""
        if self._at is None:
            return Said()
        draft, answer = self._store.draft(self._task()), self.answer or Answer()
        if draft is not None and draft.said is not None:
            return draft.said
        return Said(answer.rating, answer.confidence, answer.comment)

    def touch(self) -> None:
        """The reader did something: scrolled, clicked, typed."""
        self._timer.touch()

    def pause(self) -> None:
        """The reader leaves; the time he has spent is kept."""
        self._keep_time()

    def resume(self) -> None:
        """The reader is back."""
        self._timer.touch()

    def next(self) -> ReadingTask | None:
        """Leaf on: to the following task, answered or not; after the last one as `next_unread`."""
        later = [n for n in self._of_session() if self._at is not None and n > self._at]
        if not later:
            return self.next_unread()
        self._enter(later[0])
        return self.current

    def next_unread(self) -> ReadingTask | None:
        """Go to the following task without an answer, then to skipped ones; None when the session is done."""
        left = [n for n in self._of_session() if not self._tasks[n].versions]
        if self._at is None or not left:
            self._keep_time()
            self._enter_open_session()
        else:
            self._enter(next((n for n in left if n > self._at), left[0]))
        return self.current

    def previous(self) -> ReadingTask | None:
        """Go back within the session, at most to its first task: earlier sessions are closed."""
        here = self._of_session()
        earlier = [n for n in here if self._at is None or n < self._at]
        if earlier:
            self._enter(earlier[-1])
        return self.current

    def mask(self) -> sitk.Image | None:
        """What to show on the drawing board: the draft, else the last answer, else the proposal to correct, else None."""
        task = self._task()
        if not task.draws:
            return None
        draft, answer = self._store.draft(task), self._store.newest(task)
        stored = (draft.mask if draft is not None else None) or (answer.mask if answer is not None else None)
        if stored is not None:
            return restore_mask(stored)
        return read_mask_file(self.study.images / task.start_mask) if task.start_mask else None

    def draft(self, mask: sitk.Image) -> None:
        """Keep a drawing as it is after a stroke; it is on the disk when this returns.

        Args:
            mask: LA = 1, LV = 2, on the grid of the task's image.
        """
        task = self._task()
        self._require_grid(task, mask)
        self._store.save_draft(task, self._timer.touch(), store_mask(mask))

    def say(self, said: Said) -> None:
        """Keep what was said of the task so far; it is on the disk when this returns."""
        self._store.save_draft(self._task(), self._timer.seconds, said=said)

    def submit(
        self,
        mask: sitk.Image | None = None,
        rating: int | None = None,
        confidence: int | None = None,
        comment: str = "",
        seconds: float | None = None,
    ) -> Receipt:
        """Give the answer to the current task; it is stored for good when this returns.

        Args:
            mask: LA = 1, LV = 2, on the grid of the task's image; an empty one needs a comment.
            rating: Of the proposal, where one is asked for.
            confidence: From 1 to the scale's end.
            comment: Free text.
            seconds: Time spent, where the program measures itself; default: this session's timer. A correction's time
                holds that of the versions before it.

        Raises:
            InputRefused: The answer is incomplete or does not fit; or it could not be stored: ``answered_elsewhere``
                where another one came first, which the next one corrects.
        """
        task = self._task()
        self._check(task, mask, rating, confidence, comment)
        spent = self._timer.touch() if seconds is None else seconds
        stored = store_mask(mask) if mask is not None else None
        try:
            return self._store.give(task, Answer(stored, spent, rating, confidence, comment.strip()))
        finally:
            self._load()

    def close(self) -> None:
        """The reader goes home; where he has signed in elsewhere, his time runs there."""
        try:
            self._keep_time()
        except InputRefused as refusal:
            if refusal.code != SIGNED_IN_ELSEWHERE:
                raise
        finally:
            self._store.close()

    def _load(self) -> None:
        self._tasks = self._store.tasks(self._reader)

    def _of_session(self) -> list[int]:
        return [n for n, task in enumerate(self._tasks) if task.session == self._session]

    def _task(self) -> Task:
        if self._at is None:
            raise InputRefused("nothing_to_read", "There is no case to read now.", "See the progress.")
        return self._tasks[self._at]

    def _enter_open_session(self) -> None:
        """Go to the first task without an answer, if its session is open."""
        self._at, self._opens_at = None, None
        self._timer = ActiveTimer(self.study.settings.idle_limit_s, self._clock)
        unread = [n for n, task in enumerate(self._tasks) if not task.versions]
        if not unread:
            self._session = max((task.session for task in self._tasks), default=1)
            return
        session = self._tasks[unread[0]].session
        before = [t.last_given_at for t in self._tasks if t.session < session and t.last_given_at]
        if before and all(not t.versions for t in self._tasks if t.session == session):
            opens_at = datetime.fromisoformat(max(before)) + timedelta(days=self.study.settings.washout_days)
            if self._now() < opens_at:
                self._session, self._opens_at = session - 1, opens_at
                return
        self._session = session
        self._enter(unread[0])

    def _enter(self, number: int) -> None:
        self._keep_time()
        task = self._tasks[number]
        draft, answer = self._store.draft(task), self._store.newest(task)
        spent = draft.seconds if draft is not None else (answer.seconds or 0.0) if answer is not None else 0.0
        self._timer = ActiveTimer(self.study.settings.idle_limit_s, self._clock, spent)
        self._timer.touch()
        self._at, self._opens_at = number, None

    def _keep_time(self) -> None:
        if self._at is None or not self._timer.running:
            return
        task, spent = self._tasks[self._at], self._timer.pause()
        # A look at what is answered already is no work on it, unless a correction was begun.
        if not task.versions or self._store.draft(task) is not None:
            self._store.save_draft(task, spent)

    def _check(
        self, task: Task, mask: sitk.Image | None, rating: int | None, confidence: int | None, comment: str
    ) -> None:
        if task.draws and mask is None:
            raise InputRefused("no_mask", "Nothing was drawn.", "Draw the chambers, then give the answer.")
        if not task.draws and rating is None:
            raise InputRefused("no_rating", "No rating was given.", f"Rate from 1 to {self.rating_scale}.")
        for name, value in (("rating", rating), ("confidence", confidence)):
            if value is not None and not 1 <= value <= self.rating_scale:
                raise InputRefused(
                    "bad_rating",
                    f"The {name} {value} is not on the scale.",
                    f"Give 1 to {self.rating_scale}.",
                )
        if mask is not None:
            self._require_grid(task, mask)
            if not comment.strip() and is_empty(mask):
                raise InputRefused(
                    "empty_mask",
                    "The drawing is empty.",
                    "Draw the chambers, or say in the comment why there are none.",
                )

    def _require_grid(self, task: Task, mask: sitk.Image) -> None:
        if self._grid is None or self._grid[0] != task.id:
            self._grid = task.id, grid_of(self.study.images / task.image)
        require_grid(mask, self._grid[1])
