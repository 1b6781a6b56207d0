"""The heart on the scan's axial grid: the box it fills and the mask inside that box."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk

from .bounding_box import bounding_box
from .errors import InputRefused
from .working_grid import Box, box_on_scan, on_scan

MARGIN_MM = 6.0


@dataclass(frozen=True)
class HeartRegion:
    """Where the heart is.

    Attributes:
        axial: The scan, axes nearest to LPS.
        box: Voxels of the scan ``(k, j, i)`` that hold the heart.
        mask: Bool array of the box.
    """

    axial: sitk.Image
    box: Box
    mask: np.ndarray

    @classmethod
    def found(
        cls, probability: sitk.Image, extent: tuple[np.ndarray, np.ndarray] | None, axial: sitk.Image
    ) -> HeartRegion:
        """From a probability on any upright grid and its extent in mm; ``None`` where there is no heart."""
        if extent is None:
            nothing = slice(0, 1), slice(0, 1), slice(0, 1)
            return cls(axial, nothing, np.zeros((1, 1, 1), bool))
        box = box_on_scan(axial, extent[0] - MARGIN_MM, extent[1] + MARGIN_MM)
        return cls(axial, box, on_scan(probability, axial, box) >= 0.5)

    @classmethod
    def given(cls, mask: sitk.Image, axial: sitk.Image) -> HeartRegion:
        """From a mask that the user drew.

        Raises:
            InputRefused: ``heart_mask_grid`` or ``heart_absent``.
        """
        if mask.GetSize() != axial.GetSize():
            raise InputRefused(
                "heart_mask_grid", f"The heart mask has size {mask.GetSize()}, the scan {axial.GetSize()}.",
                "Give a heart mask on the scan's own grid.",
            )  # fmt: skip
        array = sitk.GetArrayViewFromImage(mask) != 0
        box = bounding_box(array)
        if box is None:
            raise InputRefused(
                "heart_absent", "The heart mask is empty.", "Draw the heart, or leave the mask out."
            )
        k, j, i = box
        return cls(axial, (k, j, i), array[box])

    def refined(self, probability: sitk.Image) -> HeartRegion:
        """The same box with a mask from a finer probability."""
        return HeartRegion(self.axial, self.box, on_scan(probability, self.axial, self.box) >= 0.5)

    def corners_mm(self) -> tuple[np.ndarray, np.ndarray]:
        """Lower and upper corner of the box in mm."""
        corners = [
            self.axial.TransformIndexToPhysicalPoint(
                [int(s.stop - 1 if c else s.start) for s, c in zip(self.box[::-1], corner, strict=True)]
            )
            for corner in np.ndindex(2, 2, 2)
        ]
        return np.min(corners, 0), np.max(corners, 0)

    def values(self, image: sitk.Image) -> np.ndarray:
        """Values of an upright grid at the box's voxels, linear, 0 outside."""
        return on_scan(image, self.axial, self.box)

    def image(self, values: np.ndarray | None = None) -> sitk.Image:
        """Values of the box (default: the mask, uint8) amid zeros on the scan's axial grid."""
        values = self.mask.astype(np.uint8) if values is None else values
        array = np.zeros(self.axial.GetSize()[::-1], values.dtype)
        array[self.box] = values
        image = sitk.GetImageFromArray(array)
        image.CopyInformation(self.axial)
        return image
