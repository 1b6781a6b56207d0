"""All reads of a study as files for other programs."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from dataclasses import asdict, fields
from pathlib import Path

import SimpleITK as sitk

from ..core.formats.label_file import write_chambers
from ..core.formats.spreadsheet import plain_text
from .design.blinding import KeyEntry
from .read_records import UnblindedStudy, unblind
from .records import ReadRecord
from .store.rows import Read
from .study_folder import StudyFolder, write_json

READS_CSV, READS_JSON, MASKS = "reads.csv", "reads.json", "masks"


def export_reads(
    study: StudyFolder,
    folder: Path,
    key_folder: Path | None = None,
    on_progress: Callable[[float, str], None] | None = None,
) -> UnblindedStudy:
    """Write every read's newest version, unblinded: its figures as CSV and JSON, its mask as ``.seg.nrrd``.

    Args:
        study: The study.
        folder: An existing folder.
        key_folder: The coordinator's folder, where it is not in the study.
        on_progress: Called with a fraction from 0 to 1 and what is being done; raise from it to cancel.
    """
    masks = folder / MASKS
    masks.mkdir()

    def write_mask(read: Read, entry: KeyEntry, labels: sitk.Image | None) -> None:
        if labels is not None:
            path = masks / mask_name(entry, read.receipt.version)
            write_chambers(path, labels, {"SyntheticCECT_study": study.settings.id})

    found = unblind(study, key_folder, on_progress, write_mask)
    (folder / READS_CSV).write_text(records_csv(found.records), encoding="utf-8")
    entries = [asdict(record) for record in found.records]
    write_json(
        folder / READS_JSON,
        {
            "study_id": found.key.study_id,
            "fingerprint": found.fingerprint,
            "provenance": found.key.provenance,
            "reads": entries,
        },
    )
    return found


def records_csv(records: list[ReadRecord]) -> str:
    """One line for each read, columns as the fields of `ReadRecord`."""
    text = io.StringIO()
    writer: csv.DictWriter[str] = csv.DictWriter(
        text, [field.name for field in fields(ReadRecord)], lineterminator="\n"
    )
    writer.writeheader()
    for record in records:
        slices, comment = " ".join(str(k) for k in record.slices), " ".join(record.comment.split())
        writer.writerow(asdict(record) | {"slices": slices, "comment": plain_text(comment)})
    return text.getvalue()


def mask_name(entry: KeyEntry, version: int) -> str:
    """Such as ``anna_case-7_unaided_r0_v1_K7Q-4MX.seg.nrrd``; the label keeps it unique."""
    words = (entry.reader, entry.case_id, entry.condition.value)
    named = "_".join(re.sub(r"[^\w.-]+", "-", word) for word in words)
    return f"{named}_r{entry.repeat}_v{version}_{entry.label}.seg.nrrd"
