"""Reads left atrium and left ventricle from a DICOM Segmentation object."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK as sitk

from ..core.errors import InputRefused
from ..core.formats.grid import place
from ..core.formats.segment_header import CHAMBERS, Chamber


def read_dicom_segmentation(path: Path) -> sitk.Image:
    """The chambers of a DICOM SEG file, LA = 1, LV = 2, uint8, on the file's own grid.

    Segments are recognised by their SNOMED CT code, else by their label; where two overlap, the later one counts.

    Raises:
        InputRefused: The file is no segmentation, holds neither chamber, is no regular stack, or highdicom is absent.

    Format: DICOM PS3.3, A.51 Segmentation IOD.
    """
    highdicom = _highdicom()
    try:
        segmentation = highdicom.seg.segread(path)
    except (ValueError, TypeError, AttributeError, KeyError, OSError) as error:
        raise InputRefused(
            "not_labels", f"The DICOM file is no segmentation ({error}).", "Give a DICOM SEG object."
        ) from error
    found = {
        number: chamber
        for number in segmentation.segment_numbers
        if (chamber := _chamber(segmentation, number))
    }
    if not found:
        names = [
            segmentation.get_segment_description(number).segment_label
            for number in segmentation.segment_numbers
        ]
        raise InputRefused(
            "no_labels",
            f"The segmentation has no left atrium or left ventricle; it has: {', '.join(names) or 'nothing'}.",
            "Name the segments 'left atrium' and 'left ventricle', or give them their SNOMED codes.",
        )
    try:
        volume = segmentation.get_volume(
            segment_numbers=list(found), dtype=np.uint8, rescale_fractional=False
        )
    except (RuntimeError, ValueError) as error:
        raise InputRefused(
            "bad_geometry", f"The segmentation is no regular stack of slices ({error}).", "Export it again."
        ) from error
    labels = np.zeros(volume.array.shape[:3], np.uint8)
    for index, chamber in enumerate(found.values()):
        labels[volume.array[..., index] > 0] = chamber.label
    # The affine's columns are steps along slice, row and column; `place` counts columns first.
    image, _ = place(labels, volume.affine[:3, [2, 1, 0]], volume.affine[:3, 3], order=0)
    return image


def _chamber(segmentation: Any, number: int) -> Chamber | None:
    described = segmentation.get_segment_description(number)
    code, name = described.segmented_property_type.value, described.segment_label.strip().lower()
    by_code = [one for one in CHAMBERS if one.code == code]
    by_name = [one for one in CHAMBERS if name.replace("_", " ").replace("-", " ") in one.aliases]
    return next(iter(by_code or by_name), None)


def _highdicom() -> Any:
    try:
        import highdicom
    except ImportError as error:
        raise InputRefused(
            "no_highdicom",
            "DICOM segmentations need highdicom, which is not installed.",
            "Install it: pip install highdicom; or give .seg.nrrd or NIfTI files.",
        ) from error
    return highdicom
