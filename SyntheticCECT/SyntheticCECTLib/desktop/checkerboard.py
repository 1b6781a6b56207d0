"""CT and synthetic CECT in alternating squares, as a volume for slice views."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import SimpleITK as sitk

SQUARE_MM = 20.0


def checkerboard(one: sitk.Image, other: sitk.Image, square_mm: float = SQUARE_MM) -> sitk.Image:
    """Squares of one image and of another.

    Args:
        one: Shown in the first square.
        other: On the same grid.
        square_mm: Side of a square; along the third axis there is no change, so that slices are easy to read.

    Returns:
        On the same grid, in the type of ``other``.
    """
    import SimpleITK as sitk

    array = sitk.GetArrayFromImage(other)
    steps = [max(1, round(square_mm / spacing)) for spacing in one.GetSpacing()[:2]]
    columns, rows = (np.arange(size) // step for size, step in zip(array.shape[:0:-1], steps, strict=True))
    first = (rows[:, None] + columns[None, :]) % 2 == 0
    array[:, first] = sitk.GetArrayViewFromImage(one)[:, first]
    image = sitk.GetImageFromArray(array)
    image.CopyInformation(other)
    return image
