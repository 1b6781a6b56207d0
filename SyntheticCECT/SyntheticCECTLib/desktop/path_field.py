"""Fields in which a person types or chooses a path."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import qt

TYPED_MS = 500
"""So long after the last keystroke a path counts as typed."""


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


class TypedPath:
    """Waits until a person has finished typing a path.

    Args:
        field: As for `follow_path`.
        changed: Called without arguments when the typing has paused.
    """

    def __init__(self, field: Any, changed: Callable[[], None]) -> None:
        self._changed = changed
        self._pause = qt.QTimer()
        self._pause.setSingleShot(True)
        self._pause.setInterval(TYPED_MS)
        self._pause.connect("timeout()", changed)
        follow_path(field, lambda _: self._pause.start())

    def settle(self) -> None:
        """Tells now what it was waiting to tell."""
        if self._pause.active:
            self._pause.stop()
            self._changed()

    def close(self) -> None:
        """Tells nothing any more."""
        self._pause.stop()
