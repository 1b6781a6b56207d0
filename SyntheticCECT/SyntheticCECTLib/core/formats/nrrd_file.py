"""Reads NRRD and NHDR files, byte by byte checked (https://teem.sourceforge.net/nrrd/format.html)."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import numpy as np

from ..errors import InputRefused
from .nrrd_header import header, kinds, placement, spatial_axes
from .pixel_bytes import exact_array, inflate, inflate_bzip2
from .volume import SAVE_AGAIN, Volume, data_file, voxel_count

_TYPES = {
    "i1": ("signed char", "int8", "int8_t"),
    "u1": ("uchar", "unsigned char", "uint8", "uint8_t"),
    "i2": ("short", "short int", "signed short", "signed short int", "int16", "int16_t"),
    "u2": ("ushort", "unsigned short", "unsigned short int", "uint16", "uint16_t"),
    "i4": ("int", "signed int", "int32", "int32_t"),
    "u4": ("uint", "unsigned int", "uint32", "uint32_t"),
    "i8": ("longlong", "long long", "long long int", "signed long long", "int64", "int64_t"),
    "u8": ("ulonglong", "unsigned long long", "unsigned long long int", "uint64", "uint64_t"),
    "f4": ("float",),
    "f8": ("double",),
}
_SEPARATE = {"list", "domain", "space", "time", "none", "???"}
_AS_TEXT = ("txt", "text", "ascii")
_DTYPES = {name: code for code, names in _TYPES.items() for name in names}


def read_nrrd(path: Path, data: bytes) -> tuple[Volume, list[Path]]:
    """Reads a NRRD file, or a NHDR header with its data file.

    Args:
        path: The file, for finding a detached data file beside it.
        data: The file's bytes.

    Returns:
        The volume, and the data files that lie outside ``path``.

    Raises:
        InputRefused: The header is unusable, or the voxel bytes are not exactly those it promises.
    """
    fields, keys, start = header(data)
    try:
        sizes = [int(size) for size in fields["sizes"].split()]
        if int(fields["dimension"]) != len(sizes):
            raise ValueError(f"dimension {fields['dimension']}, but {len(sizes)} sizes")
        dtype = np.dtype(_DTYPES[fields["type"].lower()])
        if dtype.itemsize > 1 and fields["encoding"].lower() not in _AS_TEXT:
            dtype = np.dtype({"little": "<", "big": ">"}[fields["endian"].lower()] + dtype.str[1:])
        spatial = spatial_axes(fields, len(sizes))
        axes, origin, notices = placement(fields, spatial)
    except InputRefused:
        raise
    except (KeyError, ValueError, IndexError) as error:
        raise InputRefused("bad_header", f"The NRRD header cannot be used ({error}).", SAVE_AGAIN) from None
    count = voxel_count(sizes, "NRRD")
    chunks, others = _data_files(path, data[start:], fields)
    values = _decode(chunks, fields, count, dtype).reshape(sizes[::-1])
    layers = _layers_first(values, spatial)
    others_kinds = {one for axis, one in enumerate(kinds(fields, len(sizes))) if axis not in spatial}
    kind = "scalar" if len(layers) == 1 else "list" if others_kinds <= _SEPARATE else "vector"
    return Volume(layers, axes, origin, kind, keys, notices), others


def _data_files(path: Path, attached: bytes, fields: dict[str, str]) -> tuple[list[bytes], list[Path]]:
    named = fields.get("data file") or fields.get("datafile")
    if named is None:
        return [attached], []
    if "list" in fields:
        names = [line.strip() for line in fields["list"].splitlines() if line.strip()]
    elif "%" in named:
        pattern, first, last, step = [*shlex.split(named), "1"][:4]
        # A number a billion digits wide would fill the memory.
        numbered = re.fullmatch(r"[^%]*%0?\d?\d?d[^%]*", pattern)
        if not numbered or abs(int(last) - int(first)) > 100_000 or int(step) == 0:
            raise InputRefused("bad_header", f"The NRRD header names the data files '{named}'.", SAVE_AGAIN)
        names = [pattern % index for index in range(int(first), int(last) + 1, int(step))]
    else:
        names = [named]
    files = [data_file(path, name) for name in names]
    return [file.read_bytes() for file in files], files


def _decode(chunks: list[bytes], fields: dict[str, str], count: int, dtype: np.dtype) -> np.ndarray:
    encoding = fields.get("encoding", "raw").lower()
    expected = count * dtype.itemsize
    skip = int(fields.get("byte skip", fields.get("byteskip", "0")) or 0)
    lines = int(fields.get("line skip", fields.get("lineskip", "0")) or 0)
    share = max(expected // max(len(chunks), 1), 1)
    parts = []
    for chunk in chunks:
        for _ in range(min(lines, 10_000)):
            chunk = chunk[chunk.find(b"\n") + 1 :]
        if encoding == "raw":
            parts.append(chunk[-share:] if skip == -1 else chunk[skip:])
        elif encoding in ("gzip", "gz"):
            parts.append(inflate(chunk, max(skip, 0) + expected, "NRRD")[max(skip, 0) :])
        elif encoding in ("bzip2", "bz2"):
            parts.append(inflate_bzip2(chunk, max(skip, 0) + expected, "NRRD")[max(skip, 0) :])
        elif encoding in _AS_TEXT:
            parts.append(np.array(chunk.split(), dtype=dtype).tobytes())
        elif encoding == "hex":
            parts.append(bytes.fromhex(chunk.decode("ascii")))
        else:
            raise InputRefused(
                "bad_header", f"The NRRD encoding '{encoding}' is not known.", "Save it with gzip."
            )
    return exact_array(parts[0] if len(parts) == 1 else b"".join(parts), count, dtype, "NRRD")


def _layers_first(values: np.ndarray, spatial: list[int]) -> np.ndarray:
    """Moves every axis that is not spatial to the front and joins them: (L, K, J, I)."""
    dimension = values.ndim
    others = [dimension - 1 - axis for axis in range(dimension) if axis not in spatial]
    kji = [dimension - 1 - axis for axis in reversed(spatial)]
    moved = np.transpose(values, others + kji)
    return moved.reshape(-1, *moved.shape[len(others) :])
