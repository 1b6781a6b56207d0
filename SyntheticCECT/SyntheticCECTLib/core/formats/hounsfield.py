"""Makes sure that voxel values are Hounsfield units, and puts padding where air is."""

from __future__ import annotations

import numpy as np

from ..errors import InputRefused, Notice
from .grid import AIR_HU

PADDING_NAMED_BELOW_HU = -1100.0
"""Noise reaches a little below -1024 HU; only what lies below this is called padding."""


def to_hu(values_kji: np.ndarray) -> tuple[np.ndarray, tuple[Notice, ...]]:
    """Voxel values as float32 HU, finite, nothing below air.

    Args:
        values_kji: (K, J, I) voxels of any real type, already scaled to HU.

    Returns:
        A new float32 array, and a notice naming the padding that was replaced by -1024 HU.

    Raises:
        InputRefused: ``not_finite`` for NaN or infinity.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        array = values_kji.astype(np.float32)
    # One pass instead of two: a sum is finite only where all its terms are (float64 cannot overflow here).
    if array.dtype.kind == "f" and not np.isfinite(array.sum(dtype=np.float64)):
        count = int((~np.isfinite(array)).sum())
        raise InputRefused(
            "not_finite",
            f"{count} of {array.size} voxels are not a number or infinite.",
            "Export the scan again, or replace those voxels by -1024 HU.",
        )
    lowest = float(array.min())
    if lowest >= AIR_HU:
        return array, ()
    notices = ()
    if lowest < PADDING_NAMED_BELOW_HU:
        count = int((array < AIR_HU).sum())
        notices = (
            Notice(
                "padding_replaced",
                f"{count} voxels ({100 * count / array.size:.1f} %) below -1024 HU (lowest {lowest:g}) are "
                f"padding, not tissue; they were taken as air (-1024 HU).",
            ),
        )
    return np.maximum(array, AIR_HU, out=array), notices


def refuse_unless_hu(array_kji: np.ndarray) -> None:
    """Raises unless the values can be a chest CT in HU: air in lungs or around, and soft tissue.

    Args:
        array_kji: (K, J, I) voxel values.

    Raises:
        InputRefused: ``not_hu``, with the value range and the likely cause.
    """
    stride = max(1, round((array_kji.size / 2_000_000) ** 0.5))
    sample = array_kji[:, ::stride, ::stride]
    low, high = float(array_kji.min()), float(array_kji.max())
    air = float(((sample > -1100) & (sample < -600)).mean())
    tissue = float(((sample > -200) & (sample < 200)).mean())
    if air >= 0.01 and tissue >= 0.01:
        return
    if low >= 0 and high <= 255:
        cause, remedy = "an 8-bit picture, not CT", "Give the original CT in HU."
    elif low > -5 and high < 10:
        cause, remedy = "scaled or normalised values, not HU", "Give the original CT in HU."
    elif low >= 0:
        cause = "raw scanner values (the offset of -1024 is missing) or another modality, such as MR"
        remedy = "Apply the rescale slope and intercept, or give the original DICOM slices of a CT."
    elif air < 0.01:
        cause, remedy = (
            f"only {100 * air:.1f} % air or lung",
            "Give a chest or cardiac CT in HU, not cropped to the heart.",
        )
    else:
        cause, remedy = f"only {100 * tissue:.1f} % soft tissue", "Give a chest or cardiac CT in HU."
    raise InputRefused(
        "not_hu", f"The values run from {low:g} to {high:g}, which is not a chest CT in HU: {cause}.", remedy
    )
