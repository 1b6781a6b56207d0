"""Finds the heart, and coarsely its left chambers, on a CT without contrast agent."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk
import torch

from .networks.heart_network import SIZE_MULTIPLE
from .networks.inference import HU_PER_UNIT, HU_RANGE, exact_cudnn
from .solid_part import one_part
from .working_grid import WorkingGrid, grid_over

SPACING_MM = 3.0


@dataclass(frozen=True)
class HeartMap:
    """Probabilities on the heart finder's grid, ``(K, J, I)`` float32 from 0 to 1."""

    grid: WorkingGrid
    heart: np.ndarray
    la: np.ndarray
    lv: np.ndarray

    @property
    def volume_ml(self) -> float:
        """Of the heart."""
        return float(np.count_nonzero(self.heart >= 0.5) * np.prod(self.grid.spacing_xyz) / 1000)

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
    with torch.inference_mode(), torch.autocast(device.type, enabled=False), exact_cudnn():
        logits = network.to(device)(torch.from_numpy(chest).to(device)[None, None])[0]
        heart, la, lv = logits.sigmoid().float().cpu().numpy()
    return HeartMap(grid, one_part(heart), la, lv)
