"""The temporary folder of one session: gone when the server ends, and swept up by the next one when it was killed."""

from __future__ import annotations

import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock

PREFIX = "synthetic-cect-room-"


@contextmanager
def session_folder(parent: str | Path | None = None) -> Iterator[Path]:
    """A folder that only this user can read, removed when the block ends.

    Args:
        parent: Where to make it; default: the system's place for temporary files.
    """
    place = Path(parent or tempfile.gettempdir())
    remove_left_behind(place)
    folder = place / f"{PREFIX}{secrets.token_hex(8)}"
    # The system lets go of a lock with the process, however that ends. It comes first: a folder without one is left behind.
    try:
        with FileLock(_lock_of(folder)):
            folder.mkdir(mode=0o700)
            try:
                yield folder
            finally:
                shutil.rmtree(folder, ignore_errors=True)
    finally:
        _lock_of(folder).unlink(missing_ok=True)


def remove_left_behind(place: Path) -> list[Path]:
    """Removes folders of sessions whose process is gone; returns them."""
    gone = []
    for folder in place.glob(f"{PREFIX}*"):
        if not folder.is_dir() or folder.is_symlink():
            continue
        try:
            with FileLock(_lock_of(folder), timeout=0):
                shutil.rmtree(folder, ignore_errors=True)
            _lock_of(folder).unlink(missing_ok=True)
        except OSError:
            continue  # its session runs, or it belongs to somebody else
        gone.append(folder)
    return gone


def _lock_of(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.lock")
