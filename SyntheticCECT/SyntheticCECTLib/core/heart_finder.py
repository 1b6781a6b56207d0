"""Finds the heart, and coarsely its left chambers, on a CT without contrast agent."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk
import torch
from scipy import ndimage

from .networks.heart_network import SIZE_MULTIPLE
from .networks.inference import HU_PER_UNIT, HU_RANGE
from .working_grid import WorkingGrid, grid_over

SPACING_MM = 3.0


@dataclass(frozen=True)
class HeartMap:
    """Probabilities on the heart finder's grid, ``(K, J, I)`` float32 from 0 to 1."""

    grid: WorkingGrid
    heart: np.ndarray
    la: np.ndarray
    lv: np.ndarray

    def extent_mm(self) -> tuple[np.ndarray, np.ndarray] | None:
        """Lower and upper corner of the heart in mm, or None where there is none."""
        found = np.argwhere(self.heart >= 0.5)
        if not len(found):
            return None
        origin, spacing = np.array(self.grid.origin_xyz), np.array(self.grid.spacing_xyz)
        return origin + found.min(0)[::-1] * spacing, origin + found.max(0)[::-1] * spacing


def find_heart(axial: sitk.Image, network: torch.nn.Module, device: torch.device) -> HeartMap:
    """Runs the heart finder on a scan whose axes run nearest to LPS.

    Args:
        axial: CT in HU.
        network: `HeartFinder`, on any device.
        device: Where to run it.
    """
    grid = grid_over(axial, SPACING_MM, SIZE_MULTIPLE)
    chest = np.clip(grid.sample(axial), *HU_RANGE) / np.float32(HU_PER_UNIT)
    with torch.inference_mode(), torch.autocast(device.type, enabled=False):
        logits = network.to(device)(torch.from_numpy(chest).to(device)[None, None])[0]
        heart, la, lv = logits.sigmoid().float().cpu().numpy()
    return HeartMap(grid, _one_heart(heart), la, lv)


def _one_heart(probability: np.ndarray) -> np.ndarray:
    """Keeps the largest find and closes its holes: a patient has one heart, and it is solid."""
    parts = np.asarray(ndimage.label(probability >= 0.5)[0])  # pyright: ignore[reportIndexIssue]
    if not parts.any():
        return np.zeros_like(probability)
    largest = parts == 1 + np.argmax(np.bincount(parts.ravel())[1:])
    solid = np.asarray(ndimage.binary_fill_holes(largest))
    # The fringe below one half stays, so that the border is interpolated smoothly on a finer grid.
    near = np.asarray(ndimage.binary_dilation(solid, iterations=2))
    kept = np.where(near, np.minimum(probability, np.where(solid, 1.0, 0.499)), 0.0)
    return np.where(solid & (kept < 0.5), 0.75, kept).astype(np.float32)
