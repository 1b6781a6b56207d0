"""One solid part of a probability map: a patient has one heart, and it has no holes."""

from __future__ import annotations

import numpy as np
from scipy import ndimage


def one_part(probability: np.ndarray) -> np.ndarray:
    """Keeps the largest part at or above one half and closes its holes.

    Args:
        probability: ``(K, J, I)``, from 0 to 1.

    Returns:
        The same shape, float32; all zero where nothing reaches one half.
    """
    parts = np.asarray(ndimage.label(probability >= 0.5)[0])  # pyright: ignore[reportIndexIssue]
    if not parts.any():
        return np.zeros(probability.shape, np.float32)
    largest = parts == 1 + np.argmax(np.bincount(parts.ravel())[1:])
    solid = np.asarray(ndimage.binary_fill_holes(largest))
    # The fringe below one half stays, so that the border is interpolated smoothly on a finer grid.
    near = np.asarray(ndimage.binary_dilation(solid, iterations=2))
    kept = np.where(near, np.minimum(probability, np.where(solid, 1.0, 0.499)), 0.0)
    return np.where(solid & (kept < 0.5), 0.75, kept).astype(np.float32)
