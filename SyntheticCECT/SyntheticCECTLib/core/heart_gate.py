"""Decides, once the heart is found, whether it is whole and without contrast."""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk
from scipy import ndimage

from .errors import InputRefused, Notice
from .formats.grid import AIR_HU
from .orientation import to_axial

SMALLEST_HEART_ML = 60.0
"""An infant's heart; anything smaller is a stray find."""
LARGEST_HEART_ML = 2500.0
"""Beyond the most dilated heart; a find that large has run into its neighbours."""
SMALL_HEART_ML, LARGE_HEART_ML = 250.0, 1800.0
CUT_OFF_SHARE, TOUCHING_SHARE = 0.30, 0.02
"""Area of the heart on the scan's outermost plane, as a share of its largest area in that direction."""
BLOOD_HU = 75.0
"""Blood without contrast reads 30-65 HU (haematocrit 25-60 %); a median above this is contrast."""
BRIGHT_HU = 110.0
"""A tenth of the inner heart above this is contrast in some chambers; calcium and leads stay below a tenth."""
INNER_MM = 8.0
"""Depth below the heart's surface where fat and lung no longer count."""
_FACES = ("left-right", "front-back", "foot-head")


def inspect_heart(image: sitk.Image, heart_mask: sitk.Image) -> list[Notice]:
    """Checks that the heart is there, is whole, and holds no contrast agent.

    Args:
        image: CT in HU on its own grid, in any orientation.
        heart_mask: Heart = not 0, on the same grid.

    Returns:
        Notices ``contrast_present``, ``heart_touches_edge``, ``heart_beyond_field``, ``heart_size``.

    Raises:
        InputRefused: ``heart_absent`` for an empty or tiny mask, ``heart_cut_off`` where much is missing; where the
            chest seems to hold contrast agent, which is why a heart is not found, the message begins with that.
        ValueError: The mask is not on the image's grid.
    """
    if image.GetSize() != heart_mask.GetSize():
        raise ValueError(f"heart mask of size {heart_mask.GetSize()} for an image of size {image.GetSize()}")
    axial, mask_image = to_axial(image), to_axial(heart_mask)
    try:
        return _inspected(axial, sitk.GetArrayViewFromImage(mask_image) != 0)
    except InputRefused as refusal:
        # It imports torch, which takes a second: whoever only imports this module must not wait for it.
        from .chest_contrast import with_contrast_named

        raise with_contrast_named(refusal, axial) from None


def _inspected(axial: sitk.Image, mask: np.ndarray) -> list[Notice]:
    spacing_xyz = axial.GetSpacing()
    volume_ml = float(mask.sum()) * float(np.prod(spacing_xyz)) / 1000
    if volume_ml < SMALLEST_HEART_ML:
        found = "No heart was found" if volume_ml == 0 else f"Only {volume_ml:.0f} mL of heart were found"
        raise InputRefused(
            "heart_absent", f"{found} in the scan.",
            "Give a CT that holds the whole heart, or a heart mask drawn by hand.",
        )  # fmt: skip
    box = ndimage.find_objects(mask.astype(np.uint8))[0]
    array = sitk.GetArrayViewFromImage(axial)
    notices = _borders(mask, box)
    notices += _field(array[box], mask[box])
    if not SMALL_HEART_ML <= volume_ml <= LARGE_HEART_ML:
        usual = f"{SMALL_HEART_ML:g} to {LARGE_HEART_ML:g} mL are usual in adults"
        notices.append(
            Notice("heart_size", f"The heart found has {volume_ml:.0f} mL; {usual}. Check the heart mask.")
        )
    return notices + _contrast(array[box], mask[box], np.array(spacing_xyz[::-1]))


def _borders(mask: np.ndarray, box: tuple[slice, ...]) -> list[Notice]:
    """How much of the heart lies on the scan's outermost planes: there it goes on outside."""
    notices = []
    for axis in range(3):
        areas = mask.sum(axis=tuple(other for other in range(3) if other != axis))
        share = float(max(areas[0], areas[-1]) / areas.max())
        if share < TOUCHING_SHARE:
            continue
        face = _FACES[2 - axis]
        edge = f"The heart reaches the scan's {face} edge with {100 * share:.0f} % of its largest area"
        if share >= CUT_OFF_SHARE:
            raise InputRefused(
                "heart_cut_off", f"{edge}: it is cut off.", "Give a CT that holds the whole heart."
            )
        notices.append(Notice("heart_touches_edge", f"{edge}: a little of it may be missing."))
    return notices


def _field(array: np.ndarray, mask: np.ndarray) -> list[Notice]:
    """How much of the heart mask lies where the scanner reconstructed nothing (corners of a round field)."""
    share = float((array[mask] <= AIR_HU).mean())
    if share < TOUCHING_SHARE:
        return []
    message = f"{100 * share:.0f} % of the heart lies outside the scan's round field of view"
    if share >= 0.15:
        raise InputRefused(
            "heart_cut_off", f"{message}: it is cut off.", "Reconstruct with a larger field of view."
        )
    return [Notice("heart_beyond_field", f"{message}.")]


def _contrast(array: np.ndarray, mask: np.ndarray, spacing_kji: np.ndarray) -> list[Notice]:
    """Measures the inner heart, smoothed, without fat and lung."""
    # Every second or third pixel of the smoothed image says the same and is quick on a 512 x 512 scan.
    smooth = ndimage.gaussian_filter(
        array, np.minimum(2.0 / spacing_kji, 4.0) * [0.5, 1.0, 1.0], truncate=2.5
    )
    step = np.maximum(1, np.round(2.0 / spacing_kji)).astype(int)
    thinned = tuple(slice(None, None, int(every)) for every in step)
    inside, values = np.pad(mask[thinned], 1), smooth[thinned]
    depth = np.asarray(ndimage.distance_transform_edt(inside, sampling=spacing_kji * step))
    depth = depth[1:-1, 1:-1, 1:-1]
    inner = values[(depth >= min(INNER_MM, 0.5 * float(depth.max()))) & (values > -20)]
    if inner.size < 20:
        return []
    median, bright = float(np.median(inner)), float(np.percentile(inner, 90))
    if median <= BLOOD_HU and bright <= BRIGHT_HU:
        return []
    return [
        Notice(
            "contrast_present",
            f"The heart measures {median:.0f} HU (its brightest tenth above {bright:.0f} HU); blood without "
            f"contrast measures 30 to 65 HU. The scan seems to hold contrast already: the synthetic contrast "
            f"is not to be trusted.",
        )
    ]
