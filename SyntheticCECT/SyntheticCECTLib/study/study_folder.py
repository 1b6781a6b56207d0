"""A study as a folder: what readers may see, and beside it what only the coordinator may."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..core.errors import InputRefused
from .active_timer import IDLE_LIMIT_S

if TYPE_CHECKING:
    from .store.database import Database
    from .store.read_store import ReadStore

STUDY_JSON, DATABASE, IMAGES, COORDINATOR = "study.json", "study.sqlite", "images", "coordinator"
FORMAT = 1


@dataclass(frozen=True)
class DisplayWindow:
    """The HU that run from black to white: ``level`` in the middle, ``width`` from end to end."""

    width: float
    level: float


@dataclass(frozen=True)
class ReaderSettings:
    """What a reader's program needs to know, in ``study.json``.

    Attributes:
        id: Of the study.
        name: Of the study.
        instructions: For the readers.
        window: Of the CT: the same for everybody.
        second_window: Of the image that may be faded in over it.
        rating_scale: Ratings and confidence run from 1 to this.
        idle_limit_s: Longer gaps count as absence.
        washout_days: Between two sessions.
        database: Address without password; None for ``study.sqlite`` beside it.
    """

    id: str
    name: str
    instructions: str = ""
    window: DisplayWindow = DisplayWindow(350, 40)
    second_window: DisplayWindow = DisplayWindow(900, 250)
    rating_scale: int = 5
    idle_limit_s: float = IDLE_LIMIT_S
    washout_days: float = 0.0
    database: str | None = None


class StudyFolder:
    """An existing study.

    Args:
        folder: Its folder.
        database: Address of its database where it is not the one that the folder names, for example with a password.

    Raises:
        InputRefused: ``not_a_study``.
    """

    def __init__(self, folder: str | Path, database: str | None = None) -> None:
        self.folder = Path(folder)
        self.settings = _read_settings(self.folder)
        self._url = database or self.settings.database

    @property
    def images(self) -> Path:
        return self.folder / IMAGES

    @property
    def coordinator(self) -> Path:
        """What no reader may see."""
        return self.folder / COORDINATOR

    def open_database(self) -> Database:
        """The database as it is, whatever its version.

        Raises:
            InputRefused: It is missing, or it is no database; or SQLAlchemy is not installed, as in 3D Slicer.
        """
        try:
            from .store.database import Database, sqlite_url
        except ModuleNotFoundError as error:
            raise InputRefused(
                "no_study_packages",
                f"A study's database needs {error.name}, which is not installed.",
                "Install it: pip install 'sqlalchemy>=2.0'.",
            ) from error

        if self._url is not None:
            return Database(self._url)
        file = self.folder / DATABASE
        if not file.is_file() or _start_of(file) != b"SQLite format 3\0":
            what = "is damaged" if file.is_file() else "is missing"
            raise InputRefused("no_study_database", f"'{file}' {what}.", "Use a backup copy of the study.")
        return Database(sqlite_url(file.resolve()))

    def open_store(self) -> ReadStore:
        """The reads.

        Raises:
            InputRefused: The database is missing, damaged, unreachable or of another version.
        """
        database = self.open_database()
        from .store.read_store import ReadStore

        return ReadStore(database, self.settings.id)


def write_settings(folder: Path, settings: ReaderSettings) -> None:
    """Write ``study.json``."""
    write_json(folder / STUDY_JSON, {"format": FORMAT} | asdict(settings))


def write_json(path: Path, content: Any) -> None:
    """Write JSON at once or not at all."""
    temporary = path.with_name(f".{path.name}.partial")
    temporary.write_text(json.dumps(content, indent=2, allow_nan=False) + "\n", encoding="utf-8")
    os.replace(temporary, path)


def read_json(path: Path, what: str) -> dict[str, Any]:
    """Read a JSON object.

    Args:
        path: The file.
        what: Named in the message.

    Raises:
        InputRefused: ``not_a_study``.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise _not_a_study(path.parent, f"it has no {path.name} ({what})") from None
    except (OSError, ValueError) as error:
        raise _not_a_study(path.parent, f"its {path.name} cannot be read ({error})") from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise _not_a_study(path.parent, f"its {path.name} is not of format {FORMAT}")
    return content


def _read_settings(folder: Path) -> ReaderSettings:
    content = read_json(folder / STUDY_JSON, "its name and its settings")
    try:
        entries: dict[str, Any] = {key: value for key, value in content.items() if key != "format"}
        windows: dict[str, Any] = {key: DisplayWindow(**entries[key]) for key in ("window", "second_window")}
        return ReaderSettings(**(entries | windows))
    except (TypeError, KeyError) as error:
        raise _not_a_study(folder, f"its {STUDY_JSON} cannot be used ({error})") from error


def _not_a_study(folder: Path, why: str) -> InputRefused:
    return InputRefused(
        "not_a_study", f"'{folder}' is not a study: {why}.", "Give a folder that study create wrote."
    )


def _start_of(file: Path) -> bytes:
    with file.open("rb") as opened:
        return opened.read(16)
