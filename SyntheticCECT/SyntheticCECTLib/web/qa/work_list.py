"""A folder of results as a work list: what the results say of themselves, and what a person says of them.

Verdicts are kept in ``qa.json`` in the folder, so that work goes on where it stopped, and several people may work on one
folder; no result is ever changed.
"""

from __future__ import annotations

import csv
import io
import json
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import SimpleITK as sitk
from filelock import FileLock, Timeout

from ...core.case_folder import METRICS_JSON
from ...core.errors import InputRefused
from ...core.folder_chambers import keep_edited
from ...core.formats.spreadsheet import plain_text
from ..opening.target import result_folders
from .verdict import REASONS, Verdict

QA_JSON = "qa.json"
LOCK = f".{QA_JSON}.lock"
LOCK_WAITS_S = 10.0
FORMAT = 1
WARNED, IMPLAUSIBLE, UNSURE, OPEN = "warned", "implausible", "unsure", "open"
FILTERS = {
    "all": "All",
    OPEN: "Not yet looked at",
    WARNED: "Flagged by the input gate",
    IMPLAUSIBLE: "Implausible volume",
    UNSURE: "Wide interval",
    "fix": "To fix",
    "fail": "Failed",
}
WIDE_INTERVAL = 0.8
"""An interval that spans more than this share of its volume says little."""


@dataclass(frozen=True)
class Entry:
    """One result.

    Attributes:
        name: Its folder's.
        volumes_ml: LA and LV; ``None`` where there is no value.
        warnings: Of the input gate.
        reasons: Why there is no value, and the like.
        flags: Of `WARNED`, `IMPLAUSIBLE`, `UNSURE`.
    """

    name: str
    volumes_ml: dict[str, float | None]
    warnings: tuple[str, ...]
    reasons: tuple[str, ...]
    flags: tuple[str, ...]


