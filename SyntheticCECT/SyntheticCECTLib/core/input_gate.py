"""Decides before anything is computed whether a scan is within what the models can answer for."""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk

from .errors import InputRefused, Notice
from .formats.hounsfield import refuse_unless_hu
from .heart_gate import inspect_heart
from .orientation import axial_geometry

__all__ = ["inspect_heart", "inspect_scan"]

THICK_SLICE_MM, THICKEST_SLICE_MM = 5.0, 15.0
COARSE_PIXEL_MM, COARSEST_PIXEL_MM = 1.5, 3.0
NARROW_FIELD_MM, NARROWEST_FIELD_MM = 150.0, 100.0
WIDEST_FIELD_MM = 800.0
SHORT_STACK_MM, SHORTEST_STACK_MM = 100.0, 50.0
LONGEST_STACK_MM = 2500.0
TILTED_DEG = 20.0


def inspect_scan(scan_image: sitk.Image) -> list[Notice]:
    """Checks values, slice thickness, field of view and coverage of a scan.

    Args:
        scan_image: CT in HU on its own grid, in any orientation.

    Returns:
        What lies at the edge of the models' domain: ``thick_slices``, ``coarse_pixels``, ``narrow_field``,
        ``short_stack``, ``oblique_grid``.

    Raises:
        InputRefused: ``not_finite``, ``not_hu``, ``single_slice``, ``slices_too_thick``,
            ``pixels_too_coarse``, ``field_too_small``, ``field_too_large``, ``stack_too_short``,
            ``stack_too_long``.
    """
    if scan_image.GetDimension() != 3 or scan_image.GetNumberOfComponentsPerPixel() != 1:
        raise InputRefused(
            "not_scalar", "The scan is not one three-dimensional volume of HU.", "Give one CT volume."
        )
    if min(scan_image.GetSize()) < 2:
        raise InputRefused(
            "single_slice", f"The scan's size is {scan_image.GetSize()}.", "Give the whole scan."
        )
    array = sitk.GetArrayViewFromImage(scan_image)
    if not np.isfinite(array.sum(dtype=np.float64)):
        raise InputRefused(
            "not_finite", "Some voxels are not a number or infinite.", "Replace them by -1024 HU."
        )
    refuse_unless_hu(array)
    geometry = axial_geometry(scan_image)
    return [*_spacing(geometry.spacing_mm), *_extent(geometry.extent_mm), *_obliqueness(geometry.oblique_deg)]


def _spacing(spacing_mm: np.ndarray) -> list[Notice]:
    slice_mm, pixel_mm = float(spacing_mm[2]), float(max(spacing_mm[:2]))
    notices = []
    if slice_mm > THICKEST_SLICE_MM:
        raise InputRefused(
            "slices_too_thick",
            f"The slices are {slice_mm:.2f} mm apart; at most {THICKEST_SLICE_MM:g} mm can be used.",
            "Reconstruct the scan with 3 mm slices.",
        )
    if pixel_mm > COARSEST_PIXEL_MM:
        raise InputRefused(
            "pixels_too_coarse",
            f"The pixels are {pixel_mm:.2f} mm wide; at most {COARSEST_PIXEL_MM:g} mm can be used.",
            "Give the axial scan at its original resolution.",
        )
    if slice_mm > THICK_SLICE_MM + 0.01:
        notices.append(
            Notice(
                "thick_slices",
                f"The slices are {slice_mm:.2f} mm apart; the models know up to {THICK_SLICE_MM:g} mm. "
                f"Expect blurred chamber borders and volumes that are off.",
            )
        )
    if pixel_mm > COARSE_PIXEL_MM:
        notices.append(
            Notice(
                "coarse_pixels", f"The pixels are {pixel_mm:.2f} mm wide, more than {COARSE_PIXEL_MM:g} mm."
            )
        )
    return notices


def _extent(extent_mm: np.ndarray) -> list[Notice]:
    narrow, wide, tall = float(min(extent_mm[:2])), float(max(extent_mm[:2])), float(extent_mm[2])
    problems = (
        (
            narrow < NARROWEST_FIELD_MM,
            "field_too_small",
            "field of view",
            narrow,
            f"at least {NARROWEST_FIELD_MM:g}",
        ),
        (wide > WIDEST_FIELD_MM, "field_too_large", "field of view", wide, f"at most {WIDEST_FIELD_MM:g}"),
        (
            tall < SHORTEST_STACK_MM,
            "stack_too_short",
            "stack of slices",
            tall,
            f"at least {SHORTEST_STACK_MM:g}",
        ),
        (tall > LONGEST_STACK_MM, "stack_too_long", "stack of slices", tall, f"at most {LONGEST_STACK_MM:g}"),
    )
    for wrong, code, what, value, bound in problems:
        if wrong:
            raise InputRefused(
                code,
                f"The {what} is {value:.0f} mm; {bound} mm is needed.",
                "Give a chest or cardiac CT that holds the whole heart, with its true voxel spacing.",
            )
    notices = []
    if narrow < NARROW_FIELD_MM:
        notices.append(
            Notice(
                "narrow_field",
                f"The field of view is only {narrow:.0f} mm: parts of the heart may lie outside.",
            )
        )
    if tall < SHORT_STACK_MM:
        notices.append(
            Notice("short_stack", f"The slices cover only {tall:.0f} mm: parts of the heart may lie outside.")
        )
    return notices


def _obliqueness(oblique_deg: float) -> list[Notice]:
    if oblique_deg <= TILTED_DEG:
        return []
    message = (
        f"The grid is turned by {oblique_deg:.0f} degrees against the patient; the models know axial slices."
    )
    return [Notice("oblique_grid", message)]
