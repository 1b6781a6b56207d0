"""Predicted against reference LA and LV: overlap, volume and surface, of the scan and of each slice."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import SimpleITK as sitk

from ..bounding_box import bounding_box
from ..common_grid import axial_spacing, axial_view, voxel_ml
from . import overlap
from .figures import Figures
from .no_value import NoValue

LA, LV = 1, 2


@dataclass
class ChamberAgreement:
    """What `compare_chambers` found; see `agreement.Agreement` for the meaning."""

    patient: Figures
    by_slice: dict[int, Figures]
    predicted_ml: dict[str, float] = field(default_factory=dict)
    reference_ml: dict[str, float] = field(default_factory=dict)
    reference_in_heart_percent: float | None = None


def compare_chambers(
    predicted: sitk.Image, reference: sitk.Image, heart_kji: np.ndarray | None
) -> ChamberAgreement:
    """All chamber figures of the scan and of each slice on which the reference has LA or LV.

    Args:
        predicted: Label image, LA = 1, LV = 2.
        reference: The same, on the same grid.
        heart_kji: Heart mask in the order of `axial_view`, or ``None``; only for the share of the reference
            that lies inside it.
    """
    labels_p, labels_r = axial_view(predicted), axial_view(reference)
    box = bounding_box((labels_p == LA) | (labels_p == LV) | (labels_r == LA) | (labels_r == LV))
    # Without any chamber a single voxel keeps every figure on its ordinary path to "no value".
    box = box or (slice(0, 1),) * 3
    p, r = _chambers(labels_p[box]), _chambers(labels_r[box])
    spacing, unit_ml = axial_spacing(predicted), voxel_ml(predicted)
    found = ChamberAgreement(
        patient=_of_patient(p, r, spacing),
        by_slice={
            box[0].start + int(k): _of_slice(p, r, int(k), spacing)
            for k in np.flatnonzero(r["union"].any(axis=(1, 2)))
        },
        predicted_ml={name: np.count_nonzero(mask) * unit_ml for name, mask in p.items()},
        reference_ml={name: np.count_nonzero(mask) * unit_ml for name, mask in r.items()},
    )
    if heart_kji is not None and r["union"].any():
        inside = np.count_nonzero(r["union"] & heart_kji[box])
        found.reference_in_heart_percent = 100.0 * inside / np.count_nonzero(r["union"])
    return found


def _of_patient(
    p: dict[str, np.ndarray], r: dict[str, np.ndarray], spacing: tuple[float, float, float]
) -> Figures:
    dices = overlap.dice_per_slice(p["union"], r["union"])
    both = [value for k, value in dices.items() if r["la"][k].any() and r["lv"][k].any()]
    figures = Figures()
    figures.add("dice", _mean, list(dices.values()), "the reference has no chambers")
    figures.add("dice_sd", _sd, list(dices.values()))
    figures.add("dice_both_chambers", _mean, both, "no slice of the reference has both LA and LV")
    for suffix, name in (("", "union"), ("_la", "la"), ("_lv", "lv")):
        figures.add(f"dice{suffix or '_volume'}", _dice, p[name], r[name])
        figures.add(f"dv_percent{suffix}", _volume_error_percent, p[name], r[name])
        figures.add(f"hd95_mm{suffix}", overlap.hd95_mm, p[name], r[name], spacing)
    return figures


def _of_slice(
    p: dict[str, np.ndarray], r: dict[str, np.ndarray], k: int, spacing: tuple[float, float, float]
) -> Figures:
    figures = Figures()
    figures.add("dice", _dice, p["union"][k], r["union"][k])
    figures.add("dice_la", _dice, p["la"][k], r["la"][k])
    figures.add("dice_lv", _dice, p["lv"][k], r["lv"][k])
    figures.add("dv_percent", _volume_error_percent, p["union"][k], r["union"][k])
    figures.add("hd95_mm", overlap.hd95_mm, p["union"][k], r["union"][k], spacing[1:])
    return figures


def _chambers(labels: np.ndarray) -> dict[str, np.ndarray]:
    la, lv = labels == LA, labels == LV
    return {"la": la, "lv": lv, "union": la | lv}


def _dice(predicted: np.ndarray, reference: np.ndarray) -> float:
    if not reference.any():
        raise NoValue("the reference is empty")  # a Dice of 0 would blame the prediction for what nobody drew
    return overlap.dice(predicted, reference)


def _volume_error_percent(predicted: np.ndarray, reference: np.ndarray) -> float:
    # Voxels of one grid have one size, so counts do for volumes.
    return overlap.volume_error_percent(
        float(np.count_nonzero(predicted)), float(np.count_nonzero(reference))
    )


def _mean(values: list[float], why_empty: str) -> float:
    if not values:
        raise NoValue(why_empty)
    return float(np.mean(values))


def _sd(values: list[float]) -> float:
    if len(values) < 2:
        raise NoValue("the reference has chambers on fewer than two slices")
    return float(np.std(values, ddof=1))