class WorkList:
    """A folder of results.

    Args:
        folder: With a folder for each result.

    Raises:
        InputRefused: ``no_results``, ``bad_qa``.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.entries = [entry_of(one) for one in result_folders(folder)]
        if not self.entries:
            raise InputRefused(
                "no_results",
                f"'{folder}' holds no results.",
                "Give a folder with folders that synthesize wrote.",
            )
        self._names = {entry.name for entry in self.entries}
        self._lock = FileLock(folder / LOCK, timeout=LOCK_WAITS_S)
        self.refresh()

    def refresh(self) -> None:
        """Reads what others have said in the meantime.

        Raises:
            InputRefused: ``bad_qa``.
        """
        self.verdicts = _read_verdicts(self.folder / QA_JSON)

    def folder_of(self, name: str) -> Path:
        """Of a result; a name that is not in the list may be a path that leads out of it.

        Raises:
            InputRefused: ``no_such_result``.
        """
        if name not in self._names:
            raise InputRefused(
                "no_such_result", f"The work list has no result '{name}'.", "Choose one of the list."
            )
        return self.folder / name

    def verdict(self, name: str) -> Verdict:
        """Of a result; an empty one where nobody looked at it."""
        return self.verdicts.get(name, Verdict())

    def give(self, name: str, verdict: Verdict) -> None:
        """Keeps a verdict; it is on the disk when this returns, beside what others have said since. An edit stays.

        Raises:
            InputRefused: ``no_such_result``, ``bad_qa``, ``qa_locked``.
            OSError: It could not be written.
        """
        self.folder_of(name)
        with self._alone():
            self._keep(name, replace(verdict, edited=self.verdict(name).edited))

    def remark(self, name: str, **said: Any) -> None:
        """Keeps ``reasons`` or ``text`` beside the verdict that is there, which somebody else may have given since.

        Raises:
            InputRefused: As for `give`.
            OSError: It could not be written.
        """
        self.folder_of(name)
        with self._alone():
            if replace(self.verdict(name), **said) != self.verdict(name):
                self._keep(name, replace(self.verdict(name), **said))

    def filtered(self, wanted: str) -> list[Entry]:
        """Entries that a filter of `FILTERS` lets through."""
        return [entry for entry in self.entries if self._passes(entry, wanted)]

    def done(self) -> int:
        """How many have a verdict."""
        return sum(bool(self.verdict(entry.name).verdict) for entry in self.entries)

    def keep_edit(self, name: str, labels: sitk.Image) -> str:
        """Writes corrected chambers as a new version beside the original; returns the file's name.

        Raises:
            InputRefused: As for `give`.
            OSError: It could not be written.
        """
        folder = self.folder_of(name)
        with self._alone():
            file = keep_edited(folder, labels).name
            self._keep(name, replace(self.verdict(name), edited=file))
        return file

    def csv(self) -> str:
        """One line for each result."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(
            [
                "case",
                "verdict",
                "reasons",
                "text",
                "la_ml",
                "lv_ml",
                "flags",
                "warnings",
                "edited",
                "given_at",
            ]
        )
        for entry in self.entries:
            said = self.verdict(entry.name)
            writer.writerow(
                [
                    plain_text(entry.name), said.verdict, "; ".join(REASONS[key] for key in said.reasons if key in REASONS),
                    plain_text(said.text), entry.volumes_ml.get("la"), entry.volumes_ml.get("lv"), " ".join(entry.flags),
                    plain_text(" ".join(entry.warnings)), said.edited, said.given_at,
                ]
            )  # fmt: skip
        return text.getvalue()

    def _passes(self, entry: Entry, wanted: str) -> bool:
        said = self.verdict(entry.name).verdict
        if wanted == OPEN:
            return not said
        if wanted in ("fix", "fail"):
            return said == wanted
        return wanted not in FILTERS or wanted == "all" or wanted in entry.flags

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """While no other reading room writes into the folder, and with all that was said before."""
        try:
            with self._lock:
                self.refresh()
                yield
        except Timeout:
            raise InputRefused(
                "qa_locked",
                f"Another reading room has held '{LOCK}' for {LOCK_WAITS_S:g} s.",
                "Try again; if it stays, end the other one.",
            ) from None

    def _keep(self, name: str, verdict: Verdict) -> None:
        now = datetime.now(timezone.utc).isoformat(timespec="seconds")
        verdicts = self.verdicts | {name: replace(verdict, given_at=now)}
        content = {"format": FORMAT, "verdicts": {name: one.as_dict() for name, one in verdicts.items()}}
        partial = self.folder / f".{QA_JSON}.{uuid.uuid4().hex[:8]}.partial"
        try:
            partial.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
            os.replace(partial, self.folder / QA_JSON)
        finally:
            partial.unlink(missing_ok=True)
        self.verdicts = verdicts


def entry_of(folder: Path) -> Entry:
    """What a result says of itself; one that cannot be read is implausible, with the reason."""
    try:
        metrics: dict[str, Any] = json.loads((folder / METRICS_JSON).read_text(encoding="utf-8"))
        volumes = {key: metrics["volumes_ml"][key] for key in ("la", "lv")}
        intervals = metrics.get("volume_intervals_ml") or {}
        warnings = tuple(str(one["message"]) for one in metrics["warnings"])
        reasons = tuple(
            str(metrics["reasons"][key]) for key in metrics["reasons"] if key.startswith("volumes_ml")
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        return Entry(
            folder.name,
            {"la": None, "lv": None},
            (),
            (f"{METRICS_JSON} cannot be read ({error})",),
            (IMPLAUSIBLE,),
        )
    flags = []
    if warnings:
        flags.append(WARNED)
    if any(value is None for value in volumes.values()):
        flags.append(IMPLAUSIBLE)
    if any(_is_wide(volumes[key], intervals.get(key)) for key in volumes):
        flags.append(UNSURE)
    return Entry(folder.name, volumes, warnings, reasons, tuple(flags))


def _is_wide(ml: float | None, interval: list[float] | None) -> bool:
    return bool(ml and interval and interval[1] - interval[0] > WIDE_INTERVAL * ml)


def _read_verdicts(file: Path) -> dict[str, Verdict]:
    if not file.exists():
        return {}
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        if content["format"] != FORMAT:
            raise ValueError(f"format {content['format']}")
        return {str(name): Verdict.of(one) for name, one in content["verdicts"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputRefused(
            "bad_qa",
            f"'{file.name}' cannot be used ({error}).",
            "Restore it from a copy, or move it away to begin anew.",
        ) from None
