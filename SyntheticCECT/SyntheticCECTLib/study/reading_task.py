"""What a reader sees of a task, and how far he is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from .study_folder import DisplayWindow


@dataclass(frozen=True)
class ReadingTask:
    """One case as a reader may see it.

    Attributes:
        label: Its random name: the only one to be shown, and the one for nodes.
        number: Which of the reader's tasks in this session, from 1.
        of: How many there are in this session.
        image: The CT's file.
        second_image: An image to fade in over it, or None. It is synthetic: the view must say so.
        proposal: Labels to judge or to start from, or None.
        draws: Whether a mask is asked for; else a rating of the proposal.
        slices: Axial slices to draw on; empty for all.
        window: Of the CT.
        second_window: Of the second image.
        given: Whether it was answered before: another answer is a correction.
    """

    label: str
    number: int
    of: int
    image: Path
    second_image: Path | None
    proposal: Path | None
    draws: bool
    slices: tuple[int, ...]
    window: DisplayWindow
    second_window: DisplayWindow
    given: bool


@dataclass(frozen=True)
class Progress:
    """How far a reader is; as text: ``7 of 20``.

    Attributes:
        done: Answered tasks of this session.
        of: Tasks of this session.
        session: Which session, from 1.
        sessions: How many there are.
        opens_at: When the next session opens, where it has to wait; else None.
        finished: Whether the reader has answered everything.
    """

    done: int
    of: int
    session: int
    sessions: int
    opens_at: datetime | None = None
    finished: bool = False

    def __str__(self) -> str:
        return f"{self.done} of {self.of}"
