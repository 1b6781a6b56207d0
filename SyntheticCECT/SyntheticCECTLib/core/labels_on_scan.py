"""Brings labels onto a scan's grid, and says how much of them lies outside the scan and is cut off."""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk

from .common_grid import same_grid, voxel_ml
from .errors import InputRefused, Notice
from .formats.label_file import on_grid_of

LEAST_SHARE, MOST_SHARE = 0.005, 0.5
"""Of the labels outside the scan: less is rounding at its border, more leaves nothing worth comparing."""


def labels_on_scan(
    what: str, labels: sitk.Image, scan: sitk.Image, movement: sitk.Transform | None = None
) -> tuple[sitk.Image, list[Notice]]:
    """Labels on a scan's grid, by nearest neighbour where the grids differ.

    Args:
        what: The labels in a word, such as ``reference``.
        labels: Label image, 0 outside, on its own grid.
        scan: Image of the wanted grid.
        movement: From points of the scan to points of the labels, invertible; ``None`` where both share coordinates.

    Returns:
        The labels on the scan's grid, and ``WHAT_outside_scan`` with mL and share of what lies outside, if any does.

    Raises:
        InputRefused: ``no_overlap`` where none of the labels lies inside the scan, ``WHAT_outside_scan`` where most of
            them lie outside.
    """
    if movement is None:
        placed = on_grid_of(labels, scan)
        if same_grid(labels, scan):
            return placed, []
    else:
        placed = sitk.Resample(labels, scan, movement, sitk.sitkNearestNeighbor, 0)
    inside = sitk.GetArrayViewFromImage(labels) != 0
    outside = np.count_nonzero(inside & ~_covered(labels, scan, movement))
    share = outside / max(np.count_nonzero(inside), 1)
    if share < LEAST_SHARE:
        return placed, []
    code = f"{what.replace(' ', '_')}_outside_scan"
    message = f"{outside * voxel_ml(labels):.1f} mL ({100 * share:.0f} %) of the {what} lie outside the scan"
    if share > MOST_SHARE:
        raise InputRefused(code, f"{message}.", "Give one that was drawn on this scan.")
    return placed, [Notice(code, f"{message} and are cut off: every figure is that of the rest.")]


def _covered(labels: sitk.Image, scan: sitk.Image, movement: sitk.Transform | None) -> np.ndarray:
    """Which voxels of the labels (K, J, I) the scan covers."""
    field = sitk.Image(scan.GetSize(), sitk.sitkUInt8) + 1
    field.CopyInformation(scan)
    back = sitk.Transform() if movement is None else movement.GetInverse()
    return sitk.GetArrayFromImage(sitk.Resample(field, labels, back, sitk.sitkNearestNeighbor, 0)) != 0
