"""The header of a NRRD file: its fields, its axes, and where they lie in the patient."""

from __future__ import annotations

import re

import numpy as np

from ..errors import InputRefused, Notice

_TO_LPS = {
    "left-posterior-superior": (1, 1, 1),
    "lps": (1, 1, 1),
    "right-anterior-superior": (-1, -1, 1),
    "ras": (-1, -1, 1),
    "left-anterior-superior": (1, -1, 1),
    "las": (1, -1, 1),
}
_NOT_SPATIAL = (
    "list",
    "vector",
    "color",
    "point",
    "scalar",
    "complex",
    "matrix",
    "normal",
    "gradient",
    "stub",
)


def header(data: bytes) -> tuple[dict[str, str], dict[str, str], int]:
    """Reads the header of a NRRD file.

    Args:
        data: The file's bytes.

    Returns:
        Fields in lower case (a list of data files under ``list``), key-value pairs, and where voxels start.
    """
    end = re.search(rb"\r?\n\r?\n", data[: 1 << 22])
    # A detached header may end with the file instead of with an empty line.
    text = (data[: end.start()] if end else data[: 1 << 16]).decode("utf-8", "replace")
    fields: dict[str, str] = {}
    keys: dict[str, str] = {}
    for line in text.splitlines()[1:]:
        if line.startswith("#"):
            continue
        if re.match(r"[^:]*:=", line):
            key, value = line.split(":=", 1)
            keys[key.strip()] = value.replace("\\n", "\n").replace("\\\\", "\\")
        elif ":" in line:
            key, value = line.split(":", 1)
            fields[key.strip().lower()] = value.strip()
            if key.lower() in ("data file", "datafile") and value.strip().upper().startswith("LIST"):
                fields["list"] = text.split(line, 1)[1].strip()
                break
    return fields, keys, end.end() if end else len(data)


def kinds(fields: dict[str, str], dimension: int) -> list[str]:
    """The kind of each axis, "domain" where the header is silent."""
    named = fields.get("kinds", "").lower().split()
    return named if len(named) == dimension else ["domain"] * dimension


def spatial_axes(fields: dict[str, str], dimension: int) -> list[int]:
    """The three axes of the file that are directions in the patient.

    Raises:
        InputRefused: ``single_slice`` for two axes.
        ValueError: There are fewer.
    """
    axes = list(range(dimension))
    if "space directions" in fields:
        vectors = _vectors(fields["space directions"])
        axes = [axis for axis in axes if vectors[axis] is not None]
    named = kinds(fields, dimension)
    axes = [axis for axis in axes if not any(word in named[axis] for word in _NOT_SPATIAL)]
    if len(axes) == 2:
        raise InputRefused("single_slice", "The NRRD file holds a single slice.", "Give the whole scan.")
    if len(axes) < 3:
        raise ValueError(f"{len(axes)} spatial axes")
    return axes[:3]


def placement(
    fields: dict[str, str], spatial: list[int]
) -> tuple[np.ndarray, np.ndarray, tuple[Notice, ...]]:
    """Voxel steps (3, 3), columns in mm, and origin (3,) in LPS.

    Raises:
        InputRefused: ``no_orientation`` without space directions.
        ValueError: The vectors are incomplete.
    """
    if "space directions" not in fields:
        raise InputRefused(
            "no_orientation",
            "The NRRD header does not say how the scan lies in the patient (no 'space directions').",
            "Save the scan again with its orientation, or give the original DICOM slices.",
        )
    vectors = [_vectors(fields["space directions"])[axis] for axis in spatial]
    axes = np.stack([vector[:3] for vector in vectors if vector is not None], axis=1)
    start = _vectors(fields["space origin"])[0] if "space origin" in fields else np.zeros(3)
    if start is None or axes.shape != (3, 3) or len(start) < 3:
        raise ValueError(f"space directions {fields['space directions']}")
    origin = start[:3]
    space = fields.get("space", "").lower().removesuffix("-time").removesuffix("t")
    if space in _TO_LPS:
        sign = np.array(_TO_LPS[space], dtype=float)
        return axes * sign[:, None], origin * sign, ()
    notice = Notice(
        "orientation_assumed",
        "The NRRD header does not name its patient axes; left-posterior-superior was assumed.",
    )
    return axes, origin, (notice,)


def _vectors(text: str) -> list[np.ndarray | None]:
    """Reads ``none (1,0,0) (0,1,0) (0,0,1)``."""
    found = re.findall(r"none|\([^)]*\)", text)
    return [None if part == "none" else np.array([float(x) for x in part[1:-1].split(",")]) for part in found]
