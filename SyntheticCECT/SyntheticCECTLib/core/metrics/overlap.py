"""How well two masks agree: Dice, Hausdorff distance, volume error."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import ndimage
from scipy.spatial import KDTree

from ..bounding_box import bounding_box
from .no_value import NoValue


def dice(predicted: np.ndarray, reference: np.ndarray) -> float:
    """Dice coefficient, 2 |A and B| / (|A| + |B|), from 0 (disjoint) to 1 (equal).

    Args:
        predicted: Mask of any shape; nonzero counts.
        reference: Mask of the same shape.

    Raises:
        NoValue: Both masks are empty: there is nothing to agree on, and a 1 would flatter.
        ValueError: The shapes differ.

    Source: Dice, Ecology 26:297 (1945).
    """
    predicted, reference = _masks(predicted, reference)
    total = np.count_nonzero(predicted) + np.count_nonzero(reference)
    if total == 0:
        raise NoValue("both masks are empty")
    return 2.0 * np.count_nonzero(predicted & reference) / total


def dice_per_slice(predicted_kji: np.ndarray, reference_kji: np.ndarray) -> dict[int, float]:
    """Dice on every axial slice on which the reference has voxels.

    A slice that only the prediction fills has no Dice here (the paper draws its slices from those with manual
    chambers); such voxels lower the Dice of the whole volume instead.

    Args:
        predicted_kji: Mask (K, J, I), axial slices first.
        reference_kji: Mask (K, J, I).

    Returns:
        Slice index -> Dice, in slice order; empty where the reference is.
    """
    predicted, reference = _masks(predicted_kji, reference_kji)
    slices = np.flatnonzero(reference.any(axis=tuple(range(1, reference.ndim))))
    return {int(k): dice(predicted[k], reference[k]) for k in slices}


def volume_error_percent(predicted_ml: float, reference_ml: float) -> float:
    """The paper's dV%: 100 |V - V_ref| / V_ref, unsigned, in percent.

    Raises:
        NoValue: The reference volume is zero.
        ValueError: A volume is negative or not a number.
    """
    for name, volume in (("predicted", predicted_ml), ("reference", reference_ml)):
        if not volume >= 0 or not np.isfinite(volume):
            raise ValueError(f"the {name} volume is {volume} mL; give a finite volume of 0 mL or more.")
    if reference_ml == 0:
        raise NoValue("the reference is empty")
    return 100.0 * abs(predicted_ml - reference_ml) / reference_ml


def hd95_mm(predicted: np.ndarray, reference: np.ndarray, spacing_mm: Sequence[float]) -> float:
    """95th percentile Hausdorff distance between the surfaces of two masks, in mm.

    Surface voxels are those with a face neighbour outside the mask; distances run between voxel centres. The
    95th percentile is taken for each direction and the larger one is returned, as DeepMind's surface-distance
    and MONAI do (medpy pools the two directions and gives slightly less).

    Args:
        predicted: Mask, 2D or 3D.
        reference: Mask of the same shape.
        spacing_mm: Voxel size in mm for each axis of the masks, in their order.

    Raises:
        NoValue: One of the masks is empty.
        ValueError: Shapes differ, or the spacing does not fit or is not positive.

    Source: Huttenlocher et al., IEEE TPAMI 15:850 (1993); Maier-Hein et al., Nat Methods 21:195 (2024).
    """
    predicted, reference = _masks(predicted, reference)
    spacing = np.asarray(spacing_mm, dtype=float)
    if spacing.shape != (predicted.ndim,) or not (spacing > 0).all():
        raise ValueError(f"spacing {tuple(spacing_mm)} does not fit masks of shape {predicted.shape}.")
    surface_predicted = _surface_points_mm(predicted, spacing, "prediction")
    surface_reference = _surface_points_mm(reference, spacing, "reference")
    to_reference, _ = KDTree(surface_reference).query(surface_predicted)
    to_predicted, _ = KDTree(surface_predicted).query(surface_reference)
    return float(max(np.percentile(to_reference, 95), np.percentile(to_predicted, 95)))


def _surface_points_mm(mask: np.ndarray, spacing_mm: np.ndarray, name: str) -> np.ndarray:
    """Centres of the surface voxels, (N, ndim) in mm from the array's first voxel."""
    box = bounding_box(mask)
    if box is None:
        raise NoValue(f"the {name} is empty")
    inside = mask[box]
    surface = inside & np.logical_not(ndimage.binary_erosion(inside))
    return (np.argwhere(surface) + [part.start for part in box]) * spacing_mm


def _masks(predicted: np.ndarray, reference: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both as boolean arrays of one shape."""
    predicted, reference = np.asarray(predicted), np.asarray(reference)
    if predicted.shape != reference.shape:
        raise ValueError(
            f"the predicted mask has shape {predicted.shape}, the reference {reference.shape}; "
            "resample one onto the other's grid first."
        )
    return predicted.astype(bool, copy=False), reference.astype(bool, copy=False)
