"""What the store hands to the analysis: one record per read and the truth of each case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum


class Condition(str, Enum):
    """What a reader is asked to do with a case."""

    UNAIDED = "unaided"
    OVERLAY = "overlay"
    RATE = "rate"
    CORRECT = "correct"


@dataclass(frozen=True)
class ReadRecord:
    """The newest version of one read, with its figures against the truth where one exists.

    Attributes:
        read_id: the read's number in the database.
        study_id: the study it belongs to.
        reader: who read.
        case_id: the true case identity (never shown to a reader).
        condition: one of :class:`Condition`'s values.
        session: number of the reading session, from 1.
        repeat: 0 for the first presentation, 1, 2 ... for the hidden repeats.
        slices: indices of the slices read.
        la_ml: volume drawn as left atrium within the slices, ml; None when nothing was drawn (a rating).
        lv_ml: volume drawn as left ventricle within the slices, ml.
        dice: Dice of LA and LV together against the truth, 0..1.
        dice_la: Dice of the left atrium alone.
        dice_lv: Dice of the left ventricle alone.
        dv_percent: the paper's dV%, unsigned volume error of LA+LV in percent of the truth
            (`core.metrics.overlap.volume_error_percent`).
        seconds: reading time without idle time.
        rating: ordinal score of a proposed segmentation.
        confidence: the reader's own confidence, ordinal.
        comment: free text.
        version: 1 for the first answer, higher after a correction.
    """

    read_id: int
    study_id: str
    reader: str
    case_id: str
    condition: str
    session: int
    repeat: int
    slices: tuple[int, ...]
    la_ml: float | None
    lv_ml: float | None
    dice: float | None
    dice_la: float | None
    dice_lv: float | None
    dv_percent: float | None
    seconds: float | None
    rating: int | None
    confidence: int | None
    comment: str
    version: int


@dataclass(frozen=True)
class NetworkFigures:
    """The network's prediction of a case, measured like a read (within the same slices)."""

    dice: float | None
    dv_percent: float | None
    la_ml: float | None
    lv_ml: float | None


@dataclass(frozen=True)
class CaseTruth:
    """The reference of one case within the read slices, and the network's figures there.

    Attributes:
        case_id: the case.
        la_ml: true left-atrial volume within the read slices, ml.
        lv_ml: true left-ventricular volume within the read slices, ml.
        network: the network's figures in the same slices; None when no network was run.
    """

    case_id: str
    la_ml: float
    lv_ml: float
    network: NetworkFigures | None = None


@dataclass(frozen=True)
class ConsensusFigures:
    """One case under one condition, with the consensus of its readers as the reference.

    Attributes:
        case_id: the case.
        condition: one of :class:`Condition`'s values.
        figures: reader, ``network`` or ``truth`` -> measure -> value; readers also have sensitivity and specificity.
        reason: why there is no consensus; empty where there is one.
    """

    case_id: str
    condition: str
    figures: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    reason: str = ""
