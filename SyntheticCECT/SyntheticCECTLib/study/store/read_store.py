"""The reads of a study: given in one transaction each, and never overwritten."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timezone
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from ...core.errors import InputRefused
from .database import Database
from .migration import require_version
from .rows import SIGNED_IN_ELSEWHERE, Answer, Draft, NewReader, Read, Reader, Receipt, Said, Task
from .schema import DRAFT, READ, READER, STUDY, TASK
from .stored_mask import StoredMask

_TOGETHER = 32
"""Reads that are fetched at once."""


class ReadStore:
    """All that is asked of the database of one study.

    Args:
        database: Where it lies.
        study_id: Which study: a server may hold several.

    Raises:
        InputRefused: Its tables are not those of this software.
    """

    def __init__(self, database: Database, study_id: str) -> None:
        require_version(database)
        self._database, self.study_id = database, study_id
        self._seat: str | None = None

    def close(self) -> None:
        """Let go of the database."""
        self._database.close()

    def add_study(self, readers: Iterable[NewReader]) -> None:
        """Store the readers and their tasks, all of them or nothing."""
        given = list(readers)

        def work(connection: Connection) -> None:
            connection.execute(insert(STUDY).values(id=self.study_id, made_at=utc_now()))
            for reader in given:
                row = insert(READER).values(
                    study_id=self.study_id, name=reader.name, token_sha256=reader.token_sha256
                )
                number = _key_of(connection.execute(row))
                rows = [
                    vars(task) | {"reader_id": number, "slices": list(task.slices)} for task in reader.tasks
                ]
                if rows:
                    connection.execute(insert(TASK), rows)

        self._database.write(work)

    def reader_of(self, token: str) -> Reader:
        """The reader who holds a token.

        Raises:
            InputRefused: ``unknown_token``.
        """
        query = select(READER.c.id, READER.c.study_id, READER.c.name).where(
            READER.c.study_id == self.study_id, READER.c.token_sha256 == hash_token(token)
        )
        row = self._database.read(lambda connection: connection.execute(query).one_or_none())
        if row is None:
            raise InputRefused(
                "unknown_token", "No reader of this study has that token.", "Ask the coordinator for yours."
            )
        return Reader(*row)

    def readers(self) -> list[Reader]:
        """All readers of the study, in the order in which they were entered."""
        query = (
            select(READER.c.id, READER.c.study_id, READER.c.name)
            .where(READER.c.study_id == self.study_id)
            .order_by(READER.c.id)
        )
        return [
            Reader(*row) for row in self._database.read(lambda connection: connection.execute(query).all())
        ]

    def take_seat(self, reader: Reader) -> None:
        """From now on a reader writes through this store alone: through another one, where he sat before, he is refused."""
        seat = str(uuid.uuid4())
        self._database.write(
            lambda connection: connection.execute(
                update(READER).where(READER.c.id == reader.id).values(seat=seat)
            )
        )
        self._seat = seat

    def tasks(self, reader: Reader) -> list[Task]:
        """A reader's tasks in his order, with what he has given."""
        answered = (
            select(READ.c.task_id, func.max(READ.c.version).label("versions"), func.max(READ.c.given_at).label("at"))
            .group_by(READ.c.task_id)
            .subquery()
        )  # fmt: skip
        query = (
            select(TASK, answered.c.versions, answered.c.at)
            .join(answered, answered.c.task_id == TASK.c.id, isouter=True)
            .where(TASK.c.reader_id == reader.id)
            .order_by(TASK.c.position)
        )
        rows = self._database.read(lambda connection: connection.execute(query).all())
        return [_task(row) for row in rows]

    def give(self, task: Task, answer: Answer) -> Receipt:
        """Store a read, as a new version where there is one already.

        Args:
            task: As the giver knows it: who has not seen the newest version does not correct it.
            answer: What is given.

        Returns:
            The receipt, only after the transaction is committed.

        Raises:
            InputRefused: ``answered_elsewhere``, ``signed_in_elsewhere`` or ``database_failed``; then the read is not
                stored, and the draft is as it was.
        """
        given_as = str(uuid.uuid4())

        def work(connection: Connection) -> Receipt:
            # A connection that breaks while committing leaves open whether it did: the second try looks first.
            row = connection.execute(select(READ).where(READ.c.given_as == given_as)).one_or_none()
            if row is not None:
                return Receipt(row.id, task.label, row.version, row.mask_sha256, row.given_at)
            self._require_seat(connection, task)
            newest = select(func.max(READ.c.version)).where(READ.c.task_id == task.id)
            version = (connection.execute(newest).scalar() or 0) + 1
            if version != task.versions + 1:
                raise InputRefused(
                    "answered_elsewhere",
                    f"Case {task.label} was answered elsewhere since it was opened here; this answer was not stored.",
                    "Go on: then that one counts. Or give this one again: it becomes a correction.",
                )
            at, mask = utc_now(), answer.mask
            number = _key_of(
                connection.execute(
                    insert(READ).values(
                        task_id=task.id, version=version, given_as=given_as, given_at=at,
                        mask=mask and mask.nrrd, mask_sha256=mask and mask.sha256, seconds=answer.seconds,
                        rating=answer.rating, confidence=answer.confidence, comment=answer.comment,
                    )
                )
            )  # fmt: skip
            # Who gives for a reader, as an import does, leaves what is on his board.
            if self._seat is not None:
                connection.execute(delete(DRAFT).where(DRAFT.c.task_id == task.id))
            return Receipt(number, task.label, version, mask and mask.sha256, at)

        return self._database.write(work)

    def save_draft(
        self, task: Task, seconds: float, mask: StoredMask | None = None, said: Said | None = None
    ) -> None:
        """Keep the time spent on an unfinished task, and what was drawn and said where that is given.

        Raises:
            InputRefused: ``signed_in_elsewhere`` or ``database_failed``; then the draft is as it was.
        """

        def work(connection: Connection) -> None:
            self._require_seat(connection, task)
            values: dict[str, Any] = {"seconds": seconds, "saved_at": utc_now()}
            if mask is not None:
                values |= {"mask": mask.nrrd, "mask_sha256": mask.sha256}
            if said is not None:
                values |= vars(said)
            changed = connection.execute(update(DRAFT).where(DRAFT.c.task_id == task.id).values(**values))
            if not changed.rowcount:
                connection.execute(insert(DRAFT).values(task_id=task.id, **values))

        self._database.write(work)

    def draft(self, task: Task) -> Draft | None:
        """The unfinished drawing of a task, or None."""
        query = select(DRAFT).where(DRAFT.c.task_id == task.id)
        row = self._database.read(lambda connection: connection.execute(query).one_or_none())
        if row is None:
            return None
        said = None if row.comment is None else Said(row.rating, row.confidence, row.comment)
        return Draft(_mask(row), row.seconds, said)

    def newest(self, task: Task) -> Answer | None:
        """The newest version of a task's read, or None."""
        query = select(READ).where(READ.c.task_id == task.id).order_by(READ.c.version.desc()).limit(1)
        row = self._database.read(lambda connection: connection.execute(query).one_or_none())
        return _answer(row) if row is not None else None

    def reads(self, every_version: bool = False) -> Iterator[Read]:
        """The study's reads in the order they were given, a few at a time: their masks need not fit into memory together.

        Args:
            every_version: Also those that were corrected later.
        """
        query = (
            select(READ.c.id)
            .join(TASK, TASK.c.id == READ.c.task_id)
            .join(READER, READER.c.id == TASK.c.reader_id)
            .where(READER.c.study_id == self.study_id)
            .order_by(READ.c.id)
        )
        if not every_version:
            later = READ.alias("later")
            query = query.where(
                ~select(later.c.id)
                .where(later.c.task_id == READ.c.task_id, later.c.version > READ.c.version)
                .exists()
            )
        numbers = self._database.read(lambda connection: connection.execute(query).scalars().all())
        for start in range(0, len(numbers), _TOGETHER):
            yield from self._some_reads(numbers[start : start + _TOGETHER])

    def fingerprint(self) -> str:
        """SHA-256 over all reads, so that a report names the data it was made from."""
        query = (
            select(TASK.c.label, READ.c.version, READ.c.mask_sha256, READ.c.seconds, READ.c.rating,
                   READ.c.confidence, READ.c.comment, READ.c.given_at)
            .join(TASK, TASK.c.id == READ.c.task_id)
            .join(READER, READER.c.id == TASK.c.reader_id)
            .where(READER.c.study_id == self.study_id)
            .order_by(READ.c.id)
        )  # fmt: skip
        digest = hashlib.sha256()
        for row in self._database.read(lambda connection: connection.execute(query).all()):
            digest.update(repr(tuple(row)).encode("utf-8"))
        return digest.hexdigest()

    def _require_seat(self, connection: Connection, task: Task) -> None:
        if self._seat is None:
            return
        # Held until the transaction ends: nobody takes the seat between this look and the commit.
        query = select(READER.c.seat).join(TASK).where(TASK.c.id == task.id).with_for_update(of=READER)
        if connection.execute(query).scalar() != self._seat:
            raise InputRefused(
                SIGNED_IN_ELSEWHERE,
                "You have signed in elsewhere since, and this room keeps nothing any more.",
                "Go on there: all that was kept here is there too. Or leave, and sign in here again.",
            )

    def _some_reads(self, numbers: Sequence[int]) -> list[Read]:
        query = (
            select(READ, TASK.c.label, TASK.c.session, READER.c.name)
            .join(TASK, TASK.c.id == READ.c.task_id)
            .join(READER, READER.c.id == TASK.c.reader_id)
            .where(READ.c.id.in_(numbers))
            .order_by(READ.c.id)
        )
        rows = self._database.read(lambda connection: connection.execute(query).all())
        return [
            Read(
                Receipt(row.id, row.label, row.version, row.mask_sha256, row.given_at),
                row.name,
                row.session,
                _answer(row),
            )
            for row in rows
        ]


def hash_token(token: str) -> str:
    """What the database keeps of a token; it is random and long, so it needs no salt."""
    return hashlib.sha256(token.strip().encode("utf-8")).hexdigest()


def utc_now() -> str:
    """Now, UTC, ISO 8601."""
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds")


def _key_of(result: Any) -> int:
    return int(result.inserted_primary_key[0])


def _task(row: Row[Any]) -> Task:
    return Task(
        row.position, row.session, row.label, row.image, row.second_image, row.start_mask, bool(row.draws),
        tuple(int(k) for k in row.slices), row.id, row.versions or 0, row.at,
    )  # fmt: skip


def _mask(row: Row[Any]) -> StoredMask | None:
    return None if row.mask is None else StoredMask(bytes(row.mask), row.mask_sha256)


def _answer(row: Row[Any]) -> Answer:
    return Answer(_mask(row), row.seconds, row.rating, row.confidence, row.comment)
