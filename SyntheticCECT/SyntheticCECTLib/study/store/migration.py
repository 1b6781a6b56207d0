"""Brings a study database to the tables of this software, and refuses one that does not fit."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from ...core.errors import InputRefused
from .database import Database
from .schema import METADATA, VERSION, VERSION_TABLE

SCRIPTS = Path(__file__).with_name("migrations")


def require_version(database: Database) -> None:
    """Check that the database has exactly the tables of this software.

    Raises:
        InputRefused: ``no_study_database``, ``old_study_database`` or ``new_study_database``.
    """
    found = database.read(_version)
    if found is None:
        raise InputRefused(
            "no_study_database", "The database holds no study.", "Create one: synthetic-cect study create."
        )
    if found == VERSION:
        return
    if found in _known():
        raise InputRefused(
            "old_study_database",
            f"The study database has version {found}; this software needs {VERSION}.",
            "Copy the study, then bring it up to date: synthetic-cect study upgrade STUDY.",
        )
    raise InputRefused(
        "new_study_database",
        f"The study database has version {found}; this software knows none after {VERSION}.",
        "Update SyntheticCECT.",
    )


def upgrade(database: Database, to: str = VERSION) -> tuple[str | None, str]:
    """Carry out every revision that is missing, all of them or none.

    Args:
        database: An empty database or one of an older version.
        to: The revision to stop at.

    Returns:
        The version before (None for an empty database) and after.

    Raises:
        InputRefused: ``new_study_database`` for one that this software does not know.
    """
    from alembic import command
    from alembic.config import Config

    def work(connection: Connection) -> str | None:
        before = _version(connection)
        if before is not None and before not in _known():
            raise InputRefused(
                "new_study_database", f"The study database has version {before}, which is unknown here.",
                "Update SyntheticCECT.",
            )  # fmt: skip
        config = Config()
        # Alembic expands percent signs, as an .ini file would.
        config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
        config.attributes["connection"], config.attributes["metadata"] = connection, METADATA
        command.upgrade(config, to)
        return before

    return database.write(work), to


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    return connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()


def _known() -> set[str]:
    """Every revision up to this software's own: they are numbered."""
    return {f"{number:04}" for number in range(1, int(VERSION) + 1)}
