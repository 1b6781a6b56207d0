"""What every volume-file reader hands over: voxels as stored, and where they lie in the patient."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import prod
from pathlib import Path

import numpy as np

from ..errors import InputRefused, Notice

MAX_VOXELS = 1_000_000_000
"""Largest volume that is read: 4 GB as float32, more than a 1024 x 1024 x 900 CT."""

SYNTHETIC_KEY, SYNTHETIC_NOTE = "SyntheticCECT_note", "SYNTHETIC, research use: computed, not acquired"
"""How the header of a NRRD file of ours says that its voxels were computed."""

SAVE_AGAIN = "Export the scan again from the program that made it, or copy the file again."


@dataclass(frozen=True)
class Volume:
    """Voxels as a file stores them.

    Args:
        layers_lkji: Voxels of shape (L, K, J, I); L = 1 for an ordinary scan, more for time points,
            colour channels or overlapping segments.
        axes_mm: (3, 3); column n is the step in mm (LPS) from one voxel to the next along axis i, j, k.
        origin_mm: (3,) centre of the first voxel in mm (LPS).
        kind: "scalar" for one layer; "vector" where layers are the values of one voxel (colour), else "list".
        header: The file's own key-value pairs.
        notices: What the user should know.
    """

    layers_lkji: np.ndarray
    axes_mm: np.ndarray
    origin_mm: np.ndarray
    kind: str = "scalar"
    header: dict[str, str] = field(default_factory=dict)
    notices: tuple[Notice, ...] = ()


def voxel_count(sizes: list[int], container: str) -> int:
    """Number of voxels that a header promises, after checking that it can be true.

    Args:
        sizes: Voxels along each axis.
        container: Name of the file format, for messages.

    Raises:
        InputRefused: ``bad_header`` for sizes below 1, ``too_large`` beyond ``MAX_VOXELS``.
    """
    if any(size < 1 for size in sizes):
        raise InputRefused("bad_header", f"The {container} header gives the sizes {sizes}.", SAVE_AGAIN)
    count = prod(sizes)
    if count > MAX_VOXELS:
        raise InputRefused(
            "too_large",
            f"The {container} header promises {count} voxels ({' x '.join(map(str, sizes))}); "
            f"at most {MAX_VOXELS} are read.",
            "Crop the scan to the chest, or resample it.",
        )
    return count


def data_file(header: Path, name: str) -> Path:
    """The data file that a header names; only one that lies beside the header or below it is read.

    Args:
        header: The header file.
        name: The name as the header gives it.

    Raises:
        InputRefused: ``missing_data_file`` when it is elsewhere or absent.
    """
    folder = header.parent.resolve()
    try:
        file = (folder / name).resolve()
        if name and file.is_relative_to(folder) and file.is_file():
            return file
    except (OSError, ValueError):
        pass
    raise InputRefused(
        "missing_data_file",
        f"The header names the data file '{Path(name).name[:80]}', which is not beside it.",
        "Copy the data file beside the header.",
    )
