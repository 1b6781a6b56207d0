"""Unpacks a zip with a scan into a temporary folder: no path tricks, bounded size, always removed."""

from __future__ import annotations

import lzma
import re
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from ..errors import InputRefused

MAX_FILES = 20_000
MAX_BYTES = 8 << 30
_NOT_FILES = "__MACOSX"
"""The folder in which macOS tells a zip about its files once more, each under its own name."""


@contextmanager
def unpacked(path: Path) -> Iterator[Path]:
    """A temporary folder with the zip's files, gone when the block ends.

    Names inside the zip are never used as paths: its folders become numbered folders, in the same order,
    and only the last part of a file's name is kept, without special characters.

    Args:
        path: The zip file.

    Raises:
        InputRefused: ``bad_zip`` when it is damaged or encrypted, ``too_large`` beyond the bounds.
    """
    with tempfile.TemporaryDirectory(prefix="synthetic-cect-") as temporary:
        folder = Path(temporary)
        try:
            with zipfile.ZipFile(path) as archive:
                _extract(archive, folder)
        except (
            zipfile.BadZipFile,
            zlib.error,
            lzma.LZMAError,
            RuntimeError,
            NotImplementedError,
            EOFError,
            ValueError,
        ) as error:
            if isinstance(error, InputRefused):
                raise
            raise _damaged(error) from None
        except OSError as error:
            if error.errno is None:  # so the bzip2 decoder speaks of damage
                raise _damaged(error) from None
            raise InputRefused(
                "unreadable",
                f"The zip cannot be unpacked ({error.strerror}).",
                "Check the disk's free space.",
            ) from None
        yield folder


def _damaged(error: Exception) -> InputRefused:
    return InputRefused(
        "bad_zip",
        f"The zip is damaged or encrypted ({error}).",
        "Zip the scan again, without a password.",
    )


def _extract(archive: zipfile.ZipFile, folder: Path) -> None:
    members = [
        member
        for member in archive.infolist()
        if not member.is_dir() and _NOT_FILES not in PurePosixPath(member.filename).parts
    ]
    if len(members) > MAX_FILES:
        raise InputRefused(
            "too_large", f"The zip holds {len(members)} files.", f"At most {MAX_FILES} are read."
        )
    parents = sorted({str(PurePosixPath(member.filename).parent) for member in members})
    total = 0
    for index, member in enumerate(members):
        name = PurePosixPath(member.filename)
        target = folder / f"{parents.index(str(name.parent)):05d}"
        target.mkdir(exist_ok=True)
        file = target / (re.sub(r"[^\w.\-]", "_", name.name)[-100:].lstrip(".") or "file")
        if file.exists():
            file = target / f"{index}_{file.name}"
        with archive.open(member) as source, file.open("wb") as sink:
            while block := source.read(1 << 20):
                # Counted as it comes out: the sizes in the zip's own directory can lie.
                total += len(block)
                if total > MAX_BYTES:
                    raise InputRefused(
                        "too_large", f"The zip holds more than {MAX_BYTES >> 30} GB.", "Zip one series only."
                    )
                sink.write(block)
