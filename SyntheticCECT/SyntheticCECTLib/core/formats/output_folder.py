"""A result folder that appears all at once or not at all."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ..errors import InputRefused


@contextmanager
def output_folder(path: str | Path, outdated: Collection[str] = ()) -> Iterator[Path]:
    """Gives a temporary folder to write into, and puts its files in place when the block succeeds.

    When the block raises, the temporary folder is removed and ``path`` is as it was before. Files already in
    ``path`` stay, unless the result has one of the same name: those are replaced, all of them or none.

    Args:
        path: The folder that shall hold the result; parents are made.
        outdated: Names of files in ``path`` that go when the new ones come, unless these replace them.

    Yields:
        The folder to write into.

    Raises:
        InputRefused: ``output_not_a_folder`` or ``output_not_writable``.
    """
    target = Path(path).resolve()
    if target.exists() and not target.is_dir():
        raise InputRefused("output_not_a_folder", f"'{path}' is a file.", "Name a folder for the result.")
    made = _missing_parents(target)
    # Beside a new folder, but inside an existing one: renaming must stay on one disk; it may be a mount.
    work = (target if target.is_dir() else target.parent) / f".{target.name}.{uuid.uuid4().hex[:8]}.partial"
    try:
        try:
            work.mkdir(parents=True)
        except OSError as error:
            raise InputRefused(
                "output_not_writable",
                f"The folder '{path}' cannot be written ({error.strerror}).",
                "Choose another folder, or free some space.",
            ) from None
        yield work
        if target.is_dir():
            _merge(work, target, outdated)
        else:
            work.rename(target)
    except BaseException:
        shutil.rmtree(work, ignore_errors=True)
        for parent in made:
            _remove_if_empty(parent)
        raise
    shutil.rmtree(work, ignore_errors=True)


def _merge(work: Path, target: Path, outdated: Collection[str]) -> None:
    """Moves the new files in; on any failure every old file is back in its place."""
    files = sorted(file.relative_to(work) for file in work.rglob("*") if not file.is_dir())
    gone = sorted({Path(name) for name in outdated} - set(files))
    old = work.with_suffix(".replaced")
    moved: list[Path] = []
    made: list[Path] = []
    try:
        for file in [*gone, *files]:
            made = [*_missing_parents(target / file), *made]
            (target / file).parent.mkdir(parents=True, exist_ok=True)
            moved.append(file)
            if (target / file).exists():
                (old / file).parent.mkdir(parents=True, exist_ok=True)
                (target / file).rename(old / file)
            if file not in gone:
                (work / file).rename(target / file)
    except BaseException:
        for file in reversed(moved):
            if file not in gone and not (work / file).exists():
                (target / file).unlink(missing_ok=True)
            if (old / file).exists():
                (old / file).rename(target / file)
        for folder in made:
            _remove_if_empty(folder)
        raise
    finally:
        shutil.rmtree(old, ignore_errors=True)


def _missing_parents(path: Path) -> list[Path]:
    """Parents that do not exist yet, deepest first."""
    return [parent for parent in path.parents if not parent.exists()]


def _remove_if_empty(folder: Path) -> None:
    with suppress(OSError):
        folder.rmdir()
