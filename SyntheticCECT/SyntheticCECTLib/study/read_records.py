"""Unblinds: brings reads, key and truth together as the records that the analysis takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import SimpleITK as sitk

from ..core.formats.label_file import on_grid_of, read_labels
from .design.blinding import KeyEntry
from .design.study_key import StudyKey, read_key
from .records import CaseTruth, NetworkFigures, ReadRecord
from .slice_figures import slice_figures
from .store.read_store import ReadStore
from .store.rows import Read
from .store.stored_mask import restore_mask
from .study_folder import StudyFolder


@dataclass(frozen=True)
class UnblindedStudy:
    """Everything the analysis needs.

    Attributes:
        key: Plan, cases, provenance.
        records: The newest version of each read.
        truths: Of the cases that have a reference.
        fingerprint: SHA-256 over all reads.
    """

    key: StudyKey
    records: list[ReadRecord]
    truths: list[CaseTruth]
    fingerprint: str


def unblind(
    study: StudyFolder,
    key_folder: Path | None = None,
    on_progress: Callable[[float, str], None] | None = None,
    on_read: Callable[[Read, KeyEntry, sitk.Image | None], None] | None = None,
) -> UnblindedStudy:
    """Read a whole study.

    Args:
        study: The study.
        key_folder: The coordinator's folder, where it is not in the study.
        on_progress: Called with a fraction from 0 to 1 and what is being done; raise from it to cancel.
        on_read: Given each read that is measured, as `unblinded_reads` yields it.

    Raises:
        InputRefused: The key, the database or an image is missing or damaged.
    """
    report = on_progress or (lambda fraction, message: None)
    key = read_key(key_folder or study.coordinator, study.settings.id)
    store = study.open_store()
    try:
        truths = [truth for case_id in key.cases if (truth := case_truth(study, key, case_id, key_folder))]
        # Before the reads: what is given while they are measured is in neither.
        records, fingerprint = [], store.fingerprint()
        for number, (read, entry, labels) in enumerate(unblinded_reads(study, store, key)):
            report(min(1.0, number / max(len(key.entries), 1)), f"measuring read {number + 1}")
            truth = truth_labels(study, key, entry.case_id, labels, key_folder)
            records.append(_record(key.study_id, read, entry, labels, truth))
            if on_read:
                on_read(read, entry, labels)
        return UnblindedStudy(key, records, truths, fingerprint)
    finally:
        store.close()


def unblinded_reads(
    study: StudyFolder, store: ReadStore, key: StudyKey
) -> Iterator[tuple[Read, KeyEntry, sitk.Image | None]]:
    """Each read with what its label stands for, and its mask; one by one."""
    entries = key.by_label()
    for read in store.reads():
        mask = read.answer.mask
        yield read, entries[read.receipt.label], restore_mask(mask) if mask is not None else None


def case_truth(
    study: StudyFolder, key: StudyKey, case_id: str, key_folder: Path | None = None
) -> CaseTruth | None:
    """Reference and network of a case within its slices; None without reference."""
    files, slices = key.cases[case_id], key.slices_of(case_id)
    if files.truth is None:
        return None
    truth = read_labels(path_of(study, files.truth, key_folder))
    own, network = slice_figures(truth, None, slices), None
    if files.network is not None:
        labels = read_labels(path_of(study, files.network, key_folder), truth, may_be_empty=True)
        found = slice_figures(labels, truth, slices)
        network = NetworkFigures(found.dice, found.dv_percent, found.la_ml, found.lv_ml)
    return CaseTruth(case_id, own.la_ml, own.lv_ml, network)


def truth_labels(
    study: StudyFolder,
    key: StudyKey,
    case_id: str,
    labels: sitk.Image | None,
    key_folder: Path | None = None,
) -> sitk.Image | None:
    """The reference of a case on a mask's grid, or None."""
    name = key.cases[case_id].truth
    if name is None or labels is None:
        return None
    return on_grid_of(read_labels(path_of(study, name, key_folder)), labels)


def path_of(study: StudyFolder, name: str, key_folder: Path | None) -> Path:
    """Where a file of the coordinator's lies."""
    return study.folder / name if key_folder is None else key_folder / Path(name).name


def _record(
    study_id: str, read: Read, entry: KeyEntry, labels: sitk.Image | None, truth: sitk.Image | None
) -> ReadRecord:
    found = slice_figures(labels, truth, entry.slices) if labels is not None else None
    answer, receipt = read.answer, read.receipt
    return ReadRecord(
        read_id=receipt.read_id, study_id=study_id, reader=entry.reader, case_id=entry.case_id,
        condition=entry.condition.value, session=entry.session, repeat=entry.repeat, slices=entry.slices,
        la_ml=found and found.la_ml, lv_ml=found and found.lv_ml, dice=found and found.dice,
        dice_la=found and found.dice_la, dice_lv=found and found.dice_lv, dv_percent=found and found.dv_percent,
        seconds=answer.seconds, rating=answer.rating, confidence=answer.confidence, comment=answer.comment,
        version=receipt.version,
    )  # fmt: skip
