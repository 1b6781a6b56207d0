"""Names of files as ITK can open them."""

from __future__ import annotations

import os
from pathlib import Path


def itk_name(path: Path) -> str:
    """A file's name for ``sitk.ReadImage``, ``WriteImage`` and their like.

    On Windows ITK opens names in the code page of the process, which in Python is not UTF-8: a folder such as
    ``C:\\Users\\Jürgen`` is not found. Its short name (8.3), which every system drive keeps, has no such letters.

    Args:
        path: Of a file that exists, or whose folder does and whose own name is in ASCII.
    """
    text = str(path)
    if os.name != "nt" or text.isascii():
        return text
    if path.exists():
        return _short_name(path.resolve())
    return str(Path(_short_name(path.parent.resolve())) / path.name)


def _short_name(path: Path) -> str:
    """Windows' short name of a file or folder; its long one, where the drive keeps none."""
    import ctypes

    kernel, room = ctypes.WinDLL("kernel32"), 32768  # pyright: ignore[reportAttributeAccessIssue]
    name = ctypes.create_unicode_buffer(room)
    written = kernel.GetShortPathNameW(str(path), name, room)
    return name.value if 0 < written < room else str(path)
