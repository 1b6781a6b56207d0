"""Looks at a zip before it is unpacked: path tricks, links and bombs are refused."""

from __future__ import annotations

import stat
import zipfile
from pathlib import Path, PurePosixPath, PureWindowsPath

from ...core.errors import InputRefused

MOST_FILES = 20_000
MOST_BYTES = 4 << 30
# A CT of constant air may pack a thousandfold, but not a whole archive: those of real scans stay below 20.
MOST_RATIO, RATIO_COUNTS_FROM_BYTES = 200, 64 << 20
_REMEDY = "Zip the folder of the DICOM series, or the scan's file, again and nothing else."


def refuse_bad_zip(path: Path) -> None:
    """Refuses a zip that no scan would be.

    What its directory says about sizes can be relied on: reading a member stops at the size given there.

    Raises:
        InputRefused: ``bad_zip``, ``zip_path``, ``zip_link``, ``zip_bomb``.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise InputRefused("bad_zip", f"The zip cannot be read ({error}).", _REMEDY) from None
    for member in members:
        _refuse_path(member.filename)
        if stat.S_ISLNK(member.external_attr >> 16):
            raise InputRefused("zip_link", "The zip holds a link to another place.", _REMEDY)
    size, packed = sum(one.file_size for one in members), sum(one.compress_size for one in members)
    if len(members) > MOST_FILES:
        raise InputRefused(
            "zip_bomb", f"The zip holds {len(members)} files, more than {MOST_FILES}.", _REMEDY
        )
    if size > MOST_BYTES:
        raise InputRefused(
            "zip_bomb",
            f"The zip would unpack to {size / 2**30:.1f} GB, more than {MOST_BYTES >> 30}.",
            _REMEDY,
        )
    if size > RATIO_COUNTS_FROM_BYTES and size > MOST_RATIO * packed:
        raise InputRefused("zip_bomb", f"The zip would grow {size // max(packed, 1)}-fold.", _REMEDY)


def _refuse_path(name: str) -> None:
    """Names are never used as paths here; one that leaves its folder tells of an archive made to do harm."""
    posix, windows = PurePosixPath(name), PureWindowsPath(name)
    if posix.is_absolute() or windows.drive or windows.root or ".." in posix.parts or ".." in windows.parts:
        raise InputRefused("zip_path", "A name inside the zip points out of the zip.", _REMEDY)
