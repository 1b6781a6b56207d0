"""The smallest box around a mask, so that only the heart is worked on and not the whole scan."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def bounding_box(mask: np.ndarray, margin: int | Sequence[int] = 0) -> tuple[slice, ...] | None:
    """The box that holds every voxel of ``mask``, widened by ``margin`` and cut at the array's border.

    Args:
        mask: Array of any dimension; nonzero voxels count.
        margin: Voxels to add on each side, one number or one for each axis.

    Returns:
        One slice for each axis, ready to index with, or ``None`` for an empty mask.
    """
    margins = [int(margin)] * mask.ndim if isinstance(margin, int) else [int(m) for m in margin]
    box: list[slice] = []
    # Narrowing the array axis by axis keeps the later, strided reductions small.
    rest = mask
    for axis in range(mask.ndim):
        others = tuple(other for other in range(mask.ndim) if other != axis)
        filled = np.flatnonzero(rest.any(axis=others))
        if filled.size == 0:
            return None
        first, last = int(filled[0]), int(filled[-1])
        rest = rest[(slice(None),) * axis + (slice(first, last + 1),)]
        box.append(slice(max(first - margins[axis], 0), min(last + 1 + margins[axis], mask.shape[axis])))
    return tuple(box)
