"""Synthetic CECT against real CECT inside the heart mask, of the scan and of each slice."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ..bounding_box import bounding_box
from . import similarity
from .figures import Figures
from .metric_catalogue import IMAGE_KEYS
from .no_value import NoValue

# A resliced CECT is filled with air where it did not reach. Heart tissue is never that dark, so those voxels
# are left out of the comparison and counted in `cect_covers_heart_percent`.
UNCOVERED_HU = -1024.0


@dataclass
class ImageAgreement:
    """What `compare_images` found; see `agreement.Agreement` for the meaning."""

    patient: Figures
    by_slice: dict[int, Figures] = field(default_factory=dict)
    cect_covers_heart_percent: float | None = None


def compare_images(synthetic_kji: np.ndarray, cect_kji: np.ndarray, heart_kji: np.ndarray) -> ImageAgreement:
    """All image figures of the heart mask and of its part on each slice.

    Args:
        synthetic_kji: (K, J, I) HU, axial slices first.
        cect_kji: The real CECT on the same grid.
        heart_kji: Boolean mask of the same shape.

    Raises:
        ValueError: An image holds NaN inside the mask.
    """
    found = ImageAgreement(Figures())
    box = bounding_box(heart_kji, margin=(0, similarity.SSIM_WINDOW, similarity.SSIM_WINDOW))
    if box is None:
        found.patient.leave_out(IMAGE_KEYS, "the heart mask is empty")
        return found
    synthetic, cect, heart = synthetic_kji[box], cect_kji[box], heart_kji[box]
    covered = heart & ~(cect <= UNCOVERED_HU)  # so written, NaN stays in and is refused
    found.cect_covers_heart_percent = 100.0 * np.count_nonzero(covered) / np.count_nonzero(heart)
    if not covered.any():
        found.patient.leave_out(IMAGE_KEYS, "the real CECT does not reach the heart mask")
        return found
    found.patient = _figures(synthetic[covered], cect[covered])
    in_slices = [int(k) for k in np.flatnonzero(covered.any(axis=(1, 2)))]
    of_slices = {k: _figures(synthetic[k][covered[k]], cect[k][covered[k]]) for k in in_slices}
    try:
        similarity_map = similarity.ssim_map(synthetic, cect, covered)
    except NoValue as why:
        for figures in (found.patient, *of_slices.values()):
            figures.leave_out(("ssim",), str(why))
    else:
        found.patient.add("ssim", similarity_map[covered].mean, None, np.float64)
        for k, figures in of_slices.items():
            figures.add("ssim", similarity_map[k][covered[k]].mean, None, np.float64)
    found.by_slice = {box[0].start + k: figures for k, figures in of_slices.items()}
    return found


def _figures(synthetic: np.ndarray, cect: np.ndarray) -> Figures:
    """All but SSIM, of the voxels inside the mask, (N,) HU each."""
    figures = Figures()
    figures.add("nmi", similarity.nmi, synthetic, cect)
    figures.add("nmi_skimage", similarity.nmi_skimage, synthetic, cect)
    figures.add("psnr_db", similarity.psnr_db, synthetic, cect, similarity.CT_RANGE_HU)
    figures.add("psnr_db_range_2000", similarity.psnr_db, synthetic, cect, similarity.NARROW_RANGE_HU)
    figures.add("mae_hu", similarity.mae_hu, synthetic, cect)
    return figures
