"""A study to try: virtual patients, read by simulated readers through the same door as people.

Everything that comes of it is simulated and says so. The readers' true errors are known, so the analysis can be
held against them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK as sitk

from ..core.common_grid import axial_axis_xyz, axial_spacing, axial_view
from ..core.formats.itk_name import itk_name
from ..core.stages import OnProgress
from .design.case_source import CaseImages, StudyCase
from .design.creation import create_study
from .design.plan import StudyPlan
from .design.study_key import StudyKey
from .records import CaseTruth, Condition
from .session import ReadingSession
from .simulated_readers import KnownErrors, SimulatedReader
from .study_folder import StudyFolder

KNOWN_ERRORS = "known_errors"
INSTRUCTIONS = "Draw the left atrium and the left ventricle with its papillary muscles on every marked slice."


def demo_plan(
    readers: Iterable[str], repeats: int, seed: int, conditions: tuple[Condition, ...] = (Condition.UNAIDED,)
) -> StudyPlan:
    """Chambers drawn unaided on every slice, as many cases twice as wanted."""
    return StudyPlan(
        name="Demo study (simulated)",
        readers=tuple(readers),
        conditions=conditions,
        sessions=len(conditions),
        repeats=repeats,
        seed=seed,
        instructions=INSTRUCTIONS,
    )


def make_demo_study(
    folder: Path,
    patients: Iterable[tuple[str, Callable[[], CaseImages]]],
    readers: list[SimulatedReader],
    repeats: int,
    seed: int,
    on_progress: OnProgress | None = None,
    conditions: tuple[Condition, ...] = (Condition.UNAIDED,),
) -> StudyKey:
    """Create the study and have it read.

    Args:
        folder: A new folder.
        patients: Identity and images of each virtual patient, drawn when they are asked for.
        readers: Who reads.
        repeats: How many cases each reads twice.
        seed: Of the design.
        on_progress: Called with a fraction from 0 to 1 and what is being done; raise from it to cancel.
        conditions: What is asked of the readers.

    Returns:
        The key.
    """
    report = on_progress or (lambda fraction, message: None)
    cases = [StudyCase(case_id, load) for case_id, load in patients]
    plan = demo_plan([reader.name for reader in readers], repeats, seed, conditions)
    key = create_study(
        folder, plan, cases, on_progress=lambda done, what: report(0.6 * done, what),
        provenance={"simulated": True, KNOWN_ERRORS: asdict(readers[0].errors)},
    )  # fmt: skip
    for number, reader in enumerate(readers):
        start = 0.6 + 0.4 * number / len(readers)
        read_as(StudyFolder(folder), key, reader, _part(report, start, 0.4 / len(readers)))
    report(1.0, "read")
    return key


def read_as(study: StudyFolder, key: StudyKey, reader: SimulatedReader, on_progress: OnProgress) -> None:
    """Read everything that is open to a reader; only his hand knows the truth, the session does not."""
    entries = key.by_label()
    session = ReadingSession(study, key.tokens[reader.name])
    try:
        while (task := session.current) is not None:
            progress = session.progress
            on_progress(progress.done / progress.of, f"{reader.name} reads {progress}")
            entry = entries[task.label]
            seconds = reader.seconds(entry.case_id, entry.repeat, entry.condition.value)
            truth_name = key.cases[entry.case_id].truth
            truth = sitk.ReadImage(itk_name(study.folder / str(truth_name)), sitk.sitkUInt8)
            if task.draws or task.proposal is None:
                drawn = _draw(reader, truth, task.slices, entry.case_id, entry.repeat, entry.condition.value)
                session.submit(drawn, seconds=seconds)
            else:
                proposal = sitk.ReadImage(itk_name(task.proposal), sitk.sitkUInt8)
                rating = reader.rating(_dice(proposal, truth), entry.case_id, entry.repeat)
                session.submit(rating=rating, seconds=seconds)
            session.next_unread()
    finally:
        session.close()


def _draw(
    reader: SimulatedReader,
    truth: sitk.Image,
    slices: tuple[int, ...],
    case_id: str,
    repeat: int,
    condition: str,
) -> sitk.Image:
    view = axial_view(truth)
    chosen = list(slices) or list(range(len(view)))
    labels = np.zeros(view.shape, np.uint8)
    labels[chosen] = reader.chambers(view[chosen], axial_spacing(truth), case_id, repeat, condition)
    image = sitk.GetImageFromArray(np.moveaxis(labels, 0, 2 - axial_axis_xyz(truth)))
    image.CopyInformation(truth)
    return image


def _dice(proposal: sitk.Image, truth: sitk.Image) -> float:
    one, other = (sitk.GetArrayViewFromImage(image) > 0 for image in (proposal, truth))
    return 2 * float((one & other).sum()) / max(float(one.sum() + other.sum()), 1.0)


def _part(report: OnProgress, start: float, share: float) -> OnProgress:
    return lambda fraction, message: report(start + share * fraction, message)


def known_truth(provenance: Mapping[str, Any], truths: Iterable[CaseTruth]) -> dict[str, float] | None:
    """What the analysis of a demo study ought to find; None for any other study.

    Args:
        provenance: Of the study.
        truths: Of its cases.
    """
    if KNOWN_ERRORS not in provenance:
        return None
    volumes = [truth.la_ml + truth.lv_ml for truth in truths]
    spread = float(np.std(volumes, ddof=1)) if len(volumes) > 1 else None
    return KnownErrors(**provenance[KNOWN_ERRORS]).known_truth(
        spread, float(np.mean(volumes)) if volumes else None
    )
