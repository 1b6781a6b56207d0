"""Sorts the DICOM files of a folder into series, and chooses the one to use."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from ..errors import InputRefused, Notice
from .dicom_series import FEWEST_SLICES, DicomSeries
from .dicom_slice import DicomSlice, quiet_pydicom, read_slices
from .volume_file import container_of

MAX_FILES = 50_000


def find_series(folder: Path, deep: bool = True) -> tuple[list[DicomSeries], int]:
    """Every DICOM series in a folder.

    Args:
        folder: A folder with any mixture of files.
        deep: Whether subfolders are searched too.

    Returns:
        The series, and the number of DICOM files that could not be read.

    Raises:
        InputRefused: ``too_large`` for more than 50 000 files.
    """
    slices: list[DicomSlice] = []
    unreadable = 0
    with quiet_pydicom():
        for count, path in enumerate(
            sorted(file for file in folder.glob("**/*" if deep else "*") if file.is_file())
        ):
            if count >= MAX_FILES:
                raise InputRefused(
                    "too_large", f"The folder holds more than {MAX_FILES} files.", "Give one study."
                )
            named_dicom = path.suffix.lower() in (".dcm", ".ima", ".dicom")
            try:
                if container_of(path) == "DICOM":
                    slices += read_slices(path)
                elif named_dicom and not _is_apple_double(path):
                    unreadable += 1
            except Exception:  # pydicom raises almost anything on damaged bytes
                unreadable += 1
    return _grouped(slices), unreadable


def choose(
    series: list[DicomSeries], wanted: str | None, synthetic: bool = False, contrast: bool = False
) -> tuple[DicomSeries, tuple[Notice, ...]]:
    """The series to use: the one that is asked for, or the one with the best score.

    Args:
        series: All series of the folder.
        wanted: Series instance UID, series number, or (part of the) description; None chooses.
        synthetic: Whether a series that says it is synthetic is wanted; else it is passed over.
        contrast: Whether a series with contrast agent is preferred; else one without.

    Returns:
        The series, and a notice that names the others.

    Raises:
        InputRefused: ``series_not_found``, ``not_ct``, ``synthetic_image`` or ``single_slice``.
    """
    named = "; ".join(one.label for one in series)
    candidates = series
    if wanted is not None:
        candidates = _matching(series, wanted.strip())
        if not candidates:
            raise InputRefused(
                "series_not_found",
                f"There is no series '{wanted}'. There are: {named}.",
                "Pick one of these.",
            )
    usable = [one for one in candidates if one.usable and one.first.synthetic == synthetic]
    if synthetic and not usable:
        usable = [one for one in candidates if one.usable]
    if not usable:
        if any(one.usable for one in candidates):
            raise refused_as_synthetic(next(one.label for one in candidates if one.usable))
        modalities = sorted({one.first.modality for one in candidates})
        if "CT" not in modalities:
            raise InputRefused("not_ct", f"The modality is {', '.join(modalities)}, not CT.", "Give a CT.")
        raise InputRefused(
            "single_slice",
            f"No CT series has at least {FEWEST_SLICES} slices. There are: {named}.",
            "Give the folder with all slices of the scan.",
        )
    best = max(usable, key=lambda one: (one.score(contrast), len(one.slices), one.first.series_uid))
    others = [one for one in series if one is not best]
    if wanted is not None or not others:
        return best, ()
    listed = "; ".join(one.label for one in others[:12]) + (
        f"; and {len(others) - 12} more" if len(others) > 12 else ""
    )
    return best, (Notice("other_series", f"Used {best.label}. Not used: {listed}."),)


def refused_as_synthetic(name: str) -> InputRefused:
    """Why a synthetic image is no input: whatever is made from it would look acquired."""
    return InputRefused(
        "synthetic_image",
        f"The {name} says that it is synthetic: it was computed, not acquired.",
        "Give the CT that was acquired.",
    )


def _is_apple_double(path: Path) -> bool:
    """Whether it is a file that macOS puts beside another, as ``._name``, for what a foreign disk cannot keep."""
    with path.open("rb") as file:
        return file.read(4) == b"\0\5\x16\7"


def _matching(series: list[DicomSeries], wanted: str) -> list[DicomSeries]:
    tests = (
        lambda one: one.series_uid == wanted,
        lambda one: one.series_number == wanted,
        lambda one: one.description.lower() == wanted.lower(),
        lambda one: bool(wanted) and wanted.lower() in one.description.lower(),
    )
    for test in tests:
        if found := [one for one in series if test(one.first)]:
            return found
    return []


def _grouped(slices: list[DicomSlice]) -> list[DicomSeries]:
    """Slices of one study and series UID, one orientation and one pixel grid; phases apart where they overlap."""
    groups: dict[tuple, list[DicomSlice]] = defaultdict(list)
    for one in slices:
        groups[_stack_key(one)].append(one)
    series = []
    for group in groups.values():
        unique = list({(one.instance_uid or str(one.path), one.frame): one for one in group}.values())
        for stack in _phases(unique):
            placed = all(one.position_mm and one.orientation for one in stack)
            ordered = sorted(stack, key=(lambda one: one.depth_mm) if placed else (lambda one: str(one.path)))
            series.append(DicomSeries(tuple(ordered)))
    return sorted(
        series, key=lambda one: (one.first.series_number.zfill(8), one.first.series_uid, one.first.phase)
    )


def _stack_key(one: DicomSlice) -> tuple:
    def rounded(values: tuple[float, ...] | None, digits: int) -> tuple[float, ...] | None:
        return None if values is None else tuple(round(value, digits) + 0.0 for value in values)

    localizer = "LOCALIZER" in one.image_type
    return (
        one.study_uid,
        one.series_uid,
        one.modality,
        localizer,
        one.shape,
        rounded(one.orientation, 2),
        rounded(one.pixel_mm, 4),
    )


def _phases(stack: list[DicomSlice]) -> list[list[DicomSlice]]:
    """Splits a stack with several slices at one place by heart phase or acquisition."""
    places = {tuple(round(value, 2) for value in one.position_mm or (0.0,)) for one in stack}
    if len(places) == len(stack):
        return [stack]
    phases: dict[tuple[str, ...], list[DicomSlice]] = defaultdict(list)
    for one in stack:
        phases[one.phase].append(one)
    return list(phases.values())
