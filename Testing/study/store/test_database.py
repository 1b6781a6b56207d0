"""Transactions happen completely or not at all, and addresses keep their secrets."""

from __future__ import annotations

import sqlite3
import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import Connection

from SyntheticCECTLib.core.errors import InputRefused
from SyntheticCECTLib.study.store import database as database_module
from SyntheticCECTLib.study.store.database import Database, public_url, sqlite_url


@pytest.fixture
def database(tmp_path: Path) -> Database:
    made = Database(sqlite_url(tmp_path / "d.sqlite"))
    made.write(lambda connection: connection.exec_driver_sql("CREATE TABLE t (n INTEGER UNIQUE)"))
    return made


def numbers(database: Database) -> list[int]:
    return list(database.read(lambda c: c.exec_driver_sql("SELECT n FROM t ORDER BY n").scalars().all()))


def add(connection: Connection, number: int) -> None:
    connection.exec_driver_sql(f"INSERT INTO t VALUES ({number})")


def test_work_that_fails_half_way_leaves_nothing(database: Database) -> None:
    def work(connection: Connection) -> None:
        add(connection, 1)
        raise KeyError("half way")

    with pytest.raises(KeyError):
        database.write(work)
    assert numbers(database) == []


def test_commit_is_synced_to_the_disk_and_leaves_one_file(database: Database, tmp_path: Path) -> None:
    settings = [
        database.read(lambda c, name=name: c.exec_driver_sql(f"PRAGMA {name}").scalar())
        for name in ("synchronous", "journal_mode", "foreign_keys")
    ]
    assert settings == [2, "truncate", 1]
    database.write(lambda connection: add(connection, 1))
    assert {path.name: path.stat().st_size > 0 for path in tmp_path.iterdir()} == {
        "d.sqlite": True,
        "d.sqlite-journal": False,
    }


def test_write_waits_for_another_program_that_writes(database: Database, tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "d.sqlite", isolation_level=None, check_same_thread=False)
    other.execute("BEGIN EXCLUSIVE")

    def let_go() -> None:
        time.sleep(0.5)
        other.execute("COMMIT")

    thread = threading.Thread(target=let_go)
    thread.start()
    started = time.monotonic()
    database.write(lambda connection: add(connection, 1))
    assert time.monotonic() - started > 0.3 and numbers(database) == [1]
    thread.join()


def test_write_is_refused_when_its_turn_never_comes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_module, "BUSY_SECONDS", 0.2)
    database = Database(sqlite_url(tmp_path / "d.sqlite"))
    other = sqlite3.connect(tmp_path / "d.sqlite", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(InputRefused, match=r"refused \(database is locked\).*Nothing was stored"):
        database.write(lambda connection: connection.exec_driver_sql("CREATE TABLE t (n INTEGER)"))


def test_work_is_done_again_when_another_took_its_number_first(database: Database) -> None:
    database.write(lambda connection: add(connection, 1))
    tries = []

    def work(connection: Connection) -> None:
        tries.append(1)
        add(connection, len(tries))

    database.write(work)
    assert len(tries) == 2 and numbers(database) == [1, 2]


def test_address_is_written_down_without_its_password() -> None:
    url = public_url("postgresql://anna:s3cret@host:5433/studies?sslmode=require")
    assert url == "postgresql://anna@host:5433/studies?sslmode=require"


@pytest.mark.parametrize(
    ("url", "said"),
    [("mysql://anna:s3cret@host/d", "'mysql'"), ("postgres s3cret", "cannot be read")],
)
def test_address_that_cannot_be_used_is_refused_without_its_password(url: str, said: str) -> None:
    with pytest.raises(InputRefused) as refused:
        Database(url)
    assert said in str(refused.value) and "s3cret" not in str(refused.value)


def test_server_that_is_not_there_is_named_in_one_message(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pytest.importorskip("psycopg")
    monkeypatch.setattr(database_module, "BUSY_SECONDS", 0.1)
    database = Database(f"postgresql://anna@/d?host={tmp_path}")
    with pytest.raises(InputRefused, match="The study database refused"):
        database.read(lambda connection: connection.exec_driver_sql("SELECT 1"))
