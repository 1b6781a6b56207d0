"""DICOM series of Slicer's database as folders that the command line can read."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path


def series_folders(series: Mapping[str, Sequence[str]], root: Path) -> dict[str, Path]:
    """A folder with the files of each series, as links where the system allows them.

    Args:
        series: Files by series UID.
        root: Where the folders are made.

    Returns:
        Folders by a short name that holds no identifier of a patient.

    Raises:
        OSError: A file is gone, or a folder cannot be written.
    """
    folders = {}
    for uid, files in series.items():
        name = f"series_{hashlib.sha256(uid.encode()).hexdigest()[:8]}"
        folder = root / f"SyntheticCECT-{name}"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for number, file in enumerate(files):
            _put(Path(file), folder / f"{number:05d}.dcm")
        folders[name] = folder
    return folders


def _put(file: Path, place: Path) -> None:
    file = file.resolve(strict=True)  # of a file that is gone a symbolic link would be made without a word
    for link in (os.link, os.symlink):
        with suppress(OSError):  # another disk, or a system that allows no links
            link(file, place)
            return
    shutil.copyfile(file, place)
