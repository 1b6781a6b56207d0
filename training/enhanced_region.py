"""Where a CECT holds contrast: the heart and the vessels, and not the bones that are as bright."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

COARSE_MM = 1.8
BRIGHT_HU = 140.0
OPENING_MM, RIM_MM, HEART_REACH_MM = 2.5, 5.0, 20.0
SMALLEST_PART_ML = 0.3
MOST_UNEVEN_HU = 30.0
LUNG_HU, VESSEL_REACH_MM, PLEURA_MM = -500.0, 7.0, 2.0


def enhanced_region(
    hu: np.ndarray, labelled: np.ndarray, heart: np.ndarray | None, spacing_kji: np.ndarray
) -> np.ndarray:
    """Weight, 0 to 1 with soft borders, of what contrast may have brightened.

    Bright parts that touch labelled blood or lie mostly in the heart are blood. Others are blood where they are even
    inside, as the aorta is, and bone where they are not.

    Args:
        hu: CECT (K, J, I), HU.
        labelled: Labelled blood, same shape.
        heart: Heart mask, same shape, or None.
        spacing_kji: Voxel size in mm.
    """
    step = np.maximum(1, np.round(COARSE_MM / spacing_kji)).astype(int)
    coarse_mm = spacing_kji * step
    small = _means(hu, step)
    seeds = _means(labelled.astype(np.float32), step) > 0.3
    if heart is None:
        near = np.asarray(ndimage.distance_transform_edt(~seeds, sampling=coarse_mm)) <= HEART_REACH_MM
    else:
        near = _means(heart.astype(np.float32), step) > 0.3
    bright = small > BRIGHT_HU
    cores = _opened(bright, coarse_mm)
    parts = np.asarray(ndimage.label(cores)[0], np.int32)  # pyright: ignore[reportIndexIssue]
    count = int(parts.max())
    blood_parts = _blood_parts(parts, count, small, seeds, near, coarse_mm)
    blood, bone = blood_parts[parts], (parts > 0) & ~blood_parts[parts]
    # The rim that the opening took away belongs to the nearer core.
    to_blood = np.asarray(ndimage.distance_transform_edt(~(blood | seeds), sampling=coarse_mm))
    to_bone = np.asarray(ndimage.distance_transform_edt(~bone, sampling=coarse_mm)) if bone.any() else np.inf
    region = ((to_blood <= RIM_MM) | near) & ((to_blood < to_bone) | (near & (to_bone > RIM_MM)))
    region |= _in_lungs(small, coarse_mm)
    weight = ndimage.uniform_filter(region.astype(np.float32), 3)
    return _enlarged(weight, step, hu.shape)


def _blood_parts(
    parts: np.ndarray, count: int, hu: np.ndarray, seeds: np.ndarray, heart: np.ndarray, spacing: np.ndarray
) -> np.ndarray:
    """For each part's number, whether it is blood; entry 0, the rest, is not."""
    numbers = np.arange(count + 1)
    size_ml = np.bincount(parts.ravel(), minlength=count + 1) * float(np.prod(spacing)) / 1000
    touched = np.bincount(parts[seeds], minlength=count + 1) > 0
    in_heart = np.bincount(parts[heart], minlength=count + 1) * float(np.prod(spacing)) / 1000
    mean = ndimage.uniform_filter(hu, 3)
    uneven = np.sqrt(np.maximum(ndimage.uniform_filter(hu * hu, 3) - mean * mean, 0))
    # The evenest quarter is the inside; the rest of a thin vessel is border, and that is never even.
    unevenness = np.array([np.inf, *(np.percentile(uneven[parts == n], 25) for n in numbers[1:])])
    blood = touched | (in_heart > 0.5 * size_ml) | (unevenness < MOST_UNEVEN_HU)
    blood &= size_ml >= SMALLEST_PART_ML
    blood[0] = False
    return blood


def _in_lungs(hu: np.ndarray, spacing: np.ndarray) -> np.ndarray:
    """The lungs with their vessels, up to a little before the ribs."""
    parts = np.asarray(ndimage.label(hu < LUNG_HU)[0])  # pyright: ignore[reportIndexIssue]
    border = np.ones(hu.shape[1:], bool)
    border[1:-1, 1:-1] = False
    outside = np.unique(parts[:, border])
    lungs = (parts > 0) & ~np.isin(parts, outside)
    if not lungs.any():
        return lungs
    grown = np.asarray(ndimage.distance_transform_edt(~lungs, sampling=spacing)) <= VESSEL_REACH_MM
    return np.asarray(ndimage.distance_transform_edt(grown, sampling=spacing)) > VESSEL_REACH_MM + PLEURA_MM


def _opened(mask: np.ndarray, spacing: np.ndarray) -> np.ndarray:
    """Parts at least ``OPENING_MM`` deep, without the thin bridges that partial volume lays between them."""
    core = np.asarray(ndimage.distance_transform_edt(mask, sampling=spacing)) > OPENING_MM
    return (
        np.asarray(ndimage.distance_transform_edt(~core, sampling=spacing)) < OPENING_MM
        if core.any()
        else core
    )


def _means(array: np.ndarray, step: np.ndarray) -> np.ndarray:
    """Means of blocks; the last block of an axis may be padded by its edge."""
    pad = [(0, int(-size % n)) for size, n in zip(array.shape, step, strict=True)]
    padded = np.pad(array, pad, mode="edge")
    k, j, i = (size // n for size, n in zip(padded.shape, step, strict=True))
    return padded.reshape(k, step[0], j, step[1], i, step[2]).mean((1, 3, 5), dtype=np.float32)


def _enlarged(array: np.ndarray, step: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    for axis, n in enumerate(step):
        array = np.repeat(array, int(n), axis)
    return array[: shape[0], : shape[1], : shape[2]]
