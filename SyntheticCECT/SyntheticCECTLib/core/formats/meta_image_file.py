"""Reads MetaImage files (.mha, .mhd; https://itk.org/Wiki/ITK/MetaIO/Documentation), checking every byte."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from ..errors import InputRefused, Notice
from .pixel_bytes import exact_array, inflate
from .volume import SAVE_AGAIN, Volume, data_file, voxel_count

_DTYPES = {
    "MET_CHAR": "i1", "MET_UCHAR": "u1", "MET_SHORT": "i2", "MET_USHORT": "u2", "MET_INT": "i4",
    "MET_UINT": "u4", "MET_LONG": "i4", "MET_ULONG": "u4", "MET_LONG_LONG": "i8", "MET_ULONG_LONG": "u8",
    "MET_FLOAT": "f4", "MET_DOUBLE": "f8",
}  # fmt: skip


def read_meta_image(path: Path, data: bytes) -> tuple[Volume, list[Path]]:
    """Reads a MetaImage file with its voxels inside or beside it.

    Args:
        path: The file, for finding a detached data file beside it.
        data: The file's bytes.

    Returns:
        The volume, and the data files that lie outside ``path``.

    Raises:
        InputRefused: The header is unusable, or the voxel bytes are not exactly those it promises.
    """
    fields, start = _header(data)
    try:
        sizes = [int(size) for size in fields["dimsize"].split()]
        if int(fields["ndims"]) != len(sizes):
            raise ValueError(f"NDims {fields['ndims']}, but {len(sizes)} sizes")
        if len(sizes) < 3 or 1 in sizes[:3]:
            raise InputRefused(
                "single_slice", "The MetaImage file holds a single slice.", "Give the whole scan."
            )
        dtype = np.dtype(_DTYPES[fields["elementtype"].upper()])
        msb = fields.get("binarydatabyteordermsb", fields.get("elementbyteordermsb", "false")).lower()
        dtype = dtype.newbyteorder(">" if msb in ("true", "1") else "<")
        channels = int(fields.get("elementnumberofchannels", "1"))
        axes, origin = _placement(fields, len(sizes))
    except InputRefused:
        raise
    except (KeyError, ValueError, IndexError) as error:
        raise InputRefused(
            "bad_header", f"The MetaImage header cannot be used ({error}).", SAVE_AGAIN
        ) from None
    count = voxel_count([channels, *sizes], "MetaImage")
    body, others = _data(path, data[start:], fields)
    if fields.get("compresseddata", "false").lower() in ("true", "1"):
        body = inflate(body, count * dtype.itemsize, "MetaImage", wbits=47)
    elif others and fields.get("headersize", "0") == "-1":
        body = body[-count * dtype.itemsize :]
    values = exact_array(body, count, dtype, "MetaImage").reshape([*sizes[::-1], channels])
    layers = np.moveaxis(values, -1, 0).reshape(-1, *sizes[2::-1])
    kind = "scalar" if len(layers) == 1 else "vector" if channels > 1 else "list"
    notices = (
        () if "transformmatrix" in fields or "rotation" in fields or "orientation" in fields else (_ASSUMED,)
    )
    return Volume(layers, axes, origin, kind, {}, notices), others


def _header(data: bytes) -> tuple[dict[str, str], int]:
    """Fields in lower case, and where the voxels start: after the line with ElementDataFile, the last."""
    last = re.search(rb"ElementDataFile[ \t]*=[^\n]*\n?", data[: 1 << 16])
    if last is None:
        raise InputRefused("bad_header", "The MetaImage header does not name its data.", SAVE_AGAIN)
    fields: dict[str, str] = {}
    for line in data[: last.end()].decode("utf-8", "replace").splitlines():
        key, separator, value = line.partition("=")
        if separator:
            fields[key.strip().lower()] = value.strip()
    return fields, last.end()


def _placement(fields: dict[str, str], dimension: int) -> tuple[np.ndarray, np.ndarray]:
    def numbers(names: tuple[str, ...], default: np.ndarray) -> np.ndarray:
        for name in names:
            if name in fields:
                return np.array([float(part) for part in fields[name].split()])
        return default

    spacing = numbers(("elementspacing", "elementsize"), np.ones(dimension))[:3]
    origin = numbers(("offset", "position", "origin"), np.zeros(dimension))[:3]
    # The file lists one axis after the other: rows here are the columns of our matrix.
    matrix = numbers(("transformmatrix", "rotation", "orientation"), np.eye(dimension).ravel())
    units = matrix.reshape(dimension, dimension)[:3, :3].T
    if spacing.shape != (3,) or origin.shape != (3,):
        raise ValueError("spacing or offset is incomplete")
    return units * spacing, origin


def _data(path: Path, attached: bytes, fields: dict[str, str]) -> tuple[bytes, list[Path]]:
    named = fields["elementdatafile"]
    if named.upper() == "LOCAL":
        return attached, []
    if named.upper().startswith("LIST") or "%" in named:
        raise InputRefused(
            "bad_header", f"The MetaImage header names its data as '{named}'.", "Save it as one file."
        )
    file = data_file(path, named)
    return file.read_bytes(), [file]


_ASSUMED = Notice(
    "orientation_assumed", "The MetaImage header does not name its axes; left-posterior-superior was assumed."
)
