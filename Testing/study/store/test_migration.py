"""A study database comes to the present tables without losing anything, or is refused with a clear message."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from SyntheticCECTLib.core.errors import InputRefused
from SyntheticCECTLib.study.store.database import Database, sqlite_url
from SyntheticCECTLib.study.store.migration import SCRIPTS, require_version, upgrade
from SyntheticCECTLib.study.store.read_store import ReadStore, hash_token
from SyntheticCECTLib.study.store.rows import Answer, Draft, NewReader, NewTask
from SyntheticCECTLib.study.store.schema import METADATA, VERSION
from SyntheticCECTLib.study.store.stored_mask import StoredMask
from Testing.study.store.postgresql_cluster import postgresql_cluster

TASK = NewTask(1, 1, "K7Q-4MX", "a.nrrd", None, None, True, (3, 4))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "100% ä.sqlite"


@pytest.fixture
def database(file: Path) -> Database:
    return Database(sqlite_url(file))


def old_study(database: Database, file: Path) -> None:
    """A study of version 0001 with one reader, one task, one read and a correction that was begun."""
    upgrade(database, "0001")
    database.close()
    with sqlite3.connect(file) as old:
        old.execute("INSERT INTO study VALUES ('s', '2024')")
        old.execute("INSERT INTO reader VALUES (1, 's', 'Anna', ?)", [hash_token("t")])
        old.execute("INSERT INTO task VALUES (1, 1, 1, 1, 'K7Q-4MX', 'a.nrrd', NULL, NULL, 1, '[3, 4]')")
        old.execute("INSERT INTO read VALUES (1, 1, 1, 'g', x'00ff', 'sha', 4.5, NULL, 2, 'kept', '2024')")
        old.execute("INSERT INTO draft VALUES (1, x'ff00', 'other', 6.5, '2025')")


def test_newest_revision_is_the_one_this_software_asks_for_and_each_has_one_before() -> None:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    scripts = ScriptDirectory.from_config(config)
    assert scripts.get_heads() == [VERSION]
    assert [script.revision for script in scripts.walk_revisions()] == ["0003", "0002", "0001"]


def test_revisions_lead_to_the_tables_that_the_code_knows(database: Database) -> None:
    upgrade(database)

    def differences(connection: Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection), METADATA))

    assert database.read(differences) == []


def test_old_study_is_refused_until_it_is_upgraded_and_then_everything_is_there(
    database: Database, file: Path
) -> None:
    old_study(database, file)
    with pytest.raises(InputRefused, match=r"has version 0001; this software needs 0003.*study upgrade"):
        ReadStore(database, "s")
    assert upgrade(database) == ("0001", "0003")
    store = ReadStore(database, "s")
    reader = store.reader_of("t")
    (task,) = store.tasks(reader)
    assert (task.label, task.slices, task.versions) == ("K7Q-4MX", (3, 4), 1)
    (read,) = store.reads()
    assert read.answer == Answer(StoredMask(b"\x00\xff", "sha"), 4.5, None, 2, "kept")
    assert store.draft(task) == Draft(StoredMask(b"\xff\x00", "other"), 6.5, None)
    assert upgrade(database) == ("0003", "0003")


def test_failed_upgrade_leaves_the_database_as_it_was(database: Database, file: Path) -> None:
    old_study(database, file)
    with sqlite3.connect(file) as old:
        old.execute("CREATE TRIGGER read_not_deleted BEFORE DELETE ON draft BEGIN SELECT 1; END")
    with pytest.raises(InputRefused, match="already exists"):
        upgrade(database)
    with sqlite3.connect(file) as old:
        triggers = {name for (name,) in old.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")}
        assert triggers == {"read_not_deleted"}, "the first of the two guards was taken back"
        assert old.execute("SELECT version_num FROM alembic_version").fetchall() == [("0001",)]


def test_study_of_newer_software_is_refused(database: Database, file: Path) -> None:
    upgrade(database)
    database.close()
    with sqlite3.connect(file) as newer:
        newer.execute("UPDATE alembic_version SET version_num = '0017'")
    for door in (require_version, upgrade):
        with pytest.raises(InputRefused, match=r"version 0017.*Update SyntheticCECT"):
            door(database)


def test_empty_database_holds_no_study(database: Database) -> None:
    with pytest.raises(InputRefused, match="holds no study"):
        require_version(database)


@pytest.mark.parametrize("change", ["UPDATE read SET seconds = 1", "DELETE FROM read"])
def test_sqlite_itself_refuses_to_change_a_read(database: Database, file: Path, change: str) -> None:
    old_study(database, file)
    upgrade(database)
    database.close()
    with sqlite3.connect(file) as connection, pytest.raises(sqlite3.IntegrityError, match="never changed"):
        connection.execute(change)


def test_postgresql_has_the_same_tables_and_refuses_to_change_a_read() -> None:
    with postgresql_cluster() as address:
        database = Database(address)
        assert upgrade(database) == (None, VERSION)
        assert database.read(lambda c: compare_metadata(MigrationContext.configure(c), METADATA)) == []
        store = ReadStore(database, "s")
        store.add_study([NewReader("Anna", hash_token("t"), [TASK])])
        (task,) = store.tasks(store.reader_of("t"))
        store.give(task, Answer(StoredMask(b"\x00\xff", "sha"), 4.5))
        for change in ("UPDATE read SET seconds = 1", "DELETE FROM read"):
            with pytest.raises(InputRefused, match="never changed"):
                database.write(lambda connection, change=change: connection.exec_driver_sql(change))
        assert next(store.reads()).answer.mask == StoredMask(b"\x00\xff", "sha")
        database.close()
