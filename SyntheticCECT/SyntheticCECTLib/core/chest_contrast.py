"""Recognises a chest that holds contrast agent where there is no heart to measure it in.

The heart finder knows hearts without contrast: in a CTA it finds none, or a part of something else.
"""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk
from scipy import ndimage

from .errors import InputRefused
from .heart_by_anatomy import find_lungs, opened
from .heart_finder import SPACING_MM
from .working_grid import grid_over

BRIGHT_HU, METAL_HU = 110.0, 700.0
THICK_MM = 9.0
"""Radius of a ball that fits in; in calcium, leads and breastbone it does not."""
FRONT_SHARE = 0.5
"""Of the box around the lungs, from front to back; behind lies the spine, whose bone is as bright and as thick."""
LEAST_ML = 60.0
"""CTs without contrast (3 real, 6 virtual) have up to 30 mL of it, those with contrast (2 real, 6 virtual) 128 to 505 mL."""


def bright_blood_ml(axial: sitk.Image) -> float:
    """Volume in mL of what is as bright and as thick as blood with contrast agent, in front of the spine.

    Args:
        axial: CT in HU, axes nearest to LPS.

    Returns:
        0 where no lungs are seen.
    """
    chest = grid_over(axial, SPACING_MM, 1).sample(axial)
    smooth = ndimage.gaussian_filter(chest, 1.0)
    rows, columns = (np.flatnonzero(find_lungs(chest, smooth).any(axis=axes)) for axes in ((0, 2), (0, 1)))
    if not len(rows):
        return 0.0
    blood = opened((smooth > BRIGHT_HU) & (smooth < METAL_HU), THICK_MM)
    middle = rows[0] + round(FRONT_SHARE * (rows[-1] - rows[0]))
    front = blood[:, rows[0] : middle, columns[0] : columns[-1] + 1]
    return float(np.count_nonzero(front)) * SPACING_MM**3 / 1000


def with_contrast_named(refusal: InputRefused, axial: sitk.Image) -> InputRefused:
    """The refusal of a heart; in a scan that seems to hold contrast agent one that says so first, as the likely cause.

    Args:
        refusal: Why the heart cannot be used.
        axial: CT in HU, axes nearest to LPS.
    """
    ml = bright_blood_ml(axial)
    if ml < LEAST_ML:
        return refusal
    return InputRefused(
        refusal.code,
        f"The scan seems to hold contrast agent: in the front of the chest {ml:.0f} mL are brighter than {BRIGHT_HU:g} HU; "
        f"blood without contrast measures 30 to 65 HU, and only such hearts are found reliably. {refusal.message}",
        f"Give the CT without contrast agent. {refusal.remedy}",
    )
