"""A mask as the database keeps it: the bytes of a NRRD file, and a hash of what it shows."""

from __future__ import annotations

import hashlib
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ...core.errors import InputRefused

if TYPE_CHECKING:
    import SimpleITK as sitk

# Hardly larger than at level 9, and quick enough to be done after every stroke.
_COMPRESSION = 1


@dataclass(frozen=True)
class StoredMask:
    """Labels (LA = 1, LV = 2) with their grid.

    Attributes:
        nrrd: A whole NRRD file, gzip inside; written to a disk it opens in any program.
        sha256: Over the grid and the voxels, so that it does not depend on how they were compressed.
    """

    nrrd: bytes
    sha256: str


def store_mask(labels: sitk.Image) -> StoredMask:
    """Pack labels.

    Args:
        labels: LA = 1, LV = 2; anything else becomes 0.
    """
    import numpy as np
    import SimpleITK as sitk

    array = sitk.GetArrayViewFromImage(labels)
    voxels = np.where((array == 1) | (array == 2), array, 0).astype(np.uint8).tobytes()
    grid = _grid_lines(labels)
    gzip = zlib.compressobj(_COMPRESSION, zlib.DEFLATED, 31)
    packed = gzip.compress(voxels) + gzip.flush()
    header = f"NRRD0004\n{grid}kinds: domain domain domain\nencoding: gzip\n\n"
    return StoredMask(header.encode("ascii") + packed, _hash(grid, voxels))


def restore_mask(stored: StoredMask) -> sitk.Image:
    """Unpack labels, uint8.

    Raises:
        InputRefused: ``mask_damaged`` when they are not what was stored.
    """
    import SimpleITK as sitk

    from ...core.formats.grid import place
    from ...core.formats.nrrd_file import read_nrrd

    try:
        volume, _ = read_nrrd(Path("mask.nrrd"), stored.nrrd)
    except (InputRefused, ValueError, KeyError) as error:
        raise _damaged(stored) from error
    image, _ = place(volume.layers_lkji[0], volume.axes_mm, volume.origin_mm, order=0)
    grid = stored.nrrd.split(b"kinds:", 1)[0].removeprefix(b"NRRD0004\n").decode("ascii", "replace")
    if _hash(grid, sitk.GetArrayViewFromImage(image).tobytes()) != stored.sha256:
        raise _damaged(stored)
    return image


def _grid_lines(image: sitk.Image) -> str:
    direction, spacing = image.GetDirection(), image.GetSpacing()
    steps = " ".join(
        "(" + ",".join(repr(direction[3 * row + axis] * spacing[axis]) for row in range(3)) + ")"
        for axis in range(3)
    )
    return (
        "type: uint8\ndimension: 3\nspace: left-posterior-superior\n"
        f"sizes: {' '.join(str(size) for size in image.GetSize())}\nspace directions: {steps}\n"
        f"space origin: ({','.join(repr(coordinate) for coordinate in image.GetOrigin())})\n"
    )


def _hash(grid: str, voxels: bytes) -> str:
    return hashlib.sha256(grid.encode("ascii") + voxels).hexdigest()


def _damaged(stored: StoredMask) -> InputRefused:
    return InputRefused(
        "mask_damaged",
        f"A stored mask (hash {stored.sha256[:12]}) is not what was stored.",
        "Use a backup copy of the study.",
    )
