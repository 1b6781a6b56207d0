"""Carries a reader's tasks and reads from one database of a study to another, without changing any of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import Connection, insert, select

from ...core.errors import InputRefused
from .database import Database
from .migration import require_version
from .rows import NewReader, NewTask
from .schema import READ, READER, TASK

_CARRIED = (
    READ.c.version, READ.c.given_as, READ.c.mask, READ.c.mask_sha256, READ.c.seconds, READ.c.rating,
    READ.c.confidence, READ.c.comment, READ.c.given_at,
)  # fmt: skip
_TASK_COLUMNS = tuple(field.name for field in fields(NewTask))


@dataclass(frozen=True)
class CarriedReader:
    """A reader as one database knows him.

    Attributes:
        reader: Name, token's hash and tasks.
        reads: Label of the task, and the read's row; in the order in which they were given.
    """

    reader: NewReader
    reads: list[tuple[str, dict[str, Any]]]


def carried_readers(database: Database, study_id: str, name: str | None = None) -> list[CarriedReader]:
    """The readers of a study with their tasks and all versions of their reads; drafts are left behind.

    Args:
        database: Where the study lies.
        study_id: The study.
        name: Only the reader of this name.

    Raises:
        InputRefused: The tables are not those of this software.
    """
    require_version(database)

    def work(connection: Connection) -> list[CarriedReader]:
        query = select(READER).where(READER.c.study_id == study_id).order_by(READER.c.id)
        rows = connection.execute(query if name is None else query.where(READER.c.name == name)).all()
        return [_carried(connection, row) for row in rows]

    return database.read(work)


def bring_in(database: Database, study_id: str, given: Sequence[CarriedReader]) -> list[int]:
    """Store all reads that are not there yet, all of them or none; each keeps its version and its time.

    Returns:
        For each reader how many were new.

    Raises:
        InputRefused: ``unknown_token``, ``other_tasks``, or ``read_conflict`` where a read is there already under the
            number of another one.
    """

    def work(connection: Connection) -> list[int]:
        return [_bring_in(connection, study_id, one) for one in given]

    return database.write(work)


def other_tasks(reader: str) -> InputRefused:
    """Somebody has changed what was handed out."""
    return InputRefused(
        "other_tasks",
        f"The tasks of '{reader}' are not those that he was given.",
        "Collect from the folder that was handed out, unchanged.",
    )


def _carried(connection: Connection, row: Any) -> CarriedReader:
    tasks = connection.execute(
        select(TASK).where(TASK.c.reader_id == row.id).order_by(TASK.c.position)
    ).mappings()
    reads = connection.execute(
        select(TASK.c.label, *_CARRIED)
        .join(TASK, TASK.c.id == READ.c.task_id)
        .where(TASK.c.reader_id == row.id)
        .order_by(READ.c.id)
    ).mappings()
    return CarriedReader(
        NewReader(row.name, row.token_sha256, [_new_task(task) for task in tasks]),
        [(read["label"], {column.name: read[column.name] for column in _CARRIED}) for read in reads],
    )


def _new_task(row: Any) -> NewTask:
    given: dict[str, Any] = {name: row[name] for name in _TASK_COLUMNS}
    given["slices"] = tuple(row["slices"])
    return NewTask(**given)


def _bring_in(connection: Connection, study_id: str, given: CarriedReader) -> int:
    here = connection.execute(
        select(READER).where(
            READER.c.study_id == study_id, READER.c.token_sha256 == given.reader.token_sha256
        )
    ).one_or_none()
    if here is None:
        raise InputRefused(
            "unknown_token",
            f"The study has no reader '{given.reader.name}' with that token.",
            "Collect from a folder that was handed out of this study.",
        )
    own = _carried(connection, here)
    if own.reader.tasks != given.reader.tasks:
        raise other_tasks(given.reader.name)
    rows = connection.execute(select(TASK.c.label, TASK.c.id).where(TASK.c.reader_id == here.id))
    numbers = {row.label: row.id for row in rows}
    known = {(label, read["version"]): read for label, read in own.reads}
    new = []
    for label, read in given.reads:
        there = known.get((label, read["version"]))
        if there is None:
            new.append(read | {"task_id": numbers[label]})
        elif there != read:
            raise InputRefused(
                "read_conflict",
                f"'{given.reader.name}' has given two different answers for {label}, version {read['version']}: one in "
                "the study, another in the folder.",
                "He has read in two places. Find out which answer counts; nothing was stored.",
            )
    if new:
        connection.execute(insert(READ), new)
    return len(new)
