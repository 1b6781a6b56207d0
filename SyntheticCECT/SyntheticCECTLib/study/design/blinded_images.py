"""The images of a study under names that say nothing, and beside them, for the coordinator, the truth."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from ...core.common_grid import axial_view
from ...core.errors import InputRefused
from ...core.formats.itk_name import itk_name
from ...core.formats.label_file import write_chambers
from ...core.formats.volume import SYNTHETIC_KEY, SYNTHETIC_NOTE
from ..records import Condition
from ..study_folder import COORDINATOR, IMAGES
from .blinding import BlindNames
from .case_source import CaseImages, StudyCase
from .plan import StudyPlan
from .reading_order import PlannedRead
from .study_key import CaseFiles

# Files written one after the other would tell the order of the cases by their dates.
_DATE = 1_000_000_000


class ImageDesk:
    """Writes the images of each case once, and gives the file a new name each time a reader meets it again.

    Args:
        work: The study's folder.
        plan: Its conditions say which images are needed.

    Attributes:
        names: Source of all random names.
        candidates: Case -> the slices that may be read.
        files: Case -> where its images lie.
        models: Which networks the segmentations come from.
    """

    def __init__(self, work: Path, plan: StudyPlan) -> None:
        self._work, self._plan, self.names = work, plan, BlindNames()
        self.candidates: dict[str, list[int]] = {}
        self.files: dict[str, CaseFiles] = {}
        self.models: set[str] = set()
        self._names_of: dict[tuple[str, str], list[str]] = {}
        (work / IMAGES).mkdir()
        (work / COORDINATOR).mkdir(mode=0o700)

    def take(self, case: StudyCase) -> None:
        """Write one case."""
        images = case.load()
        _require(case.case_id, images, self._plan)
        self.candidates[case.case_id] = _candidates(images)
        self._write(case.case_id, "image", images.native_ct)
        if images.synthetic_cect is not None and Condition.OVERLAY in self._plan.conditions:
            self._write(case.case_id, "second", images.synthetic_cect)
        if images.network is not None and {Condition.RATE, Condition.CORRECT} & set(self._plan.conditions):
            self._write(case.case_id, "mask", sitk.Cast(images.network, sitk.sitkUInt8))
        if images.model is not None:
            self.models.add(images.model)
        number = len(self.files) + 1
        truth = images.truth
        if truth is not None and not sitk.GetArrayViewFromImage(truth).any():
            truth = None  # nothing to hold a drawing against; an empty network is one that failed, and stays
        kept = {
            kind: self._keep(f"case-{number:03}-{kind}.seg.nrrd", labels)
            for kind, labels in (("truth", truth), ("network", images.network))
        }
        self.files[case.case_id] = CaseFiles(self._first(case.case_id), **kept)

    def image_of(self, case_id: str, sighting: int) -> str:
        return self._name(case_id, "image", sighting)

    def second_of(self, planned: PlannedRead) -> str:
        return self._name(planned.case_id, "second", planned.sighting)

    def mask_of(self, planned: PlannedRead) -> str:
        return self._name(planned.case_id, "mask", planned.sighting)

    def finish(self, used: set[str]) -> None:
        """Remove the cases that no slice was drawn from."""
        for (case_id, _), names in self._names_of.items():
            if case_id not in used:
                for name in names:
                    (self._work / IMAGES / name).unlink()
                for kept in (self.files[case_id].truth, self.files[case_id].network):
                    if kept is not None:
                        (self._work / kept).unlink(missing_ok=True)

    def _first(self, case_id: str) -> str:
        return f"{IMAGES}/{self._name(case_id, 'image', 0)}"

    def _write(self, case_id: str, kind: str, image: sitk.Image) -> None:
        name = self._new_name(kind)
        path = self._work / IMAGES / name
        sitk.WriteImage(_bare(image, kind), itk_name(path), useCompression=True)
        os.utime(path, (_DATE, _DATE))
        self._names_of[case_id, kind] = [name]

    def _new_name(self, kind: str) -> str:
        # A synthetic image says so even in its file's name: it must never pass for an acquired one.
        return ("synthetic_" if kind == "second" else "") + self.names.file(".nrrd")

    def _name(self, case_id: str, kind: str, sighting: int) -> str:
        names = self._names_of[case_id, kind]
        while len(names) <= sighting:
            name = self._new_name(kind)
            _again(self._work / IMAGES / names[0], self._work / IMAGES / name)
            names.append(name)
        return names[sighting]

    def _keep(self, name: str, labels: sitk.Image | None) -> str | None:
        if labels is None:
            return None
        write_chambers(self._work / COORDINATOR / name, labels)
        return f"{COORDINATOR}/{name}"


def _again(file: Path, name: Path) -> None:
    """The same file under another name: without taking room again where the disk can do that."""
    try:
        os.link(file, name)
    except OSError:
        shutil.copy2(file, name)


def _bare(image: sitk.Image, kind: str) -> sitk.Image:
    """Voxels and grid only: a header may name the patient or the program that drew the mask."""
    array = sitk.GetArrayFromImage(image)
    if kind != "mask" and array.dtype != np.int16 and not (np.rint(array) != array).any():
        array = array.astype(np.int16)
    bare = sitk.GetImageFromArray(array)
    bare.CopyInformation(image)
    if kind == "second":
        bare.SetMetaData(SYNTHETIC_KEY, SYNTHETIC_NOTE)
    return bare


def _candidates(images: CaseImages) -> list[int]:
    """Slices that may be drawn by chance: with both chambers in the reference, as the paper's; all without one."""
    if images.truth is None:
        return list(range(axial_view(images.native_ct).shape[0]))
    labels = axial_view(images.truth)
    both = (labels == 1).any(axis=(1, 2)) & (labels == 2).any(axis=(1, 2))
    return [int(k) for k in np.flatnonzero(both)]


def _require(case_id: str, images: CaseImages, plan: StudyPlan) -> None:
    for condition, image, name in (
        (Condition.OVERLAY, images.synthetic_cect, "synthetic CECT"),
        (Condition.RATE, images.network, "segmentation to rate"),
        (Condition.CORRECT, images.network, "segmentation to correct"),
    ):
        if condition in plan.conditions and image is None:
            raise InputRefused(
                "case_incomplete",
                f"Case '{case_id}' has no {name}, which the condition '{condition.value}' needs.",
                "Give result folders of synthesize, or leave that condition out.",
            )
