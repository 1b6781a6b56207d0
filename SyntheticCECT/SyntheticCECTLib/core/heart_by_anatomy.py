"""Finds the heart without a network: the soft tissue between the lungs that fills an ellipsoid of its size.

A fallback. It sees no border between heart, great vessels and liver, and is right only roughly.
"""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk
from scipy import ndimage
from scipy.signal import fftconvolve

from .heart_finder import SPACING_MM, HeartMap
from .working_grid import WorkingGrid, grid_over

SEMI_AXES_ZYX = np.array([0.85, 1.0, 1.1])
"""Of the ellipsoid, in units of its radius: a heart is wider than deep, and deeper than high."""
RADII_MM = (45.0, 51.0)
MARGIN = 1.25
"""Soft tissue up to this far beyond the ellipsoid, in units of its radius, still counts."""
SHELL = (1.1, 1.4)
"""Around a heart, at these radii, lies lung; around as much liver or chest wall lies little."""
PLACE_XY = np.array([0.59, 0.31])
"""Centre of the heart in the box around the lungs, from right to left and from front to back."""
PLACE_SPREAD = np.array([0.06, 0.07])
PLACE_WEIGHT = 0.03
SMALLEST_SCORE = 0.85
LUNG_HU, TISSUE_HU, BONE_HU = -500.0, -10.0, 200.0
OUTSIDE_HU = -1015.0
"""Below lies what no scanner measured: the corners of a round field, and what is beyond the scan."""
SMALLEST_LUNG_ML = 150.0
ENCLOSED_SHARE = 0.6
TO_ATRIUM_XYZ_MM = np.array([-32.0, 29.0, 24.0])
"""From the middle of the left ventricle to that of the left atrium (LPS); mean of virtual patients."""
BETWEEN_XYZ_MM = np.array([2.0, 20.0, 11.0])
"""The point half way between them, seen from the middle of the heart; the same source."""


def find_heart_by_anatomy(axial: sitk.Image) -> HeartMap | None:
    """The heart of a chest CT, and which side of it is whose, or ``None`` where nothing is shaped and placed like one.

    Args:
        axial: CT in HU, axes nearest to LPS.
    """
    grid = grid_over(axial, SPACING_MM, 1)
    chest = grid.sample(axial)
    smooth = ndimage.gaussian_filter(chest, 1.0)
    lungs = find_lungs(chest, smooth)
    if not lungs.any():
        return None
    tissue = (smooth > TISSUE_HU) & (smooth < BONE_HU)
    center, radius_mm, score = _best_ellipsoid(tissue, lungs)
    if score < SMALLEST_SCORE:
        return None
    near = SPACING_MM * _distance(tissue.shape, center) <= radius_mm * MARGIN
    heart = _largest(opened(tissue & near, 9.0))
    if not heart.any():
        return None
    return sides_of_heart(grid, heart)


def sides_of_heart(grid: WorkingGrid, heart: np.ndarray) -> HeartMap:
    """A heart with its sides told by its middle alone: everywhere either the left atrium's (``la`` 1) or the ventricle's.

    Args:
        grid: Of the heart finder.
        heart: Mask on it, bool (K, J, I), not empty.
    """
    side = _side_of_atrium(heart)
    return HeartMap(grid, *(part.astype(np.float32) for part in (heart, side >= 0, side < 0)))


def find_lungs(chest: np.ndarray, smooth: np.ndarray) -> np.ndarray:
    """Air with tissue on at least two of its four sides in the slice: so is a lung, also one at the edge of a small field.

    Args:
        chest: HU (K, J, I) on a grid of `SPACING_MM`.
        smooth: The same, smoothed.

    Returns:
        Mask, bool (K, J, I); nowhere true where there are no lungs.
    """
    body = opened(smooth > -300.0, 6.0)
    air = opened((smooth < LUNG_HU) & (chest > OUTSIDE_HU), 6.0)
    sides = np.zeros(air.shape, np.uint8)
    for axis in (1, 2):
        sides += np.maximum.accumulate(body, axis)
        sides += np.flip(np.maximum.accumulate(np.flip(body, axis), axis), axis)
    parts = np.asarray(ndimage.label(air)[0])  # pyright: ignore[reportIndexIssue]
    numbers = np.arange(1, int(parts.max()) + 1)
    ml = np.bincount(parts.ravel(), minlength=len(numbers) + 1)[1:] * SPACING_MM**3 / 1000
    enclosed = np.asarray(ndimage.mean(sides >= 2, parts, numbers))
    return np.isin(parts, numbers[(ml >= SMALLEST_LUNG_ML) & (enclosed > ENCLOSED_SHARE)])


