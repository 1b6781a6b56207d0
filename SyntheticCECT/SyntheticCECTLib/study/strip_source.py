"""Picks the slices of a study that its report shows, with what every reader drew on them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import SimpleITK as sitk

from ..core.common_grid import axial_axis_xyz, axial_spacing, axial_view
from ..core.formats.itk_name import itk_name
from ..core.formats.label_file import read_labels
from ..core.orientation import to_axial
from .design.seeded_draw import SeededDraw
from .design.study_key import StudyKey
from .read_records import path_of, unblinded_reads
from .report.reader_strips import StripSlice
from .study_folder import StudyFolder

MOST_STRIPS = 10


def study_strips(
    study: StudyFolder, key: StudyKey, key_folder: Path | None = None, most: int = MOST_STRIPS
) -> list[StripSlice]:
    """One slice of each of some cases, under the first condition that asks for drawing.

    Cases are drawn by chance from the study's seed, so that nobody picks the handsome ones; of each, the middle one
    of the slices that were read (of all: of those that hold a chamber).

    Args:
        study: The study.
        key: Its key.
        key_folder: The coordinator's folder, where it is not in the study.
        most: How many cases.
    """
    chosen = SeededDraw(key.plan.seed, "strips").shuffled(sorted(key.cases))[:most]
    strips = [_Strip(study, key, case_id, key_folder) for case_id in chosen]
    by_case = {strip.case_id: strip for strip in strips}
    condition = next((entry for entry in key.plan.conditions if entry.value != "rate"), None)
    store = study.open_store()
    try:
        for _, entry, labels in unblinded_reads(study, store, key):
            strip = by_case.get(entry.case_id)
            if strip and labels is not None and entry.condition is condition and not entry.repeat:
                strip.add(entry.reader, labels)
    finally:
        store.close()
    return [strip.made() for strip in strips if strip.drawn]


class _Strip:
    """One slice in the making; its images are read when the first mask of its case comes."""

    def __init__(self, study: StudyFolder, key: StudyKey, case_id: str, key_folder: Path | None) -> None:
        self.case_id, self.drawn = case_id, dict[str, np.ndarray]()
        self._study, self._key, self._key_folder = study, key, key_folder
        self._k: int | None = None

    def add(self, reader: str, labels: sitk.Image) -> None:
        if self._k is None:
            self._k = self._middle(labels)
        self.drawn[reader] = _plane(labels, self._k)

    def made(self) -> StripSlice:
        files = self._key.cases[self.case_id]
        ct = sitk.ReadImage(itk_name(self._study.folder / files.image))
        k = self._k or 0
        spacing = axial_spacing(to_axial(ct))
        return StripSlice(
            self.case_id, k, _plane(ct, k), (spacing[1], spacing[2]), self.drawn,
            self._labels(files.truth, ct, k), self._labels(files.network, ct, k),
        )  # fmt: skip

    def _middle(self, labels: sitk.Image) -> int:
        slices = list(self._key.slices_of(self.case_id))
        if not slices:
            filled = np.asarray(axial_view(labels).any(axis=(1, 2)))
            slices = [int(k) for k in np.flatnonzero(filled)] or [len(filled) // 2]
        return slices[len(slices) // 2]

    def _labels(self, name: str | None, ct: sitk.Image, k: int) -> np.ndarray | None:
        if name is None:
            return None
        path = path_of(self._study, name, self._key_folder)
        return _plane(read_labels(path, ct, may_be_empty=True), k)


def _plane(image: sitk.Image, k: int) -> np.ndarray:
    """Slice ``k`` of `axial_view`, rows to the back and columns to the left of the patient."""
    direction = np.array(image.GetDirection()).reshape(3, 3)
    upright = axial_view(to_axial(image))
    upside_down = direction[2, axial_axis_xyz(image)] < 0
    return upright[len(upright) - 1 - k if upside_down else k].copy()
