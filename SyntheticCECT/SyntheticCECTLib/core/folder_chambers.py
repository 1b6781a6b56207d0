"""The chambers that a result folder holds: those of its threshold, or what a person has made of them since."""

from __future__ import annotations

import hashlib
import os
import re
from itertools import count
from pathlib import Path

import SimpleITK as sitk

from . import chambers
from .case import CaseResult, OnProgress, part_of, segment_case
from .case_folder import CHAMBERS, read_case, read_threshold_hu
from .formats.label_file import read_labels, same_labels, write_chambers
from .formats.nrrd_header import header
from .pipeline import Synthesis

_EDITED = "chambers_edited_{}.seg.nrrd"
_CORRECTS = "SyntheticCECT_corrects_sha256"
_HEADER_BYTES = 1 << 16


def read_result(folder: str | Path, on_progress: OnProgress | None = None) -> CaseResult:
    """A result as its folder holds it: at its own threshold, with the chambers that a person has corrected.

    Args:
        folder: Of the result.
        on_progress: Called with a fraction from 0 to 1 and what is being done; raise from it to cancel.

    Raises:
        InputRefused: As for `read_case`; or the chambers' file is absent, damaged, or holds other structures only.
    """
    case, threshold_hu = read_case(folder, part_of(on_progress, 0.0, 0.7)), read_threshold_hu(folder)
    labels, by_hand = chambers_of(folder, case.synthesis, threshold_hu)
    return segment_case(case, threshold_hu, part_of(on_progress, 0.7, 1.0), labels, by_hand)


def chambers_of(folder: str | Path, synthesis: Synthesis, threshold_hu: float) -> tuple[sitk.Image, bool]:
    """The chambers of a result folder.

    Args:
        folder: Of the result.
        synthesis: That it holds.
        threshold_hu: That it was segmented at.

    Returns:
        LA = 1, LV = 2 on the scan's grid, empty where there are none; and whether a person has changed them.

    Raises:
        InputRefused: The file is absent, damaged, or holds other structures only.
    """
    found = chambers.segment(synthesis, threshold_hu)
    labels = read_labels(chambers_file(folder), found, may_be_empty=True)
    return labels, not same_labels(labels, found)


def chambers_file(folder: str | Path) -> Path:
    """The file with the chambers that count: the newest correction of the folder's segmentation, or the segmentation.

    A correction of another segmentation, which lay there before the folder was made anew, does not count.
    """
    original = Path(folder) / CHAMBERS
    edited = _edited(original.parent)
    if not edited or not original.is_file():
        return original
    of_original = (None, _sha256(original))
    return next((file for file in edited if _corrects(file) in of_original), original)


def keep_edited(folder: str | Path, labels: sitk.Image) -> Path:
    """Writes corrected chambers as a new file beside the original.

    Args:
        folder: Of the result.
        labels: LA = 1, LV = 2 on the scan's grid.

    Returns:
        The file; it is whole once it has this name.
    """
    original = Path(folder) / CHAMBERS
    file = next(file for n in count(1) if not (file := original.with_name(_EDITED.format(n))).exists())
    partial = file.with_name(f".{file.name.removesuffix('.seg.nrrd')}.partial.seg.nrrd")
    write_chambers(partial, labels, {"SyntheticCECT_note": "edited by hand", _CORRECTS: _sha256(original)})
    os.replace(partial, file)
    return file


def _edited(folder: Path) -> list[Path]:
    """Files of `keep_edited`, the newest first."""
    numbers = re.compile(re.escape(_EDITED).replace(r"\{\}", r"(\d+)"))
    found = [(int(match[1]), file) for file in folder.iterdir() if (match := numbers.fullmatch(file.name))]
    return [file for _, file in sorted(found, reverse=True)]


def _corrects(file: Path) -> str | None:
    """The SHA-256 of the segmentation that the file corrects; ``None`` where it does not say."""
    with file.open("rb") as opened:
        return header(opened.read(_HEADER_BYTES))[1].get(_CORRECTS)


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
