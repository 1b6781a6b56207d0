"""The temporary folder of one session: gone when the server ends, and swept up by the next one when it was killed."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PREFIX = "synthetic-cect-room-"


@contextmanager
def session_folder(parent: str | Path | None = None) -> Iterator[Path]:
    """A folder that only this user can read, removed when the block ends.

    Args:
        parent: Where to make it; default: the system's place for temporary files.
    """
    place = Path(parent or tempfile.gettempdir())
    remove_left_behind(place)
    folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir=place))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def remove_left_behind(place: Path) -> list[Path]:
    """Removes folders of sessions whose process is gone; returns them."""
    gone = []
    for folder in place.glob(f"{PREFIX}*"):
        number = folder.name.removeprefix(PREFIX).split("-")[0]
        if (
            number.isdecimal()
            and folder.is_dir()
            and not folder.is_symlink()
            and not _is_running(int(number))
        ):
            shutil.rmtree(folder, ignore_errors=True)
            gone.append(folder)
    return gone


def _is_running(process: int) -> bool:
    if os.name == "nt":  # signal 0 would end a process there
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass  # it runs, and belongs to somebody else
    return True
