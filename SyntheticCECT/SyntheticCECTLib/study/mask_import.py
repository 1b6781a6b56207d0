"""Takes in masks that readers drew in other programs, by the names of their files."""

from __future__ import annotations

import re
import string
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import SimpleITK as sitk

from ..core.errors import InputRefused
from ..core.formats.itk_name import itk_name
from ..core.formats.label_file import read_labels
from .design.blinding import KeyEntry
from .design.study_key import StudyKey, read_key
from .records import Condition
from .store.read_store import ReadStore
from .store.rows import Answer, Receipt, Task
from .store.stored_mask import store_mask
from .study_folder import StudyFolder

FIELDS = ("reader", "case", "label", "condition", "session", "repeat")
ENDINGS = (".seg.nrrd", ".nrrd", ".nii.gz", ".nii", ".mha", ".mhd", ".dcm")
DEFAULT_PATTERN = "{reader}_{case}_{condition}"


@dataclass(frozen=True)
class Imported:
    """What became of one file.

    Attributes:
        file: Its name.
        entry: The presentation that it answers.
        receipt: Of the new read; None where the very same mask was there already.
    """

    file: str
    entry: KeyEntry
    receipt: Receipt | None


def import_masks(
    study: StudyFolder,
    folder: Path,
    pattern: str = DEFAULT_PATTERN,
    key_folder: Path | None = None,
    on_progress: Callable[[float, str], None] | None = None,
) -> list[Imported]:
    """Store every mask file of a folder as a read.

    All names are understood and all files are read before the first is stored: a folder with a mistake in it leaves
    the study as it was. A mask that was imported before is not stored again; another one for the same presentation
    becomes its next version.

    Args:
        study: The study.
        folder: Holds ``.seg.nrrd``, NRRD, NIfTI, MetaImage or DICOM SEG files.
        pattern: Names of the files without ending, with fields of `FIELDS` in braces; ``*`` stands for anything.
        key_folder: The coordinator's folder, where it is not in the study.
        on_progress: Called with a fraction from 0 to 1 and what is being done; raise from it to cancel.

    Raises:
        InputRefused: A name, a mask or the pattern cannot be used; the message names the file.
    """
    report = on_progress or (lambda fraction, message: None)
    key = read_key(key_folder or study.coordinator, study.settings.id)
    expression = _expression(pattern)
    files = sorted(file for file in folder.glob("*") if file.is_file() and _stem(file.name) is not None)
    if not files:
        raise InputRefused(
            "no_masks", f"'{folder}' holds no mask files.", f"Give files that end in {', '.join(ENDINGS)}."
        )
    entries = [_entry_of(file.name, expression, pattern, key) for file in files]
    _refuse_twice(files, entries)
    store = study.open_store()
    try:
        masks = []
        for number, (file, entry) in enumerate(zip(files, entries, strict=True)):
            report(0.9 * number / len(files), f"reading {file.name}")
            masks.append(store_mask(_mask(file, study.images / entry.image)))
        tasks = _tasks(store)
        done = []
        for file, entry, mask in zip(files, entries, masks, strict=True):
            task = tasks[entry.label]
            before, receipt = store.newest(task), None
            if before is None or before.mask is None or before.mask.sha256 != mask.sha256:
                # Readers get this database: a file's name, which holds the case and the condition, would unblind it.
                receipt = store.give(task, Answer(mask, comment="imported"))
            done.append(Imported(file.name, entry, receipt))
        return done
    finally:
        store.close()


def _expression(pattern: str) -> re.Pattern[str]:
    """The pattern as a regular expression.

    Raises:
        InputRefused: ``bad_pattern``.
    """
    try:
        parts = list(string.Formatter().parse(pattern))
    except ValueError as error:
        raise _bad_pattern(pattern, str(error)) from error
    fields = [field for _, field, _, _ in parts if field is not None]
    unknown = [field for field in fields if field not in FIELDS]
    if unknown or len(set(fields)) < len(fields):
        raise _bad_pattern(pattern, f"its fields are {', '.join(f'{{{field}}}' for field in fields)}")
    if "label" not in fields and not {"reader", "case"} <= set(fields):
        raise _bad_pattern(pattern, "it names neither {label} nor {reader} and {case}")
    text = ""
    for literal, field, _, _ in parts:
        text += ".*".join(re.escape(piece) for piece in literal.split("*"))
        text += f"(?P<{field}>.+?)" if field is not None else ""
    return re.compile(text)


def _entry_of(name: str, expression: re.Pattern[str], pattern: str, key: StudyKey) -> KeyEntry:
    """The one presentation that a file answers."""
    # A reader's or a case's name may hold the sign that parts the fields: every way of reading the name is tried
    # against what the study has, by asking each presentation whether the name could be its own.
    stem = _stem(name)
    drawn = [entry for entry in key.entries if entry.condition is not Condition.RATE]
    fits = [entry for entry in drawn if _names(entry, expression, str(stem))]
    fields = expression.groupindex
    if len(fits) > 1 and "repeat" not in fields and "session" not in fields and "label" not in fields:
        fits = [entry for entry in fits if entry.repeat == 0]
    if len(fits) == 1:
        return fits[0]
    if not fits:
        raise InputRefused(
            "unknown_mask",
            f"'{name}' does not name a reader and a case of this study by the pattern '{pattern}'.",
            "Rename the file, or give another --pattern.",
        )
    raise InputRefused(
        "ambiguous_mask",
        f"'{name}' may belong to {len(fits)} presentations.",
        "Name the condition, the repeat or the label in the file names and in --pattern.",
    )


def _names(entry: KeyEntry, expression: re.Pattern[str], stem: str) -> bool:
    own = {
        "reader": entry.reader, "case": entry.case_id, "label": entry.label, "condition": entry.condition.value,
        "session": str(entry.session), "repeat": str(entry.repeat),
    }  # fmt: skip
    text = expression.pattern
    for field, value in own.items():
        text = text.replace(f"(?P<{field}>.+?)", re.escape(value))
    return re.fullmatch(text, stem, re.IGNORECASE) is not None


def _refuse_twice(files: list[Path], entries: list[KeyEntry]) -> None:
    seen: dict[str, Path] = {}
    for file, entry in zip(files, entries, strict=True):
        if entry.label in seen:
            raise InputRefused(
                "mask_twice",
                f"'{seen[entry.label].name}' and '{file.name}' answer the same presentation.",
                "Keep one of them.",
            )
        seen[entry.label] = file


def _mask(file: Path, image: Path) -> sitk.Image:
    """The mask on the grid of the study's image; a refusal names the file."""
    reference = sitk.ReadImage(itk_name(image))
    try:
        return read_labels(file, reference)
    except InputRefused as refusal:
        raise InputRefused(refusal.code, f"{file.name}: {refusal.message}", refusal.remedy) from refusal


def _tasks(store: ReadStore) -> dict[str, Task]:
    return {task.label: task for reader in store.readers() for task in store.tasks(reader)}


def _stem(name: str) -> str | None:
    """The name without its ending; None for files of another kind."""
    for ending in ENDINGS:
        if name.lower().endswith(ending):
            return name[: -len(ending)]
    return None


def _bad_pattern(pattern: str, why: str) -> InputRefused:
    return InputRefused(
        "bad_pattern", f"The pattern '{pattern}' cannot be used: {why}.",
        f"Use {', '.join(f'{{{field}}}' for field in FIELDS)}, for example '{DEFAULT_PATTERN}'.",
    )  # fmt: skip
