"""Reads chambers and masks from DICOM Segmentation objects.

Format: DICOM PS3.3, A.51 Segmentation IOD.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK as sitk

from ..errors import InputRefused
from .dicom_slice import quiet_pydicom
from .grid import place
from .segment_header import CHAMBERS, Chamber


def read_dicom_chambers(path: Path) -> sitk.Image:
    """LA = 1, LV = 2, uint8, on the file's own grid, which may span the slices with segments only.

    Segments are recognised by their SNOMED CT code, else by their label; where two overlap, the later one counts.

    Raises:
        InputRefused: The file is no segmentation, holds neither chamber, is no regular stack, or highdicom is absent.
    """
    segmentation = _segmentation(path)
    found = {n: chamber for n in segmentation.segment_numbers if (chamber := _chamber(segmentation, n))}
    if not found:
        names = [segmentation.get_segment_description(n).segment_label for n in segmentation.segment_numbers]
        raise InputRefused(
            "no_labels",
            f"The segmentation has no left atrium or left ventricle; it has: {', '.join(names) or 'nothing'}.",
            "Name the segments 'left atrium' and 'left ventricle', or give them their SNOMED codes.",
        )
    inside, affine = _voxels(segmentation, list(found))
    labels = np.zeros(inside.shape[:3], np.uint8)
    for index, chamber in enumerate(found.values()):
        labels[inside[..., index]] = chamber.label
    return _placed(labels, affine)


def read_dicom_mask(path: Path) -> sitk.Image:
    """1 inside any segment, uint8, on the file's own grid; errors as for :func:`read_dicom_chambers`."""
    segmentation = _segmentation(path)
    first, *others = segmentation.segment_numbers
    inside, affine = _voxels(segmentation, [first])
    for number in others:  # one after another: a hundred organs at once would not fit into memory
        inside |= _voxels(segmentation, [number])[0]
    return _placed(inside[..., 0].astype(np.uint8), affine)


def load_highdicom() -> Any:
    """The highdicom package, which reads and writes segmentations.

    Raises:
        InputRefused: ``no_highdicom`` where it is not installed.
    """
    try:
        import highdicom
    except ImportError as error:
        raise InputRefused(
            "no_highdicom",
            "DICOM segmentations need highdicom, which is not installed.",
            "Install it: pip install highdicom; or use .seg.nrrd or NIfTI files.",
        ) from error
    return highdicom


def _segmentation(path: Path) -> Any:
    highdicom = load_highdicom()
    try:
        with quiet_pydicom():
            return highdicom.seg.segread(path)
    except MemoryError:
        raise
    except Exception as error:  # pydicom and highdicom raise almost anything on damaged bytes
        raise InputRefused(
            "not_labels",
            f"The DICOM file cannot be read as a segmentation ({error}).",
            "Give a DICOM SEG object.",
        ) from error


def _voxels(segmentation: Any, numbers: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """Inside or not (K, J, I, segment), and the affine (4, 4) whose columns are the steps along K, J, I and the origin."""
    fractional = str(segmentation.SegmentationType) == "FRACTIONAL"
    try:
        volume = segmentation.get_volume(
            segment_numbers=numbers,
            dtype=np.float32 if fractional else np.uint8,
            rescale_fractional=fractional,
        )
    except MemoryError:
        raise
    except Exception as error:
        raise InputRefused(
            "bad_geometry", f"The segmentation is no regular stack of slices ({error}).", "Export it again."
        ) from error
    return volume.array >= 0.5, volume.affine


def _placed(array_kji: np.ndarray, affine: np.ndarray) -> sitk.Image:
    return place(array_kji, affine[:3, [2, 1, 0]], affine[:3, 3], order=0)[0]


def _chamber(segmentation: Any, number: int) -> Chamber | None:
    described = segmentation.get_segment_description(number)
    code, name = described.segmented_property_type.value, described.segment_label.strip().lower()
    by_code = [one for one in CHAMBERS if one.code == code]
    by_name = [one for one in CHAMBERS if name.replace("_", " ").replace("-", " ") in one.aliases]
    return next(iter(by_code or by_name), None)
