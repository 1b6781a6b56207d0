"""What one DICOM slice says about itself: what choosing and placing a series needs, no identity."""

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue

_IDENTITY = (
    "PatientName", "PatientID", "OtherPatientIDs", "PatientBirthDate", "AccessionNumber", "StudyID",
    "InstitutionName", "ReferringPhysicianName", "PerformingPhysicianName", "OperatorsName",
)  # fmt: skip
_PHASE = ("AcquisitionNumber", "TemporalPositionIdentifier", "NominalPercentageOfCardiacPhase", "TriggerTime")
_TAGS = [
    "SOPClassUID", "SyntheticData", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID", "SeriesNumber",
    "SeriesDescription", "ProtocolName", "Modality", "ImageType", "BodyPartExamined", "ContrastBolusAgent", "KVP",
    "ConvolutionKernel", "SliceThickness", "Manufacturer",
    "ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "Rows", "Columns",
    "SamplesPerPixel", "RescaleSlope", "RescaleIntercept", "RescaleType", "PixelPaddingValue",
    "PixelPaddingRangeLimit", "PixelRepresentation", "NumberOfFrames", "SharedFunctionalGroupsSequence",
    "PerFrameFunctionalGroupsSequence", *_PHASE, *_IDENTITY,
]  # fmt: skip


_NO_AGENT = re.compile(
    r"^(no|none|nil|n/?a|no contrast|non.?contrast|without( contrast)?|unenhanced)$", re.IGNORECASE
)
"""How scanners write that no agent was given, instead of leaving it out."""


@dataclass(frozen=True)
class DicomSlice:
    """One slice: a file, or one frame of a multi-frame file. None where the header says nothing."""

    path: Path
    frame: int
    instance_uid: str
    study_uid: str
    series_uid: str
    series_number: str
    description: str
    modality: str
    image_type: tuple[str, ...]
    body_part: str
    contrast_agent: str
    kilovolt: float | None
    kernel: str
    thickness_mm: float | None
    manufacturer: str
    phase: tuple[str, ...]
    position_mm: tuple[float, ...] | None
    orientation: tuple[float, ...] | None
    pixel_mm: tuple[float, ...] | None
    shape: tuple[int, int]
    samples: int
    slope: float | None
    intercept: float | None
    rescale_type: str
    padding: tuple[float, float] | None
    synthetic: bool

    @property
    def normal(self) -> np.ndarray:
        """Unit vector (3,) that the slice looks along; the slice must have an orientation."""
        assert self.orientation is not None
        return np.cross(self.orientation[:3], self.orientation[3:])

    @property
    def depth_mm(self) -> float:
        """Where the slice lies along its normal."""
        assert self.position_mm is not None
        return float(self.normal @ np.array(self.position_mm))


@contextmanager
def quiet_pydicom() -> Iterator[None]:
    """Keeps pydicom's warnings about sloppy headers off the terminal: what matters is checked here."""
    logger = logging.getLogger("pydicom")
    level = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)


def read_slices(path: Path) -> list[DicomSlice]:
    """The slices in one DICOM file: none for a file that is no image.

    Args:
        path: A DICOM file, with or without preamble.

    Raises:
        Exception: Whatever pydicom raises on damaged bytes; the caller counts such files as unreadable.
    """
    dataset = pydicom.dcmread(path, stop_before_pixels=True, force=True, specific_tags=_TAGS)
    if "Rows" not in dataset or "SeriesInstanceUID" not in dataset:
        return []
    frames = int(dataset.get("NumberOfFrames", 1) or 1)
    if frames > 100_000:
        raise ValueError(f"{frames} frames")
    if frames == 1 and "PerFrameFunctionalGroupsSequence" not in dataset:
        return [_slice(path, 0, dataset, [dataset])]
    shared = list(dataset.get("SharedFunctionalGroupsSequence", None) or [])
    each = list(dataset.get("PerFrameFunctionalGroupsSequence", None) or [])
    return [_slice(path, n, dataset, [*each[n : n + 1], *shared, dataset]) for n in range(frames)]


