"""Puts voxels where the header says they lie; straightens the sheared stack of a tilted gantry."""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk
from scipy import ndimage

from ..errors import InputRefused, Notice

AIR_HU = -1024.0
SHORTEST_STEP_MM, LONGEST_STEP_MM = 0.05, 50.0
MOST_SKEW = 1e-3
"""Largest cosine between two axes that counts as rounding in a header: 0.4 mm across 400 mm."""
MOST_TILT_DEG = 45.0


def place(
    array_kji: np.ndarray, axes_mm: np.ndarray, origin_mm: np.ndarray, order: int = 1
) -> tuple[sitk.Image, tuple[Notice, ...]]:
    """An image with right-angled axes at the place that the header names.

    Axes that are off by rounding are made orthonormal. Slices that are shifted against each other
    (a tilted gantry) are moved in their own plane onto a right-angled grid, wide enough for all of them.

    Args:
        array_kji: Voxels (K, J, I), float32 HU or labels.
        axes_mm: (3, 3); columns are the voxel steps along i, j, k in mm (LPS).
        origin_mm: (3,) centre of the first voxel in mm (LPS).
        order: Interpolation of a tilted stack: 1 linear with air outside, 0 nearest with 0 outside.

    Returns:
        The image, and a notice where the grid had to be straightened.

    Raises:
        InputRefused: ``bad_geometry`` for impossible steps, ``sheared_grid`` for any other shear.
    """
    steps, units = unit_axes(axes_mm, origin_mm)
    cosines = units.T @ units
    if abs(cosines[0, 1]) > MOST_SKEW:
        raise _sheared(cosines[0, 1])
    if max(abs(cosines[0, 2]), abs(cosines[1, 2])) <= MOST_SKEW:
        return _image(array_kji, steps, _orthonormal(units), origin_mm), ()
    return _straightened(array_kji, axes_mm, origin_mm, order)


def unit_axes(axes_mm: np.ndarray, origin_mm: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Step lengths (3,) in mm and unit columns (3, 3) of ``axes_mm``.

    Raises:
        InputRefused: ``bad_geometry`` when a step or the origin is impossible.
    """
    steps = np.linalg.norm(axes_mm, axis=0)
    if not (np.isfinite(axes_mm).all() and np.isfinite(origin_mm).all() and np.abs(origin_mm).max() < 1e6):
        raise InputRefused("bad_geometry", "The scan's position is not a finite number.", _REMEDY)
    if steps.min() < SHORTEST_STEP_MM or steps.max() > LONGEST_STEP_MM:
        named = " x ".join(f"{step:.4g}" for step in steps)
        raise InputRefused(
            "bad_geometry",
            f"The voxel spacing is {named} mm; {SHORTEST_STEP_MM} to {LONGEST_STEP_MM} mm are possible.",
            _REMEDY,
        )
    units = axes_mm / steps
    if abs(np.linalg.det(units)) < 1e-3:
        raise InputRefused("bad_geometry", "The scan's axes do not span a volume.", _REMEDY)
    return steps, units


def _straightened(
    array_kji: np.ndarray, axes_mm: np.ndarray, origin_mm: np.ndarray, order: int
) -> tuple[sitk.Image, tuple[Notice, ...]]:
    steps, units = unit_axes(axes_mm, origin_mm)
    normal = np.cross(units[:, 0], units[:, 1])
    normal /= np.linalg.norm(normal)
    normal *= np.sign(normal @ axes_mm[:, 2]) or 1.0
    tilt_deg = float(np.degrees(np.arccos(np.clip(normal @ units[:, 2], -1.0, 1.0))))
    if tilt_deg > MOST_TILT_DEG:
        raise _sheared(float(np.sin(np.radians(tilt_deg))))
    in_plane = _orthonormal(np.stack([units[:, 0], units[:, 1], normal], axis=1))
    # Shift of slice k against slice 0, in pixels along (j, i).
    per_slice = np.array(
        [axes_mm[:, 2] @ in_plane[:, 1] / steps[1], axes_mm[:, 2] @ in_plane[:, 0] / steps[0]]
    )
    shifts = np.arange(len(array_kji))[:, None] * per_slice
    low, high = np.floor(shifts.min(axis=0)).astype(int), np.ceil(shifts.max(axis=0)).astype(int)
    fill = AIR_HU if order else 0
    shape = (len(array_kji), array_kji.shape[1] + high[0] - low[0], array_kji.shape[2] + high[1] - low[1])
    straight = np.full(shape, fill, dtype=array_kji.dtype)
    padding = ((-low[0], high[0]), (-low[1], high[1]))
    for index, plane in enumerate(array_kji):
        padded = np.pad(plane, padding, constant_values=fill)
        ndimage.shift(padded, shifts[index], output=straight[index], order=order, cval=fill)
    steps = np.array([steps[0], steps[1], normal @ axes_mm[:, 2]])
    start = origin_mm + in_plane[:, 0] * low[1] * steps[0] + in_plane[:, 1] * low[0] * steps[1]
    notice = Notice(
        "gantry_tilt",
        f"The slices are tilted by {tilt_deg:.1f} degrees (gantry tilt); they were moved onto a "
        f"right-angled grid, which is the grid of all results.",
    )
    return _image(straight, steps, in_plane, start), (notice,)


def _orthonormal(units: np.ndarray) -> np.ndarray:
    if np.abs(units.T @ units - np.eye(3)).max() < 1e-9:
        return units
    left, _, right = np.linalg.svd(units)
    return left @ right


def _image(array_kji: np.ndarray, steps: np.ndarray, units: np.ndarray, origin: np.ndarray) -> sitk.Image:
    image = sitk.GetImageFromArray(array_kji)
    image.SetSpacing([float(step) for step in steps])
    image.SetDirection([float(cosine) for cosine in units.ravel()])
    image.SetOrigin([float(coordinate) for coordinate in origin])
    return image


def _sheared(cosine: float) -> InputRefused:
    return InputRefused(
        "sheared_grid", f"The scan's axes are not at right angles (cosine {cosine:.3f}).",
        "Resample the scan to a right-angled grid, or give the original DICOM slices.",
    )  # fmt: skip


_REMEDY = "Give the original DICOM slices, or correct the header."
