"""Gives a reader a study folder of his own, and brings his reads back: nobody else's work is in it.

A reader who opens the database of the whole study finds the other readers' names and masks there. In his own folder
are his order, his images and his reads, and nothing that he could learn about the others.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ..core.errors import InputRefused
from ..core.formats.output_folder import output_folder
from ..core.stages import OnProgress
from .mask_grid import grid_of, require_grid
from .store.database import Database, sqlite_url
from .store.migration import upgrade
from .store.read_store import ReadStore
from .store.stored_mask import StoredMask, restore_mask
from .store.transfer import CarriedReader, bring_in, carried_readers, other_tasks
from .study_folder import DATABASE, IMAGES, StudyFolder, write_settings


@dataclass(frozen=True)
class Collected:
    """What came back from one folder.

    Attributes:
        folder: The folder.
        reader: Whose it is.
        new: Reads that were not there yet.
        of: Reads in the folder.
    """

    folder: Path
    reader: str
    new: int
    of: int


def hand_out(
    study: StudyFolder, reader: str, folder: str | Path, on_progress: OnProgress | None = None
) -> CarriedReader:
    """Make a reader's own folder, all of it or nothing; his token opens it as it opens the study.

    Args:
        study: The whole study.
        reader: His name.
        folder: A new folder.
        on_progress: Called with a fraction from 0 to 1 and what is being done; raise from it to cancel.

    Returns:
        What he was given: his tasks, and the reads that he has given already.

    Raises:
        InputRefused: ``unknown_reader``, ``study_exists``, or the study cannot be read.
    """
    report = on_progress or (lambda fraction, message: None)
    if Path(folder).exists() and any(Path(folder).iterdir()):
        raise InputRefused("study_exists", f"'{folder}' is not empty.", "Name a new folder for the reader.")
    found = _carried(study, reader)
    if not found:
        raise InputRefused(
            "unknown_reader",
            f"The study has no reader '{reader}'.",
            "See them with: synthetic-cect study status.",
        )
    given = found[0]
    names = {
        name
        for task in given.reader.tasks
        for name in (task.image, task.second_image, task.start_mask)
        if name is not None
    }
    with output_folder(folder) as work:
        (work / IMAGES).mkdir()
        for number, name in enumerate(sorted(names)):
            report(0.9 * number / len(names), "copying images")
            shutil.copy2(study.images / name, work / IMAGES / name)
        write_settings(work, replace(study.settings, database=None))
        report(0.9, "filling the database")
        database = Database(sqlite_url(work / DATABASE))
        try:
            upgrade(database)
            ReadStore(database, study.settings.id).add_study([given.reader])
            bring_in(database, study.settings.id, [given])
        finally:
            database.close()
    report(1.0, "handed out")
    return given


def collect(
    study: StudyFolder, folders: Sequence[str | Path], on_progress: OnProgress | None = None
) -> list[Collected]:
    """Bring the reads of handed-out folders back, all of them or none.

    May be done again at any time: what is there already is not stored again. Unfinished drawings stay where they are.

    Args:
        study: The whole study.
        folders: As `hand_out` made them, and readers have read in them.
        on_progress: Called with a fraction from 0 to 1 and what is being done; raise from it to cancel.

    Raises:
        InputRefused: A folder belongs to another study, a read is damaged or contradicts one that is there; the message
            names the folder.
    """
    report = on_progress or (lambda fraction, message: None)
    images, given = _images(study), list[tuple[Path, CarriedReader]]()
    for number, folder in enumerate(folders):
        report(0.9 * number / len(folders), f"checking {folder}")
        try:
            given += [(Path(folder), one) for one in _checked(study, images, StudyFolder(folder))]
        except InputRefused as refusal:
            raise InputRefused(refusal.code, f"{folder}: {refusal.message}", refusal.remedy) from refusal
    database = study.open_database()
    try:
        new = bring_in(database, study.settings.id, [one for _, one in given])
    finally:
        database.close()
    report(1.0, "collected")
    return [
        Collected(folder, one.reader.name, count, len(one.reads))
        for (folder, one), count in zip(given, new, strict=True)
    ]


def _carried(study: StudyFolder, reader: str | None = None) -> list[CarriedReader]:
    database = study.open_database()
    try:
        return carried_readers(database, study.settings.id, reader)
    finally:
        database.close()


def _images(study: StudyFolder) -> dict[str, Path]:
    """Label -> the image that was shown."""
    store = study.open_store()
    try:
        tasks = [task for reader in store.readers() for task in store.tasks(reader)]
        return {task.label: study.images / task.image for task in tasks}
    finally:
        store.close()


def _checked(study: StudyFolder, images: dict[str, Path], handed: StudyFolder) -> list[CarriedReader]:
    """What a folder holds, after a look at every mask: a damaged one must not enter the study."""
    if handed.settings.id != study.settings.id:
        raise InputRefused(
            "other_study", "The folder belongs to another study.", "Collect from folders of this study."
        )
    carried = _carried(handed)
    for one in carried:
        for label, read in one.reads:
            if label not in images:
                raise other_tasks(one.reader.name)
            if read["mask"] is not None:
                mask = restore_mask(StoredMask(read["mask"], read["mask_sha256"]))
                require_grid(mask, grid_of(images[label]))
    return carried
