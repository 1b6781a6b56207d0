"""Whether a mask lies on the image it belongs to; SimpleITK is imported only when there is a mask."""

from __future__ import annotations

from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from ..core.errors import InputRefused
from ..core.formats.itk_name import itk_name

if TYPE_CHECKING:
    import SimpleITK as sitk

Grid = tuple[tuple[int, ...], tuple[float, ...], tuple[float, ...], tuple[float, ...]]


def grid_of(path: Path) -> Grid:
    """Size, spacing, origin and direction of an image file, without reading its voxels."""
    import SimpleITK as sitk

    reader = sitk.ImageFileReader()
    reader.SetFileName(itk_name(path))
    reader.ReadImageInformation()
    return reader.GetSize(), reader.GetSpacing(), reader.GetOrigin(), reader.GetDirection()


def require_grid(mask: sitk.Image, grid: Grid) -> None:
    """Refuse a mask that does not lie on the image.

    Raises:
        InputRefused: ``other_grid``.
    """
    size, *place = grid
    own = mask.GetSpacing(), mask.GetOrigin(), mask.GetDirection()
    near = all(abs(a - b) < 0.01 for a, b in zip(chain(*own), chain(*place), strict=True))
    if mask.GetSize() != size or not near:
        raise InputRefused(
            "other_grid",
            f"The mask has {mask.GetSize()} voxels, the image {size}, or lies elsewhere.",
            "Draw on the image's own grid.",
        )


def is_empty(mask: sitk.Image) -> bool:
    """Whether nothing is drawn."""
    import SimpleITK as sitk

    return not sitk.GetArrayViewFromImage(mask).any()


def read_mask_file(path: Path) -> sitk.Image:
    """A mask file of the study, uint8."""
    import SimpleITK as sitk

    return sitk.ReadImage(itk_name(path), sitk.sitkUInt8)
