"""What the store takes and gives: readers, tasks, reads and drafts, without anything that a reader may not see."""

from __future__ import annotations

from dataclasses import dataclass, field

from .stored_mask import StoredMask

SIGNED_IN_ELSEWHERE = "signed_in_elsewhere"
"""Code of the refusal to store anything for a reader who has opened the study in another place since."""


@dataclass(frozen=True)
class NewTask:
    """One presentation of a case to a reader, before it has a number.

    Attributes:
        position: From 1, the reader's own order over all sessions.
        session: From 1.
        label: Random name that the reader sees.
        image: Random name of the image's file.
        second_image: Of the image that may be faded in over it, or None.
        start_mask: Of the segmentation that the reader starts from or judges, or None.
        draws: Whether a mask is asked for; else a rating of ``start_mask``.
        slices: Axial slices to draw on; empty for all.
    """

    position: int
    session: int
    label: str
    image: str
    second_image: str | None
    start_mask: str | None
    draws: bool
    slices: tuple[int, ...]


@dataclass(frozen=True)
class Task(NewTask):
    """A stored task, and how often it was answered.

    Attributes:
        id: Number in the database.
        versions: 0 while unread.
        last_given_at: When it was read last, UTC, ISO 8601; None while unread.
    """

    id: int = 0
    versions: int = 0
    last_given_at: str | None = None


@dataclass(frozen=True)
class Reader:
    """Who reads.

    Attributes:
        id: Number in the database.
        study_id: The study.
        name: His name in the study.
    """

    id: int
    study_id: str
    name: str


@dataclass(frozen=True)
class Answer:
    """What a reader gives for a task.

    Attributes:
        mask: What was drawn, or None.
        seconds: Time spent without idle time; None where nobody measured.
        rating: Of the shown segmentation.
        confidence: The reader's own.
        comment: Free text.
    """

    mask: StoredMask | None = None
    seconds: float | None = None
    rating: int | None = None
    confidence: int | None = None
    comment: str = ""


@dataclass(frozen=True)
class Receipt:
    """Says that a read is stored for good.

    Attributes:
        read_id: Its number.
        label: The task.
        version: 1, or higher for a correction.
        mask_sha256: Of the mask, or None.
        given_at: UTC, ISO 8601.
    """

    read_id: int
    label: str
    version: int
    mask_sha256: str | None
    given_at: str


@dataclass(frozen=True)
class Read:
    """A stored read.

    Attributes:
        receipt: Number, label, version, time.
        reader: Name of the reader.
        session: Of the task.
        answer: What was given.
    """

    receipt: Receipt
    reader: str
    session: int
    answer: Answer


@dataclass(frozen=True)
class Said:
    """What a reader says of a task beside his drawing; as in `Answer`."""

    rating: int | None = None
    confidence: int | None = None
    comment: str = ""


@dataclass(frozen=True)
class Draft:
    """What is on the drawing board, given or not.

    Attributes:
        mask: As of the last finished stroke, or None.
        seconds: Time spent so far.
        said: With it, or None where nothing was said yet.
    """

    mask: StoredMask | None = None
    seconds: float = 0.0
    said: Said | None = None


@dataclass(frozen=True)
class NewReader:
    """A reader and all of his tasks, before they are stored.

    Attributes:
        name: His name.
        token_sha256: Hash of his token; the token itself is never stored here.
        tasks: In his order.
    """

    name: str
    token_sha256: str
    tasks: list[NewTask] = field(default_factory=list)
