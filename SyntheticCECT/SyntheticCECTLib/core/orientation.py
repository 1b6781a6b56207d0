"""Turns a scan's axes to the nearest left-posterior-superior order and back, without touching a voxel."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations

import numpy as np
import SimpleITK as sitk


@dataclass(frozen=True)
class AxialGeometry:
    """Voxel spacing (3,) and extent (3,) in mm along left, posterior, superior; and the largest turn."""

    spacing_mm: np.ndarray
    extent_mm: np.ndarray
    oblique_deg: float


def axial_geometry(image: sitk.Image) -> AxialGeometry:
    """The geometry that ``to_axial(image)`` has, without turning a voxel."""
    axes, _ = _turn(image)
    spacing, size, direction = _geometry(image)
    cosines = np.abs(np.diag(direction[:, axes]))
    turn = float(np.degrees(np.arccos(np.clip(cosines.min(), 0.0, 1.0))))
    return AxialGeometry(spacing[axes], spacing[axes] * np.array(size)[axes], turn)


def to_axial(image: sitk.Image) -> sitk.Image:
    """The same voxels with axes i, j, k running nearest to left, posterior, superior.

    Axes are only exchanged and reversed, so an oblique scan stays oblique and every voxel keeps its value
    and its place in the patient. All 48 axis orders of one scan give the same result.

    Args:
        image: 3D image with any direction matrix, left-handed ones included.

    Returns:
        A new image.
    """
    axes, flips = _turn(image)
    array = sitk.GetArrayViewFromImage(image)
    kji = [2 - axes[axis] for axis in (2, 1, 0)]
    turned = np.transpose(array, kji)[
        tuple(slice(None, None, -1 if flips[axis] else 1) for axis in (2, 1, 0))
    ]
    result = sitk.GetImageFromArray(np.ascontiguousarray(turned))
    spacing, size, direction = _geometry(image)
    signs = np.where(flips, -1.0, 1.0)
    first = [size[axes[axis]] - 1 if flips[axis] else 0 for axis in range(3)]
    index = [0, 0, 0]
    for axis in range(3):
        index[axes[axis]] = int(first[axis])
    result.SetOrigin(image.TransformIndexToPhysicalPoint(index))
    result.SetSpacing([float(spacing[axis]) for axis in axes])
    result.SetDirection([float(cosine) for cosine in (direction[:, axes] * signs).ravel()])
    return result


def to_grid_of(image: sitk.Image, reference: sitk.Image) -> sitk.Image:
    """Undoes :func:`to_axial`: voxels on the axial grid go back onto the reference's own axes.

    Args:
        image: Image on the grid of ``to_axial(reference)``, of any voxel type.
        reference: The scan whose grid the result gets, exactly.

    Returns:
        A new image.

    Raises:
        ValueError: The image is not on the grid of ``to_axial(reference)``.
    """
    axes, flips = _turn(reference)
    size = [reference.GetSize()[axis] for axis in axes]
    if list(image.GetSize()) != size:
        raise ValueError(
            f"image of size {image.GetSize()} is not on the reference's axial grid of size {tuple(size)}"
        )
    array = sitk.GetArrayViewFromImage(image)
    unflipped = array[tuple(slice(None, None, -1 if flips[axis] else 1) for axis in (2, 1, 0))]
    kji = [2 - axes[axis] for axis in (2, 1, 0)]
    result = sitk.GetImageFromArray(np.ascontiguousarray(np.transpose(unflipped, np.argsort(kji))))
    result.CopyInformation(reference)
    return result


def _turn(image: sitk.Image) -> tuple[list[int], list[bool]]:
    """For each of left, posterior, superior: which own axis it is, and whether it runs the other way."""
    _, _, direction = _geometry(image)

    def closeness(order: tuple[int, ...]) -> tuple[float, ...]:
        # Ties (an axis at exactly 45 degrees) are broken by the resulting directions, never by the order of
        # the axes in the file: otherwise two orientations of one scan would part ways.
        turned = direction[:, order]
        turned = turned * np.where(np.diag(turned) < 0, -1.0, 1.0)
        return (round(float(np.trace(turned)), 6), *np.round(turned.ravel(), 6))

    axes = list(max(permutations(range(3)), key=closeness))
    return axes, [bool(direction[axis, axes[axis]] < 0) for axis in range(3)]


def _geometry(image: sitk.Image) -> tuple[np.ndarray, tuple[int, ...], np.ndarray]:
    return np.array(image.GetSpacing()), image.GetSize(), np.array(image.GetDirection()).reshape(3, 3)
