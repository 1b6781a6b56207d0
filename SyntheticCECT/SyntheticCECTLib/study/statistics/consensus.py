"""STAPLE: a consensus of the readers as an alternative reference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk

from ...core.bounding_box import bounding_box
from ...core.metrics.chamber_agreement import LA, LV
from ...core.metrics.no_value import NoValue
from .estimate import require

MARGIN_VOXELS = 3
CHAMBERS = {"la": LA, "lv": LV}


@dataclass(frozen=True)
class Performance:
    """How often a reader marks what the consensus holds, and leaves out what it does not, 0..1."""

    sensitivity: float
    specificity: float


@dataclass(frozen=True)
class Consensus:
    """Attributes:
    chambers: Label image on the readers' grid, LA = 1, LV = 2.
    performance: Reader -> chamber (``la``, ``lv``) -> performance; a chamber that nobody drew is missing.
    """

    chambers: sitk.Image
    performance: Mapping[str, Mapping[str, Performance]]


def staple(drawn: Mapping[str, sitk.Image]) -> Consensus:
    """Estimates the true chambers and every reader's performance from the readers' chambers alone.

    Each chamber is estimated by itself within the box around all readers' masks and `MARGIN_VOXELS`: background
    far from any mask would only push every specificity to 1. A voxel belongs to the chamber of higher probability,
    if that is at least 0.5.

    Args:
        drawn: Reader -> label image, LA = 1, LV = 2, all on one grid.

    Raises:
        NoValue: Fewer than three readers (two cannot outvote one another), or nobody drew anything.
        ValueError: The grids differ in size.

    Source: Warfield, Zou & Wells, IEEE TMI 23:903 (2004), through SimpleITK's STAPLEImageFilter.
    """
    require(len(drawn), 3, "readers")
    grid = next(iter(drawn.values()))
    for reader, image in drawn.items():
        if image.GetSize() != grid.GetSize():
            raise ValueError(f"{reader}'s chambers have size {image.GetSize()}, others {grid.GetSize()}.")
    labels = {reader: sitk.GetArrayViewFromImage(image) for reader, image in drawn.items()}
    probability: dict[int, np.ndarray] = {}
    performance: dict[str, dict[str, Performance]] = {reader: {} for reader in drawn}
    for name, label in CHAMBERS.items():
        masks = {reader: array == label for reader, array in labels.items()}
        box = bounding_box(np.any(list(masks.values()), axis=0), margin=(MARGIN_VOXELS,) * 3)
        if box is None:
            continue
        found = sitk.STAPLEImageFilter()
        found.SetForegroundValue(1.0)
        inside = found.Execute(
            [sitk.GetImageFromArray(mask[box].astype(np.uint8)) for mask in masks.values()]
        )
        probability[label] = np.zeros(grid.GetSize()[::-1])
        probability[label][box] = sitk.GetArrayViewFromImage(inside)
        rates = zip(drawn, found.GetSensitivity(), found.GetSpecificity(), strict=True)
        for reader, sensitivity, specificity in rates:
            performance[reader][name] = Performance(float(sensitivity), float(specificity))
    if not probability:
        raise NoValue("nobody drew a chamber")
    nothing = np.zeros(grid.GetSize()[::-1])
    la, lv = probability.get(LA, nothing), probability.get(LV, nothing)
    likely = np.where(lv > la, LV, LA)
    chambers = sitk.GetImageFromArray(np.where(np.maximum(la, lv) >= 0.5, likely, 0).astype(np.uint8))
    chambers.CopyInformation(grid)
    return Consensus(chambers, performance)
