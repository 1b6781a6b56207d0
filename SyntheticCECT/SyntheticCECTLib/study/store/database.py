"""A connection to a study database whose transactions are complete or never were."""

from __future__ import annotations

import random
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, NoSuchModuleError, SQLAlchemyError

from ...core.errors import InputRefused

Found = TypeVar("Found")

BUSY_SECONDS = 60.0
"""How long a write waits for its turn before it is refused."""

_WRITES = "study_writes"
# PostgreSQL: serialization failure, deadlock, server shutting down or starting.
_PASSING = {"40001", "40P01", "57P01", "57P02", "57P03"}


class Database:
    """SQLite or PostgreSQL.

    A SQLite database keeps an ordinary rollback journal and syncs at each commit. Its write-ahead log would be
    quicker, but it needs memory shared between all readers, which a network folder does not give, and it keeps
    what was committed last in a second file, which a hasty copy leaves behind.

    Args:
        url: ``sqlite:///file`` or ``postgresql://...``.

    Raises:
        InputRefused: ``bad_database_url`` or ``no_database_driver``.
    """

    def __init__(self, url: str | URL) -> None:
        self._engine = _engine(url)

    @property
    def is_sqlite(self) -> bool:
        return self._engine.dialect.name == "sqlite"

    def read(self, work: Callable[[Connection], Found]) -> Found:
        """What ``work`` finds in one consistent view of the database."""
        return self._transact(work, writes=False)

    def write(self, work: Callable[[Connection], Found]) -> Found:
        """Carry out ``work`` in one transaction and return only after it is committed.

        Where another reader was quicker or the connection broke, the work is done again from its beginning: it
        must find out by itself whether its first try was committed after all.

        Raises:
            InputRefused: ``database_failed`` when it cannot be committed; then nothing of it is stored.
        """
        return self._transact(work, writes=True)

    def close(self) -> None:
        """Let go of all connections."""
        self._engine.dispose()

    def _transact(self, work: Callable[[Connection], Found], writes: bool) -> Found:
        deadline = time.monotonic() + BUSY_SECONDS
        pause = 0.005
        while True:
            try:
                with self._engine.connect().execution_options(**{_WRITES: writes}) as connection:
                    with connection.begin():
                        found = work(connection)
                    return found
            except SQLAlchemyError as error:
                if not _passes(error) or time.monotonic() > deadline:
                    raise _failed(error) from error
            # Random, so that two who collided do not collide again.
            time.sleep(pause * (0.5 + random.random()))
            pause = min(2 * pause, 0.5)


def sqlite_url(path: Path) -> URL:
    """The address of a SQLite file, whatever signs its path holds."""
    return URL.create("sqlite", database=str(path))


def public_url(url: str) -> str:
    """The address without its password, so that it may be written down.

    Raises:
        InputRefused: ``bad_database_url``.
    """
    parsed = _parsed(url)
    return URL.create(
        parsed.drivername, parsed.username, None, parsed.host, parsed.port, parsed.database, parsed.query
    ).render_as_string(hide_password=False)


def _engine(url: str | URL) -> Engine:
    parsed = _parsed(url)
    if parsed.get_backend_name() == "sqlite":
        # The driver's own waiting is fair enough among a few readers; `_transact` adds patience for the rare rest.
        engine = create_engine(parsed, connect_args={"timeout": BUSY_SECONDS})
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    if parsed.get_backend_name() != "postgresql":
        raise InputRefused(
            "bad_database_url",
            f"A study cannot be kept in '{parsed.drivername}'.",
            "Give postgresql://user@host/database, or none for a SQLite file in the study's folder.",
        )
    if parsed.drivername == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    try:
        return create_engine(parsed, pool_pre_ping=True, pool_size=2)
    except (ModuleNotFoundError, NoSuchModuleError) as error:
        raise InputRefused(
            "no_database_driver",
            f"The driver for '{parsed.drivername}' is not installed.",
            "Install it: pip install 'psycopg[binary]'.",
        ) from error


def _parsed(url: str | URL) -> URL:
    try:
        return make_url(url)
    except (ArgumentError, ValueError) as error:
        # The text may hold a password: it is not repeated.
        raise InputRefused(
            "bad_database_url",
            "The database address cannot be read.",
            "Give postgresql://user@host/database.",
        ) from error


def _set_up_sqlite(connection: Any, record: Any) -> None:
    # Python's sqlite3 otherwise opens transactions by itself, and only at the first change.
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode = TRUNCATE")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")


def _begin_sqlite(connection: Connection) -> None:
    # A write asks for its turn at once: a transaction that read first could no longer wait without a deadlock.
    writes = connection.get_execution_options().get(_WRITES, True)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _passes(error: SQLAlchemyError) -> bool:
    if isinstance(error, IntegrityError):
        # Another connection took the same version number first.
        state = getattr(error.orig, "sqlstate", None)
        return state == "23505" or "UNIQUE" in str(error.orig)
    if not isinstance(error, DBAPIError):
        return False
    if isinstance(error.orig, sqlite3.OperationalError):
        return any(word in str(error.orig) for word in ("locked", "busy"))
    return error.connection_invalidated or getattr(error.orig, "sqlstate", None) in _PASSING


def _failed(error: SQLAlchemyError) -> InputRefused:
    reason = str(getattr(error, "orig", None) or error).strip().splitlines()
    return InputRefused(
        "database_failed",
        f"The study database refused ({reason[0] if reason else type(error).__name__}).",
        "Nothing was stored. Check that its disk has room, that it may be written and that its server runs; then try again.",
    )
