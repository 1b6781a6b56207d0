"""Volumes and agreement of chambers within the slices that were read."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk

from ..core.common_grid import axial_view, voxel_ml
from ..core.metrics import overlap
from ..core.metrics.chamber_agreement import LA, LV
from ..core.metrics.figures import Figures
from ..core.metrics.no_value import NoValue


@dataclass(frozen=True)
class SliceFigures:
    """Figures of one mask.

    Attributes:
        la_ml: Volume of the left atrium within the slices; a voxel counts with its full slice thickness.
        lv_ml: Of the left ventricle.
        dice: Of LA and LV together against the truth, mean over the slices, as the paper's; None without truth.
        dice_la: Of the left atrium, the slices taken as one body.
        dice_lv: Of the left ventricle.
        dv_percent: The paper's unsigned volume error.
    """

    la_ml: float
    lv_ml: float
    dice: float | None = None
    dice_la: float | None = None
    dice_lv: float | None = None
    dv_percent: float | None = None


def slice_figures(labels: sitk.Image, truth: sitk.Image | None, slices: tuple[int, ...]) -> SliceFigures:
    """Measure a mask.

    Args:
        labels: LA = 1, LV = 2.
        truth: The same on the same grid, or None.
        slices: Axial slices that count; empty for all.

    Raises:
        ValueError: The grids have different sizes.
    """
    unit_ml = voxel_ml(labels)
    drawn = _those(labels, slices)
    ml = {label: float(np.count_nonzero(drawn == label)) * unit_ml for label in (LA, LV)}
    if truth is None:
        return SliceFigures(ml[LA], ml[LV])
    true, figures = _those(truth, slices), Figures()
    figures.add("dice", _mean_dice, drawn, true)
    for key, label in (("dice_la", LA), ("dice_lv", LV)):
        if (true == label).any():  # a Dice of 0 would blame the reader for what nobody drew
            figures.add(key, overlap.dice, drawn == label, true == label)
    true_ml = float(np.count_nonzero((true == LA) | (true == LV))) * unit_ml
    figures.add("dv_percent", overlap.volume_error_percent, ml[LA] + ml[LV], true_ml)
    value = figures.values.get
    return SliceFigures(
        ml[LA], ml[LV], value("dice"), value("dice_la"), value("dice_lv"), value("dv_percent")
    )


def _those(image: sitk.Image, slices: tuple[int, ...]) -> np.ndarray:
    view = axial_view(image)
    return view[list(slices)] if slices else view


def _mean_dice(drawn: np.ndarray, true: np.ndarray) -> float:
    dices = overlap.dice_per_slice((drawn == LA) | (drawn == LV), (true == LA) | (true == LV))
    if not dices:
        raise NoValue("the reference has no chambers on these slices")
    return float(np.mean(list(dices.values())))