def _slice(path: Path, frame: int, dataset: Dataset, places: list[Dataset]) -> DicomSlice:
    def find(name: str, macro: str = "") -> Any:
        """The element from the frame's own macro, the shared one, or the file's top level."""
        for place in places:
            inside = place.get(macro, None) if macro else None
            for holder in ([inside[0]] if inside else []) + [place]:
                value = holder.get(name, None)
                if value is not None and value != "":
                    return value
        return None

    def numbers(name: str, macro: str, count: int) -> tuple[float, ...] | None:
        value = find(name, macro)
        if value is None:
            return None
        found = tuple(float(part) for part in value)
        if len(found) != count or not np.isfinite(found).all():
            raise ValueError(f"{name} has {len(found)} values")
        return found

    def number(name: str, macro: str = "") -> float | None:
        value = find(name, macro)
        return None if value is None else float(value)

    def number_or_none(name: str, macro: str = "") -> float | None:
        """A number that nothing depends on: a damaged one counts as absent."""
        try:
            return number(name, macro)
        except (TypeError, ValueError, ArithmeticError):
            return None

    def text(name: str, macro: str = "") -> str:
        value = find(name, macro)
        if isinstance(value, MultiValue):
            value = value[0] if value else ""
        return "" if value is None else _without_identity(str(value), dataset)

    transform = "PixelValueTransformationSequence"
    slope, intercept = number("RescaleSlope", transform), number("RescaleIntercept", transform)
    image_type = find("ImageType")
    types = [image_type] if isinstance(image_type, str) else list(image_type or [])
    return DicomSlice(
        path=path,
        frame=frame,
        instance_uid=str(dataset.get("SOPInstanceUID", "")),
        study_uid=str(dataset.get("StudyInstanceUID", "")),
        series_uid=str(dataset.SeriesInstanceUID),
        series_number=text("SeriesNumber"),
        description=text("SeriesDescription") or text("ProtocolName"),
        modality=text("Modality").upper() or "unknown",
        image_type=tuple(str(part).upper() for part in types),
        body_part=text("BodyPartExamined").upper(),
        contrast_agent=_NO_AGENT.sub("", text("ContrastBolusAgent")),
        kilovolt=number_or_none("KVP", "CTXRayDetailsSequence"),
        kernel=text("ConvolutionKernel", "CTReconstructionSequence"),
        thickness_mm=number_or_none("SliceThickness", "PixelMeasuresSequence"),
        manufacturer=text("Manufacturer"),
        phase=tuple(text(name) for name in _PHASE),
        position_mm=numbers("ImagePositionPatient", "PlanePositionSequence", 3),
        orientation=numbers("ImageOrientationPatient", "PlaneOrientationSequence", 6),
        pixel_mm=numbers("PixelSpacing", "PixelMeasuresSequence", 2),
        shape=(int(dataset.Rows), int(dataset.get("Columns", 0) or 0)),
        samples=int(dataset.get("SamplesPerPixel", 1) or 1),
        slope=slope,
        intercept=intercept,
        rescale_type=text("RescaleType", transform).upper(),
        padding=_padding(dataset, slope, intercept),
        synthetic=str(find("SyntheticData") or "").strip().upper() == "YES",
    )  # fmt: skip


def _padding(dataset: Dataset, slope: float | None, intercept: float | None) -> tuple[float, float] | None:
    """The range of values, in HU, that the scanner wrote where it measured nothing."""
    value = dataset.get("PixelPaddingValue", None)
    if value is None or slope is None or intercept is None:
        return None
    limit = dataset.get("PixelPaddingRangeLimit", None)
    ends = [int(value), int(value if limit is None else limit)]
    if dataset.get("PixelRepresentation", 0) == 1:
        # Some scanners write the signed value as an unsigned number.
        ends = [end - 65536 if end > 32767 else end for end in ends]
    low, high = sorted(end * slope + intercept for end in ends)
    return low, high


def _without_identity(text: str, dataset: Dataset) -> str:
    """Text on one line, short, without words that also stand in the header's identity elements."""
    words = {
        word
        for name in _IDENTITY
        for word in re.split(r"[\s^=,\\]+", str(dataset.get(name, "") or "").lower())
    }
    words = {word for word in words if len(word) > 2}
    kept = [word for word in str(text).split() if not any(secret in word.lower() for secret in words)]
    return re.sub(r"[^\x20-\x7e\u00a0-\uffff]", "", " ".join(kept))[:64]