def _best_ellipsoid(tissue: np.ndarray, lungs: np.ndarray) -> tuple[np.ndarray, float, float]:
    """Centre (k, j, i), radius in mm and score: tissue inside, plus lung around, less lung inside and an odd place."""
    soft, lung = tissue.astype(np.float32), lungs.astype(np.float32)
    odd = PLACE_WEIGHT * _oddness(lungs)
    best = (np.zeros(3), 0.0, -np.inf)
    for radius_mm in RADII_MM:
        inside, inner, outer = (_kernel(radius_mm * part / SPACING_MM) for part in (1.0, *SHELL))
        filled = fftconvolve(soft - lung, inside, "same") / inside.sum()
        around = fftconvolve(lung, outer, "same") - fftconvolve(lung, inner, "same")
        score = filled + around / (outer.sum() - inner.sum()) - odd
        place = np.unravel_index(int(score.argmax()), score.shape)
        if score[place] > best[2]:
            best = (np.array(place), radius_mm, float(score[place]))
    return best


def _oddness(lungs: np.ndarray) -> np.ndarray:
    """How far each column (1, J, I) lies from the heart's usual place in the lungs' box, in spreads, squared."""
    odd = np.zeros((1, *lungs.shape[1:]))
    for axis, usual, spread in zip((2, 1), PLACE_XY, PLACE_SPREAD, strict=True):
        filled = np.flatnonzero(lungs.any(axis=tuple(other for other in range(3) if other != axis)))
        share = (np.arange(lungs.shape[axis]) - filled[0]) / max(filled[-1] - filled[0], 1)
        odd += ((share - usual) / spread).reshape([-1 if other == axis else 1 for other in range(3)]) ** 2
    return odd


def _kernel(radius: float) -> np.ndarray:
    """1 inside an ellipsoid whose radius is given in voxels."""
    half = np.ceil(radius * SEMI_AXES_ZYX).astype(int)
    return (_distance(2 * half + 1, half) <= radius).astype(np.float32)


def _distance(shape: tuple[int, ...] | np.ndarray, center: np.ndarray) -> np.ndarray:
    """From the centre, in voxels, along axes stretched so that the ellipsoid is a ball."""
    k, j, i = np.ix_(*[(np.arange(n) - c) / s for n, c, s in zip(shape, center, SEMI_AXES_ZYX, strict=True)])
    return np.sqrt(k**2 + j**2 + i**2)


def _side_of_atrium(heart: np.ndarray) -> np.ndarray:
    """Above 0 on the left atrium's side of the plane between it and the left ventricle, (K, J, I)."""
    middle = np.argwhere(heart).mean(axis=0) + BETWEEN_XYZ_MM[::-1] / SPACING_MM
    k, j, i = np.ix_(*[np.arange(n) - c for n, c in zip(heart.shape, middle, strict=True)])
    x, y, z = TO_ATRIUM_XYZ_MM
    return x * i + y * j + z * k


def opened(mask: np.ndarray, radius_mm: float) -> np.ndarray:
    """The mask, on a grid of `SPACING_MM`, without what is thinner than a ball of that radius."""
    radius = radius_mm / SPACING_MM
    reach = int(np.ceil(radius)) + 1
    padded = np.pad(mask, reach)
    core = np.asarray(ndimage.distance_transform_edt(padded)) > radius
    if not core.any():  # a distance to nothing is not defined
        return np.zeros(mask.shape, bool)
    opened = padded & (np.asarray(ndimage.distance_transform_edt(~core)) <= radius)
    return opened[reach:-reach, reach:-reach, reach:-reach]


def _largest(mask: np.ndarray) -> np.ndarray:
    parts = np.asarray(ndimage.label(mask)[0])  # pyright: ignore[reportIndexIssue]
    return parts == 1 + np.argmax(np.bincount(parts.ravel(), minlength=2)[1:])
