"""A patient of blocks whose chambers are known, for the tests of everything that comes after the synthesis."""

from __future__ import annotations

from typing import Any

import numpy as np
import SimpleITK as sitk

from SyntheticCECTLib.core.case import CaseResult, PreparedCase, segment_case
from SyntheticCECTLib.core.errors import Notice
from SyntheticCECTLib.core.pipeline import Synthesis

SHAPE_KJI, SPACING_MM = (12, 40, 48), (2.0, 2.0, 5.0)
HEART = (slice(2, 10), slice(8, 32), slice(10, 40))
LA, LV = (slice(3, 9), slice(22, 30), slice(14, 26)), (slice(3, 9), slice(10, 20), slice(22, 38))
LA_ML, LV_ML = 6 * 8 * 12 * 0.02, 6 * 10 * 16 * 0.02


def image_of(array_kji: np.ndarray) -> sitk.Image:
    image = sitk.GetImageFromArray(array_kji)
    image.SetSpacing(SPACING_MM)
    image.SetOrigin((-40.0, -30.0, 100.0))
    return image


def blocks(**value_of: float) -> np.ndarray:
    """int16 (K, J, I): 40 HU with air in front, and the named blocks at other values."""
    array = np.full(SHAPE_KJI, 40, dtype=np.int16)
    array[:, :3] = -1000
    for name, value in value_of.items():
        array[globals()[name]] = value
    return array


def labels() -> sitk.Image:
    """LA = 1, LV = 2."""
    array = np.zeros(SHAPE_KJI, dtype=np.uint8)
    array[LA], array[LV] = 1, 2
    return image_of(array)


def synthesis(**changes: Any) -> Synthesis:
    """Chambers at 340 (LA) and 400 HU (LV) amid 40 HU."""
    native, synthetic = blocks(), blocks(LA=340, LV=400)
    mask = np.zeros(SHAPE_KJI, dtype=np.uint8)
    mask[HEART] = 1
    side = np.zeros(SHAPE_KJI, dtype=np.uint8)
    side[HEART] = 1
    side[:, :21] *= 2
    fields: dict[str, Any] = dict(
        native_ct=image_of(native),
        synthetic_cect=image_of(synthetic),
        enhancement_hu=image_of((synthetic - native).astype(np.int16)),
        heart_mask=image_of(mask),
        chamber_prior=image_of(side),
        model_id="blocks",
        model_sha256="ab" * 32,
        model_settings_sha256="ef" * 32,
        default_threshold_hu=300.0,
        seconds={"network": 0.5},
        notices=[],
    )
    return Synthesis(**(fields | changes))


def prepared_case(**changes: Any) -> PreparedCase:
    """With reference and CECT, both exactly as predicted."""
    made = synthesis()
    fields: dict[str, Any] = dict(
        synthesis=made,
        description="blocks, 48 x 40 x 12 voxels",
        input_sha256="cd" * 32,
        cect=made.synthetic_cect,
        reference=labels(),
        notices=(Notice("thick_slices", "The slices are 5 mm thick."),),
        seconds={"network": 0.5},
    )
    return PreparedCase(**(fields | changes))


def case_result(threshold_hu: float | None = None, **changes: Any) -> CaseResult:
    return segment_case(prepared_case(**changes), threshold_hu)
