"""Images that are compared or shown together must lie on one grid; and which array axis is the axial one."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import SimpleITK as sitk

# Headers round: NIfTI keeps single precision and DICOM decimal strings. A hundredth of a millimetre at the
# far corner is below any voxel and above any rounding.
TOLERANCE_MM = 0.01


def require_common_grid(images: Mapping[str, sitk.Image | None]) -> None:
    """Check that all images share size, spacing, origin and direction.

    Args:
        images: Images by the name that the error message uses; ``None`` entries are skipped.

    Raises:
        ValueError: An image is not three-dimensional, or two grids differ; names both with their values.
    """
    given = [(name, image) for name, image in images.items() if image is not None]
    for name, image in given:
        if image.GetDimension() != 3:
            raise ValueError(f"{name} has {image.GetDimension()} dimensions; give a 3D image.")
    for name, image in given[1:]:
        first_name, first = given[0]
        if image.GetSize() != first.GetSize():
            raise ValueError(
                f"{name} has size {image.GetSize()} but {first_name} has {first.GetSize()}; "
                f"resample {name} onto the grid of {first_name} first."
            )
        apart = _apart_mm(image, first)
        if apart > TOLERANCE_MM:
            raise ValueError(
                f"{name} and {first_name} have the same size but lie {apart:.3g} mm apart; "
                f"resample {name} onto the grid of {first_name} first."
            )


def same_grid(one: sitk.Image, other: sitk.Image) -> bool:
    """Whether the voxels of two images lie at the same places, to `TOLERANCE_MM`."""
    return one.GetSize() == other.GetSize() and _apart_mm(one, other) <= TOLERANCE_MM


def _apart_mm(one: sitk.Image, other: sitk.Image) -> float:
    """Largest distance along an axis between the corners of two grids of one size."""
    return max(float(np.abs(a - b).max()) for a, b in zip(_corners(one), _corners(other), strict=True))


def _corners(image: sitk.Image) -> list[np.ndarray]:
    """Centres of the first voxel and of the last one along each axis, in mm: they fix the whole grid."""
    size = image.GetSize()
    indices = [(0, 0, 0)] + [tuple(size[a] - 1 if a == axis else 0 for a in range(3)) for axis in range(3)]
    return [np.array(image.TransformIndexToPhysicalPoint(index)) for index in indices]


def axial_axis_xyz(image: sitk.Image) -> int:
    """Index (0, 1 or 2, in ITK order) of the image axis that runs closest to head-foot."""
    direction = np.array(image.GetDirection()).reshape(3, 3)
    return int(np.abs(direction[2]).argmax())


def axial_view(image: sitk.Image) -> np.ndarray:
    """The voxels with the axial slices along axis 0, without a copy; read-only.

    The other two axes keep the order of the image's own array, which no figure depends on.
    """
    return np.moveaxis(sitk.GetArrayViewFromImage(image), 2 - axial_axis_xyz(image), 0)


def axial_spacing(image: sitk.Image) -> tuple[float, float, float]:
    """Voxel size in mm in the axis order of `axial_view`."""
    spacing = list(image.GetSpacing()[::-1])
    axial = spacing.pop(2 - axial_axis_xyz(image))
    return axial, spacing[0], spacing[1]


def slice_z_mm(image: sitk.Image, k: int) -> float:
    """Head-foot position (LPS z, mm) of the middle of axial slice ``k`` of `axial_view`."""
    index = [(n - 1) / 2 for n in image.GetSize()]
    index[axial_axis_xyz(image)] = float(k)
    return float(image.TransformContinuousIndexToPhysicalPoint(index)[2])


def voxel_ml(image: sitk.Image) -> float:
    """Volume of one voxel in mL."""
    return float(np.prod(image.GetSpacing())) / 1000.0
