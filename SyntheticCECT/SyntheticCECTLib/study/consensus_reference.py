"""Holds readers, network and truth against the consensus of the readers' first reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from ..core.common_grid import axial_spacing, axial_view
from ..core.formats.label_file import read_labels
from ..core.metrics.no_value import NoValue
from .design.study_key import StudyKey
from .read_records import path_of
from .records import ConsensusFigures
from .slice_figures import slice_figures
from .statistics.accuracy_rows import NETWORK
from .statistics.consensus import staple
from .statistics.consensus_rows import TRUTH
from .store.stored_mask import StoredMask, restore_mask
from .study_folder import StudyFolder

Presentation = tuple[str, str]
"""Condition and case."""


def consensus_figures(
    study: StudyFolder,
    key: StudyKey,
    key_folder: Path | None = None,
    on_progress: Callable[[float, str], None] | None = None,
) -> list[ConsensusFigures]:
    """Estimate the consensus of each case under each condition that asks for drawing.

    Only the slices that were read count: elsewhere nobody was asked.

    Args:
        study: The study.
        key: Its key.
        key_folder: The coordinator's folder, where it is not in the study.
        on_progress: Called with a fraction from 0 to 1 and what is being done; raise from it to cancel.
    """
    report = on_progress or (lambda fraction, message: None)
    drawn, found = _first_masks(study, key), []
    for number, ((condition, case_id), masks) in enumerate(sorted(drawn.items())):
        report(number / len(drawn), f"consensus of case {number + 1}")
        readers = {reader: restore_mask(mask) for reader, mask in sorted(masks.items())}
        others = _others(study, key, case_id, next(iter(readers.values())), key_folder)
        found.append(_figures(case_id, condition, readers, others, key.slices_of(case_id)))
    return found


def _first_masks(study: StudyFolder, key: StudyKey) -> dict[Presentation, dict[str, StoredMask]]:
    """What each reader drew at first sight, still packed: all of a study need not fit into memory otherwise."""
    entries, found = key.by_label(), dict[Presentation, dict[str, StoredMask]]()
    store = study.open_store()
    try:
        for read in store.reads():
            entry, mask = entries[read.receipt.label], read.answer.mask
            if mask is not None and not entry.repeat:
                found.setdefault((entry.condition.value, entry.case_id), {})[entry.reader] = mask
    finally:
        store.close()
    return found


def _others(
    study: StudyFolder, key: StudyKey, case_id: str, grid: sitk.Image, key_folder: Path | None
) -> dict[str, sitk.Image]:
    """Network and truth, where the case has them."""
    files = key.cases[case_id]
    return {
        name: read_labels(path_of(study, file, key_folder), grid, may_be_empty=True)
        for name, file in ((NETWORK, files.network), (TRUTH, files.truth))
        if file is not None
    }


def _figures(
    case_id: str,
    condition: str,
    readers: Mapping[str, sitk.Image],
    others: Mapping[str, sitk.Image],
    slices: tuple[int, ...],
) -> ConsensusFigures:
    readers, others = (
        {name: _those(labels, slices) for name, labels in given.items()} for given in (readers, others)
    )
    try:
        consensus = staple(readers)
    except NoValue as why:
        return ConsensusFigures(case_id, condition, reason=str(why))
    of_everyone: dict[str, dict[str, float]] = {}
    for name, labels in {**readers, **others}.items():
        measured = vars(slice_figures(labels, consensus.chambers, ()))
        of_everyone[name] = {
            measure: measured[measure]
            for measure in ("dice", "dice_la", "dice_lv", "dv_percent")
            if measured[measure] is not None
        }
    for reader, by_chamber in consensus.performance.items():
        for chamber, rates in by_chamber.items():
            of_everyone[reader][f"sensitivity_{chamber}"] = rates.sensitivity
            of_everyone[reader][f"specificity_{chamber}"] = rates.specificity
    return ConsensusFigures(case_id, condition, of_everyone)


def _those(labels: sitk.Image, slices: tuple[int, ...]) -> sitk.Image:
    """The axial slices that were read, as an image of their own."""
    view = axial_view(labels)
    image = sitk.GetImageFromArray(np.ascontiguousarray(view[list(slices)] if slices else view))
    image.SetSpacing(axial_spacing(labels)[::-1])
    return image
