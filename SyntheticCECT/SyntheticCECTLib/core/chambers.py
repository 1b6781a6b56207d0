"""Left atrium and left ventricle: bright voxels of a synthetic CECT inside the heart, and their volumes."""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk
from scipy import ndimage

from .bounding_box import bounding_box
from .common_grid import voxel_ml
from .pipeline import Synthesis

LA, LV = 1, 2
SPECK_ML = 1.5
_SPECK_GRID_MM = 2.0
# Wider than anything published: below the smallest adult, above the most dilated chamber that lived.
PLAUSIBLE_ML = {"la": (8.0, 500.0), "lv": (15.0, 600.0)}
LARGEST_SHARE_OF_HEART = 0.72

Volume = dict[str, float | str | None]


class LiveChambers:
    """The chambers of one synthesis at any threshold, quickly enough for a slider.

    Args:
        synthesis: What to threshold.
    """

    def __init__(self, synthesis: Synthesis) -> None:
        self._grid = synthesis.heart_mask
        heart = sitk.GetArrayViewFromImage(synthesis.heart_mask) != 0
        self._box = bounding_box(heart) or (slice(0, 0),) * 3
        split = heart[self._box].astype(np.uint8) * LA
        if synthesis.chamber_prior is not None:
            split *= sitk.GetArrayViewFromImage(synthesis.chamber_prior)[self._box]
        self._split = split
        self._values = sitk.GetArrayViewFromImage(synthesis.synthetic_cect)[self._box].copy()
        spacing_kji = np.array(synthesis.heart_mask.GetSpacing()[::-1])
        self._step = tuple(int(n) for n in np.maximum(1, np.rint(_SPECK_GRID_MM / spacing_kji)))
        self._coarse_ml = float(np.prod(spacing_kji * self._step)) / 1000

    def at(self, threshold_hu: float) -> sitk.Image:
        """Labels (LA = 1, LV = 2, uint8) of voxels at or above the threshold inside the heart, without specks."""
        labels = np.where(self._values >= threshold_hu, self._split, np.uint8(0))
        self._remove_specks(labels)
        whole = np.zeros(self._grid.GetSize()[::-1], np.uint8)
        whole[self._box] = labels
        image = sitk.GetImageFromArray(whole)
        image.CopyInformation(self._grid)
        return image

    def _remove_specks(self, labels: np.ndarray) -> None:
        """Clears loose parts below `SPECK_ML`, found on every second millimetre or so."""
        coarse = labels[tuple(slice(None, None, n) for n in self._step)] > 0
        parts = np.asarray(ndimage.label(coarse)[0])  # pyright: ignore[reportIndexIssue]
        large = np.flatnonzero(np.bincount(parts.ravel())[1:] * self._coarse_ml >= SPECK_ML) + 1
        kept = ndimage.binary_dilation(np.isin(parts, large), np.ones((3, 3, 3)))
        for axis, step in enumerate(self._step):
            kept = np.repeat(kept, step, axis)
        labels *= kept[tuple(slice(0, n) for n in labels.shape)]


def segment(synthesis: Synthesis, threshold_hu: float) -> sitk.Image:
    """The chambers at one threshold; see `LiveChambers`, which is quicker for many thresholds.

    Args:
        synthesis: What to threshold.
        threshold_hu: Voxels at least this bright count.
    """
    return LiveChambers(synthesis).at(threshold_hu)


def measure(labels: sitk.Image, heart_mask: sitk.Image) -> dict[str, Volume]:
    """Volumes of LA and LV, each ``{"ml": value or None, "reason": why there is no value or None}``."""
    array = sitk.GetArrayViewFromImage(labels)
    ml = {
        key: float(np.count_nonzero(array == label) * voxel_ml(labels))
        for key, label in (("la", LA), ("lv", LV))
    }
    heart_ml = float(np.count_nonzero(sitk.GetArrayViewFromImage(heart_mask)) * voxel_ml(heart_mask))
    leaking = sum(ml.values()) > LARGEST_SHARE_OF_HEART * heart_ml > 0
    return {key: _verdict(value, *PLAUSIBLE_ML[key], leaking, heart_ml) for key, value in ml.items()}


def _verdict(ml: float, smallest: float, largest: float, leaking: bool, heart_ml: float) -> Volume:
    reason = None
    if ml == 0:
        reason = "nothing in the heart is as bright as the threshold; lower it"
    elif leaking:
        reason = (
            f"the bright voxels fill most of the {heart_ml:.0f} mL heart, so they are not only the chambers; "
            "raise the threshold"
        )
    elif not smallest <= ml <= largest:
        reason = f"{ml:.1f} mL is outside the plausible {smallest:g} to {largest:g} mL; check the heart mask and the threshold"
    return {"ml": None if reason else ml, "reason": reason}
