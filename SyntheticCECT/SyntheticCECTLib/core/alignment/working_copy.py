"""Small copies of a scan for registration: about 3 mm, with a mask of the body without its table."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray
from scipy import ndimage

from ..errors import InputRefused

SPACING_MM = 3.0
COARSE_SPACING_MM = 12.0
# Air and bone beyond these say nothing about position, and calcium or metal must not stretch the histogram.
HU_WINDOW = (-1024.0, 700.0)
_BODY_HU = -300.0
_LUNG_HU = -500.0
_OUTER_AIR_HU = -960.0
_SMALLEST_BODY_ML = 250.0
_RIM_VOXELS = 2


@dataclass(frozen=True)
class WorkingCopy:
    """A scan made small.

    Attributes:
        image: About 3 mm, HU clipped to ``HU_WINDOW``, on the scan's own axes.
        coarse: About 12 mm.
        body: Mask on ``image``'s grid, with the lungs.
        region: The body and a rim of air around it: where the scans are compared. The table is left out.
        lungs: Mask on ``image``'s grid: what is air inside the body.
        body_centre_xyz: Centre of the body, LPS, mm.
    """

    image: sitk.Image
    coarse: sitk.Image
    body: sitk.Image
    region: sitk.Image
    lungs: sitk.Image
    body_centre_xyz: tuple[float, float, float]


def working_copy(scan: sitk.Image, name: str) -> WorkingCopy:
    """Make a scan small.

    Args:
        scan: HU on any grid.
        name: What the scan is called in a refusal.

    Raises:
        InputRefused: ``registration_flat``, nothing like a body is in it.
    """
    # Clip first, or padding such as -2048 would darken the skin. Averaging whole blocks is anti-aliasing
    # and shrinking in one pass over the large scan.
    clipped = sitk.Clamp(scan, sitk.sitkFloat32, *HU_WINDOW)
    image = _shrunk(clipped, SPACING_MM)
    hu_kji = sitk.GetArrayViewFromImage(image)
    body_kji = _body(hu_kji)
    millilitres = float(body_kji.sum()) * float(np.prod(image.GetSpacing())) / 1000.0
    if millilitres < _SMALLEST_BODY_ML:
        raise InputRefused(
            "registration_flat",
            f"The {name} shows {millilitres:.0f} mL of tissue above {_BODY_HU:.0f} HU "
            f"(values from {hu_kji.min():.0f} to {hu_kji.max():.0f} HU): nothing to register.",
            "Give a CT of the chest in Hounsfield units.",
        )
    if float(hu_kji[body_kji].std()) < 1.0:
        raise InputRefused(
            "registration_flat",
            f"The {name} is the same everywhere ({hu_kji.mean():.0f} HU): nothing to register.",
            "Give a CT of the chest in Hounsfield units.",
        )
    body = _mask(body_kji, image)
    lungs = _mask(body_kji & (hu_kji < _LUNG_HU), image)
    centre_kji = ndimage.center_of_mass(body_kji)
    centre = image.TransformContinuousIndexToPhysicalPoint([float(c) for c in reversed(centre_kji)])
    region = sitk.BinaryDilate(body, [_RIM_VOXELS, _RIM_VOXELS, 0], sitk.sitkBall)
    return WorkingCopy(image, _shrunk(image, COARSE_SPACING_MM), body, region, lungs, centre)


def _shrunk(image: sitk.Image, spacing_mm: float) -> sitk.Image:
    factors = [
        max(1, min(round(spacing_mm / spacing), size // 4))
        for spacing, size in zip(image.GetSpacing(), image.GetSize(), strict=True)
    ]
    return sitk.BinShrink(image, factors)


def _body(hu_kji: NDArray[np.float32]) -> NDArray[np.bool_]:
    """The largest piece of tissue, lungs filled in slice by slice (they may be open at the scan's ends)."""
    tissue = hu_kji > _BODY_HU
    # Opening parts the body from the table and from wires that touch it.
    opened = ndimage.binary_opening(tissue, structure=np.ones((1, 3, 3), bool))
    labels, count = ndimage.label(opened)  # pyright: ignore[reportGeneralTypeIssues]
    if count == 0:
        return np.zeros_like(tissue)
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    body = labels == sizes.argmax()
    for plane, hu_ji in zip(body, hu_kji, strict=True):
        plane |= _filled(plane, hu_ji)
    return body


def _filled(body_ji: NDArray[np.bool_], hu_ji: NDArray[np.float32]) -> NDArray[np.bool_]:
    """A slice of the body without holes; a lung that a small field of view cuts open is one too: air outside is darker."""
    parts, count = ndimage.label(~body_ji)  # pyright: ignore[reportGeneralTypeIssues]
    numbers = np.arange(1, count + 1)
    open_ = np.isin(numbers, np.concatenate([parts[0], parts[-1], parts[:, 0], parts[:, -1]]))
    air = open_ & (np.asarray(ndimage.median(hu_ji, parts, numbers)) < _OUTER_AIR_HU)
    return ~np.isin(parts, numbers[air])


def _mask(mask_kji: NDArray[np.bool_], grid: sitk.Image) -> sitk.Image:
    mask = sitk.GetImageFromArray(mask_kji.astype(np.uint8))
    mask.CopyInformation(grid)
    return mask
