"""Fields in which a person types or chooses a path."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def follow_path(field: Any, changed: Callable[[str], None]) -> None:
    """Calls a function whenever the path is another one, also when it was emptied.

    Args:
        field: ctkPathLineEdit. It tells of each path, but of an empty one only that it is no valid input any more.
        changed: Called with the path.
    """

    def validity(valid: bool) -> None:
        if not valid:
            changed("")

    field.connect("currentPathChanged(QString)", lambda path: changed(str(path)))
    field.connect("validInputChanged(bool)", validity)
