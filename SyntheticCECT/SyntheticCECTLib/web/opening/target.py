"""What a path holds: a scan, the result of one, a folder of results, or a study."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from ...core.case_folder import METRICS_JSON
from ...core.errors import InputRefused

STUDY_JSON = "study.json"


class Kind(str, Enum):
    """Where the reading room goes with it."""

    NOTHING = "nothing"
    SCAN = "scan"
    RESULT = "result"
    RESULTS = "results"
    STUDY = "study"


@dataclass(frozen=True)
class Target:
    """What the reading room was opened on.

    Attributes:
        kind: What it is.
        path: Where it lies; ``None`` for nothing.
    """

    kind: Kind
    path: Path | None = None


def target_of(path: str | Path | None) -> Target:
    """What is there, from its name and its folder alone; whether it can be read is seen when it is.

    Raises:
        InputRefused: ``not_found``.
    """
    if path is None:
        return Target(Kind.NOTHING)
    path = Path(path)
    if not path.exists():
        raise InputRefused("not_found", f"There is no file or folder '{path}'.", "Check the path.")
    if not path.is_dir():
        return Target(Kind.SCAN, path)
    if (path / STUDY_JSON).is_file():
        return Target(Kind.STUDY, path)
    if (path / METRICS_JSON).is_file():
        return Target(Kind.RESULT, path)
    if result_folders(path):
        return Target(Kind.RESULTS, path)
    return Target(Kind.SCAN, path)


def result_folders(folder: Path) -> list[Path]:
    """The folders right inside that synthesize wrote, by name."""
    return sorted(
        file.parent for file in folder.glob(f"*/{METRICS_JSON}") if not file.parent.name.startswith(".")
    )
