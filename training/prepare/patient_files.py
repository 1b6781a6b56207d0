"""Which files belong to which patient: from a CSV, or from a folder with one folder for each patient."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from SyntheticCECTLib.core.errors import InputRefused

COLUMNS = ("case_id", "native", "cect", "labels", "labels_on", "heart_mask", "patient_id", "split")
SPLITS = ("train", "validation", "test")
_ROLES = {
    "native": ("native", "ct", "nonecontrast", "non_contrast", "noncontrast", "ncct", "plain"),
    "cect": ("cect", "cta", "contrast", "ccta", "arterial"),
    "labels": (
        "labels",
        "label",
        "chambers",
        "segmentation",
        "seg",
        "rtstruct",
        "manual",
        "reference",
        "mask",
    ),
    "heart_mask": ("heart_mask", "heart", "heartmask"),
}
# Voxels and notes that lie beside the header of the same name.
_BESIDE = (".raw", ".raw.gz", ".zraw", ".json", ".txt")
_SCANS = (".nrrd", ".nhdr", ".nii", ".nii.gz", ".mha", ".mhd", ".dcm", ".zip")


@dataclass(frozen=True)
class PatientFiles:
    """One pair.

    Args:
        case_id: Name of the pair, unique.
        native: CT without contrast agent: a volume file, or a folder or zip of DICOM; empty makes a virtual one
            from the CECT and its labels.
        cect: The CECT, likewise.
        labels: LA and LV: a label image, ``.seg.nrrd``, DICOM SEG or RTSTRUCT.
        labels_on: What they were drawn on: ``cect`` as in the paper, or ``native``.
        heart_mask: On the native CT (on the CECT where that is made from it); empty finds the heart.
        patient_id: Pairs of one patient never end in two splits; empty means the case itself.
        split: ``train``, ``validation`` or ``test`` to fix it; empty draws it.
        unused: Names of what else lies in the patient's folder, and is not used.
    """

    case_id: str
    native: str
    cect: str
    labels: str
    labels_on: str = "cect"
    heart_mask: str = ""
    patient_id: str = ""
    split: str = ""
    unused: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, str]:
        """What is prepared and how, by the names in `COLUMNS`."""
        return {name: getattr(self, name) for name in COLUMNS}


def read_patients(source: Path) -> list[PatientFiles]:
    """Patients of a CSV or a folder tree.

    Args:
        source: A CSV (UTF-8; commas or semicolons) with the columns ``case_id, native, cect, labels`` and, where wanted,
            ``labels_on, heart_mask, patient_id, split``, paths relative to it; or a folder that holds one folder for each
            patient, in which files or folders are called after what they are, such as ``native.nrrd``, ``cect/``,
            ``labels.seg.nrrd``. The native CT may be left out where there are labels on the CECT.

    Raises:
        InputRefused: ``bad_patient_list``, naming every problem at once.
    """
    if source.is_dir():
        patients, problems = _from_tree(source)
    elif source.is_file():
        patients, problems = _from_csv(source)
    else:
        raise InputRefused("not_found", f"There is no file or folder '{source}'.", "Give a CSV or a folder.")
    problems += _problems(patients)
    if not patients and not problems:
        problems = ["it names no patients"]
    if problems:
        raise InputRefused("bad_patient_list", f"'{source}': {'; '.join(problems)}.", "Correct the list.")
    return patients


def _from_csv(path: Path) -> tuple[list[PatientFiles], list[str]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        return [], [f"it is not in UTF-8 ({error}): save it as 'CSV UTF-8'"]
    # Where a comma is the decimal sign, spreadsheets separate by semicolons.
    heading = text.partition("\n")[0]
    separator = ";" if ";" in heading and "," not in heading else ","
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        given = set(reader.fieldnames or ())
        problems = [f"the column '{name}' is missing" for name in COLUMNS[:4] if name not in given]
        problems += [f"the column '{name}' is not known" for name in sorted(given - set(COLUMNS))]
        rows = [] if problems else list(reader)
    except csv.Error as error:
        return [], [f"after line {reader.line_num} it is no CSV ({error})"]
    patients = []
    for row in rows:
        values: dict[str, Any] = {key: (value or "").strip() for key, value in row.items() if key in COLUMNS}
        for key in ("native", "cect", "labels", "heart_mask"):
            if values.get(key):
                values[key] = str((path.parent / values[key]).resolve())
        values["labels_on"] = values.get("labels_on") or "cect"
        patients.append(PatientFiles(**values))
    return patients, problems


def _from_tree(folder: Path) -> tuple[list[PatientFiles], list[str]]:
    patients, problems = [], []
    for home in sorted(
        entry for entry in folder.iterdir() if entry.is_dir() and not entry.name.startswith(".")
    ):
        found: dict[str, str] = {}
        unused = _unused(home)
        for role in _ROLES:
            named = [entry for entry in sorted(home.iterdir()) if _role(entry) == role]
            if len(named) > 1:
                problems.append(f"'{home.name}' has {len(named)} files for {role}: {_names(named)}")
            elif named:
                found[role] = str(named[0].resolve())
            elif role == "cect" or (role == "labels" and "native" in found):
                problems.append(
                    f"'{home.name}' has no file for {role} (called {' or '.join(_ROLES[role][:3])})"
                )
        if not {"native", "labels"} & set(found):
            problems.append(_alone(home.name))
        elif "native" not in found and (unknown := [entry for entry in unused if _is_scan(entry)]):
            problems.append(
                f"'{home.name}' has no file for native (called {' or '.join(_ROLES['native'][:3])}), but {_names(unknown)}, "
                "whose name says nothing: rename it, or take it out where the native CT shall be made from the CECT"
            )
        if {"cect", "labels"} <= set(found):
            names = tuple(entry.name for entry in unused)
            patients.append(PatientFiles(home.name, **{"native": "", **found}, unused=names))
    return patients, problems


def _unused(home: Path) -> list[Path]:
    """What has no part by its name; notes and voxels beside a header go with that."""
    return [
        entry
        for entry in sorted(home.iterdir())
        if _role(entry) is None
        and not entry.name.startswith(".")
        and not entry.name.lower().endswith(_BESIDE)
    ]


def _is_scan(entry: Path) -> bool:
    """Whether it may be the native CT under another name, for which no virtual one must stand in unnoticed."""
    return entry.is_dir() or entry.name.lower().endswith(_SCANS)


def _role(entry: Path) -> str | None:
    if entry.name.lower().endswith(_BESIDE):
        return None
    name = entry.name.split(".")[0].lower().replace("-", "_").replace(" ", "_")
    return next((role for role, words in _ROLES.items() if name in words), None)


def _problems(patients: list[PatientFiles]) -> list[str]:
    # Not every disk tells capitals apart, and cases become files.
    problems = [
        f"the case '{name}' occurs twice" for name in _twice(one.case_id.casefold() for one in patients)
    ]
    for one in patients:
        if not one.case_id or any(sign in one.case_id for sign in "/\\:") or one.case_id.startswith("."):
            problems.append(f"'{one.case_id}' cannot be a case's name")
        if one.labels_on not in ("cect", "native"):
            problems.append(f"'{one.case_id}' has labels_on '{one.labels_on}', which must be cect or native")
        if one.split not in ("", *SPLITS):
            problems.append(
                f"'{one.case_id}' has split '{one.split}', which must be {', '.join(SPLITS)} or empty"
            )
        if not one.native and (not one.labels or one.labels_on == "native"):
            problems.append(_alone(one.case_id))
        needed = ("cect", "labels") if one.native else ("cect",)
        problems += [
            f"'{one.case_id}' has no file for {role}: '{path}'"
            for role in _ROLES
            for path in [getattr(one, role)]
            if (path or role in needed) and not (path and Path(path).exists())
        ]
    return problems + _torn_apart(patients)


def _alone(case_id: str) -> str:
    return (
        f"'{case_id}' has neither a native CT nor labels on the CECT (give LA and LV drawn on the CECT: a virtual native "
        "CT is made with them)"
    )


def _torn_apart(patients: list[PatientFiles]) -> list[str]:
    """Patients whose cases the list puts into several splits."""
    splits: dict[str, set[str]] = {}
    for one in patients:
        splits.setdefault(one.patient_id or one.case_id, set()).update({one.split} - {""})
    return [
        f"the patient '{patient}' is put into {' and '.join(sorted(given))}, and may be in one split only"
        for patient, given in splits.items()
        if len(given) > 1
    ]


def _twice(names: Iterable[str]) -> list[str]:
    seen: set[str] = set()
    return sorted({name for name in names if name in seen or seen.add(name)})


def _names(entries: list[Path]) -> str:
    return ", ".join(entry.name for entry in entries)
