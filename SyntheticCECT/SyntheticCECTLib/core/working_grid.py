"""Between a scan's own grid and the grids that the networks work on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk

from .formats.grid import AIR_HU

Box = tuple[slice, slice, slice]


@dataclass(frozen=True)
class WorkingGrid:
    """An upright LPS grid: centre of the first voxel and spacing in mm, size in voxels, each (x, y, z)."""

    origin_xyz: tuple[float, float, float]
    spacing_xyz: tuple[float, float, float]
    size_xyz: tuple[int, int, int]

    def sample(self, image: sitk.Image) -> np.ndarray:
        """The scan on this grid, ``(K, J, I)`` float32 HU, air outside.

        Finer voxels are averaged first, so that none is passed over and noise falls as in a coarser scan.

        Args:
            image: Scan whose axes run nearest to LPS (`to_axial`).
        """
        ratio = np.array(self.spacing_xyz) / np.array(image.GetSpacing())
        shrink = [max(1, min(int(r + 0.01), n)) for r, n in zip(ratio, image.GetSize(), strict=True)]
        if max(shrink) > 1:
            image = sitk.BinShrink(image, shrink)
        return sitk.GetArrayFromImage(
            sitk.Resample(
                image, self._reference(), sitk.Transform(), sitk.sitkLinear, AIR_HU, sitk.sitkFloat32
            )
        )

    def image(self, array_kji: np.ndarray) -> sitk.Image:
        """Values of this grid as an image."""
        image = sitk.GetImageFromArray(array_kji)
        image.SetOrigin(self.origin_xyz)
        image.SetSpacing(self.spacing_xyz)
        return image

    def _reference(self) -> sitk.Image:
        reference = sitk.Image(self.size_xyz, sitk.sitkUInt8)
        reference.SetOrigin(self.origin_xyz)
        reference.SetSpacing(self.spacing_xyz)
        return reference


def grid_over(image: sitk.Image, spacing_mm: float, multiple: int) -> WorkingGrid:
    """The grid that covers a whole scan; its size is padded to a multiple."""
    size = image.GetSize()
    corners = [
        image.TransformIndexToPhysicalPoint([a * (n - 1) for a, n in zip(corner, size, strict=True)])
        for corner in np.ndindex(2, 2, 2)
    ]
    lower, upper = np.min(corners, 0), np.max(corners, 0)
    count = np.ceil((upper - lower) / spacing_mm + 1 - 1e-6).astype(int)
    padded = -(-count // multiple) * multiple
    # Across, the padding is shared between both sides; the first slice stays the scan's own.
    spare = (padded - 1) * spacing_mm - (upper - lower)
    origin = np.round(lower - spare / 2 * [1, 1, 0], 6)
    return WorkingGrid(tuple(origin.tolist()), (spacing_mm, spacing_mm, spacing_mm), tuple(padded.tolist()))


def grid_around(
    image: sitk.Image,
    lower_xyz: np.ndarray,
    upper_xyz: np.ndarray,
    spacing_xyz: tuple[float, float, float],
    matrix: int,
) -> WorkingGrid:
    """The grid of a square matrix amid a box in mm, with as many slices as the box needs.

    Its slices coincide with those of a scan that has the same slice distance.
    """
    spacing = np.array(spacing_xyz)
    middle = (lower_xyz + upper_xyz) / 2
    first_z = image.GetOrigin()[2]
    below = np.floor((lower_xyz[2] - first_z) / spacing[2] + 1e-6)
    above = np.ceil((upper_xyz[2] - first_z) / spacing[2] - 1e-6)
    across = middle[:2] - spacing[:2] * (matrix - 1) / 2
    origin = np.round([*across, first_z + below * spacing[2]], 6)
    return WorkingGrid(tuple(origin.tolist()), spacing_xyz, (matrix, matrix, int(above - below) + 1))


def on_scan(values: sitk.Image, scan: sitk.Image, box: Box) -> np.ndarray:
    """Values of a working grid at the voxels of a box of the scan, linear, 0 outside; ``(K, J, I)`` of the box."""
    part = scan[box[2], box[1], box[0]]
    return sitk.GetArrayFromImage(
        sitk.Resample(values, part, sitk.Transform(), sitk.sitkLinear, 0.0, sitk.sitkFloat32)
    )


def box_on_scan(scan: sitk.Image, lower_xyz: np.ndarray, upper_xyz: np.ndarray) -> Box:
    """The box of scan voxels ``(k, j, i)`` that holds an upright box in mm, cut at the scan's border."""
    corners = [np.where(corner, upper_xyz, lower_xyz).tolist() for corner in np.ndindex(2, 2, 2)]
    index = np.array([scan.TransformPhysicalPointToContinuousIndex(corner) for corner in corners])
    first = np.clip(np.floor(index.min(0)).astype(int), 0, np.array(scan.GetSize()) - 1)
    last = np.clip(np.ceil(index.max(0)).astype(int), 0, np.array(scan.GetSize()) - 1)
    k, j, i = (slice(int(first[n]), int(last[n]) + 1) for n in (2, 1, 0))
    return k, j, i
