"""What makes a pair suspect: each doubt in words, with its value and its limit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy import ndimage

from SyntheticCECTLib.core.chambers import PLAUSIBLE_ML
from SyntheticCECTLib.core.formats.grid import AIR_HU
from SyntheticCECTLib.phantom.training_sample import TrainingSample

VOXEL_MM_KJI = (3.0, 1.5, 1.5)
SAME_PICTURE = 0.98
_VOXEL_ML = 3.0 * 1.5 * 1.5 / 1000
_SILHOUETTE_HU = -200.0


@dataclass(frozen=True)
class Doubt:
    """One reason not to train on a pair: a stable word, and a sentence."""

    code: str
    message: str

    def as_dict(self) -> dict[str, str]:
        return asdict(self)


@dataclass(frozen=True)
class PairLimits:
    """What a sound pair keeps to.

    Attributes:
        rest_shift_mm: Largest shift of the heart that is left after registration.
        silhouette_dice: Smallest agreement of the heart's outline in both scans; less means another phase or size.
        outside_heart: Largest share of the chambers outside the heart mask.
        uncovered_heart: Largest share of the heart that the CECT does not show.
        native_blood_hu: Range of blood without contrast.
        cect_blood_hu: Least HU of blood with contrast.
        identical_hu: Mean difference below which two scans are one.
        contrast_gain_hu: Least rise of the chambers' HU from CT to CECT.
    """

    rest_shift_mm: float = 4.0
    silhouette_dice: float = 0.90
    outside_heart: float = 0.10
    uncovered_heart: float = 0.02
    native_blood_hu: tuple[float, float] = (5.0, 90.0)
    cect_blood_hu: float = 150.0
    identical_hu: float = 3.0
    contrast_gain_hu: float = 80.0


def measure_pair(sample: TrainingSample, provenance: Mapping[str, Any]) -> dict[str, Any]:
    """Figures that `judge_pair` looks at; plain types, ``None`` where something cannot be measured."""
    native, cect, labels = (
        a.astype(np.float32) for a in (sample.heart_native, sample.heart_cect, sample.heart_labels)
    )
    drawn, near = labels >= 2, labels >= 1
    # The heart with the border to the lungs, whose place both scans show whatever the contrast.
    around = np.asarray(ndimage.binary_dilation(near, np.ones((1, 3, 3)), iterations=6), bool) & (
        cect > AIR_HU
    )
    inner = np.asarray(ndimage.binary_erosion(drawn, np.ones((1, 3, 3)), iterations=2), bool)
    blood = inner if inner.any() else drawn
    silhouettes = [(image > _SILHOUETTE_HU) & around for image in (native, cect)]
    return {
        "rest_shift_mm": rest_shift_mm(native, cect, around) if around.any() else None,
        "silhouette_dice": _dice(*silhouettes),
        "mean_difference_hu": float(np.abs(native - cect)[near].mean()) if near.any() else None,
        "native_blood_hu": float(np.median(native[blood])) if blood.any() else None,
        "cect_blood_hu": float(np.median(cect[blood])) if blood.any() else None,
        "la_ml": float((labels == 2).sum() * _VOXEL_ML),
        "lv_ml": float((labels == 3).sum() * _VOXEL_ML),
        "chambers_outside_heart": provenance["chambers_outside_heart"],
        # Nothing in a heart is as dark as air, which stands where the CECT shows nothing.
        "uncovered_heart": float((cect <= AIR_HU)[near].mean()) if near.any() else None,
    }


def judge_pair(
    figures: Mapping[str, Any], provenance: Mapping[str, Any], limits: PairLimits | None = None
) -> list[Doubt]:
    """All that speaks against a pair; empty when nothing does."""
    limits, doubts = limits or PairLimits(), []

    def doubt(code: str, wrong: bool, message: str) -> None:
        if wrong:
            doubts.append(Doubt(code, message))

    registration = provenance["registration"]
    for reason in registration["reasons"]:
        doubts.append(Doubt("registration_implausible", reason))
    before, after = figures["native_blood_hu"], figures["cect_blood_hu"]
    identical = (
        figures["mean_difference_hu"] is not None and figures["mean_difference_hu"] < limits.identical_hu
    )
    doubt(
        "identical",
        identical,
        f"CT and CECT differ by {figures['mean_difference_hu']} HU only: they are one scan.",
    )
    if before is None or after is None:
        doubts.append(Doubt("no_chambers", "No chamber lies inside the prepared images."))
    else:
        swapped = before - after > limits.contrast_gain_hu
        doubt(
            "swapped",
            swapped,
            f"The chambers measure {before:.0f} HU in the CT and {after:.0f} HU in the CECT: swapped.",
        )
        if not swapped and not identical:
            low, high = limits.native_blood_hu
            doubt(
                "native_hu",
                not low <= before <= high,
                f"The chambers measure {before:.0f} HU in the CT; {low:g} to {high:g} HU are expected.",
            )
            doubt(
                "cect_hu",
                after < limits.cect_blood_hu,
                f"The chambers measure {after:.0f} HU in the CECT; at least {limits.cect_blood_hu:g} are expected.",
            )
    shift, outline = figures["rest_shift_mm"], figures["silhouette_dice"]
    doubt(
        "rest_shift",
        shift is not None and shift > limits.rest_shift_mm,
        f"After registration the heart is still {shift} mm off; at most {limits.rest_shift_mm:g} mm are expected.",
    )
    doubt(
        "heart_differs",
        outline is not None and outline < limits.silhouette_dice,
        f"The outlines of the heart agree by {outline} (Dice); at least {limits.silhouette_dice:g} is expected: another "
        "phase, breath or patient.",
    )
    outside = figures["chambers_outside_heart"]
    doubt(
        "outside_heart",
        outside > limits.outside_heart,
        f"{100 * outside:.0f} % of the chambers lie outside the heart mask; at most {100 * limits.outside_heart:g} % should.",
    )
    uncovered = figures["uncovered_heart"]
    doubt(
        "uncovered_heart",
        uncovered is not None and uncovered > limits.uncovered_heart,
        f"The CECT does not show {100 * (uncovered or 0):.1f} % of the heart; at most {100 * limits.uncovered_heart:g} % may "
        "be missing.",
    )
    for key, (least, most) in PLAUSIBLE_ML.items():
        volume = figures[f"{key}_ml"]
        doubt(
            f"{key}_volume",
            not least <= volume <= most,
            f"{key.upper()} has {volume:.0f} mL; {least:g} to {most:g} mL live.",
        )
    return doubts


def rest_shift_mm(native: np.ndarray, cect: np.ndarray, around: np.ndarray) -> float:
    """How far the heart's outline is off after registration, mm, by phase correlation (Kuglin & Hines 1975).

    Both images are clipped to lung, fat and soft tissue, so that contrast does not show.

    Args:
        native: (K, J, I) HU on the working grid.
        cect: The same.
        around: Where to look.
    """
    # A soft border: a sharp one would show in both images and pretend that nothing moved.
    soft = ndimage.gaussian_filter(around.astype(np.float32), (2, 4, 4))
    one, other = ((np.clip(image, -300, 20) + 300) * soft for image in (native, cect))
    window = np.ix_(*(np.hanning(n + 2)[1:-1] for n in native.shape))
    taper = window[0] * window[1] * window[2]
    a, b = (np.fft.rfftn((image - image.mean()) * taper) for image in (one, other))
    cross = a * np.conj(b)
    # Whitening sharpens the peak; a floor keeps frequencies without signal from shouting.
    strength = np.abs(cross)
    surface = np.fft.irfftn(cross / np.sqrt(strength + 1e-3 * strength.max()), native.shape, axes=(0, 1, 2))
    peak = np.unravel_index(int(np.argmax(surface)), surface.shape)
    shift = [_refined(surface, peak, axis) for axis in range(3)]
    return round(float(np.linalg.norm(np.array(shift) * VOXEL_MM_KJI)), 2)


def fingerprint(sample: TrainingSample) -> np.ndarray:
    """A small picture of the heart (512,), mean 0 and length 1, by which a patient who comes twice is known."""
    native = np.clip(sample.heart_native.astype(np.float32), -200, 300)
    small = np.asarray(ndimage.zoom(native, [8 / n for n in native.shape], order=1)).ravel()
    small -= small.mean()
    return small / max(float(np.linalg.norm(small)), 1e-9)


def _refined(surface: np.ndarray, peak: tuple[np.intp, ...], axis: int) -> float:
    """Place of the peak along an axis, between voxels by a parabola, from -n/2 to n/2."""
    n = surface.shape[axis]
    values = []
    for step in (-1, 0, 1):
        index = [int(p) for p in peak]
        index[axis] = (index[axis] + step) % n
        values.append(float(surface[tuple(index)]))
    bend = values[0] - 2 * values[1] + values[2]
    place = int(peak[axis]) + (0.5 * (values[0] - values[2]) / bend if bend else 0.0)
    return place - n if place > n / 2 else place


def _dice(one: np.ndarray, other: np.ndarray) -> float | None:
    total = int(one.sum() + other.sum())
    return round(2 * int((one & other).sum()) / total, 3) if total else None
