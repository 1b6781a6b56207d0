"""Exactly the voxel bytes that a header promises: no fewer (truncated), no more (wrong header), no bombs."""

from __future__ import annotations

import bz2
import zlib

import numpy as np

from ..errors import InputRefused
from .volume import SAVE_AGAIN

GZIP = b"\x1f\x8b"


def start_of(data: bytes, length: int) -> bytes:
    """The first bytes of a file, from inside its gzip stream where it is one; fewer where it is damaged."""
    if data[:2] != GZIP:
        return data[:length]
    try:
        return zlib.decompressobj(31).decompress(data[: 1 << 16], length)
    except zlib.error:
        return b""


def exact_array(data: bytes | memoryview, count: int, dtype: np.dtype, container: str) -> np.ndarray:
    """Views bytes as ``count`` values.

    Args:
        data: Uncompressed voxel bytes.
        count: Number of values the header promises.
        dtype: Value type with its byte order.
        container: Name of the file format, for messages.

    Returns:
        Read-only array of shape (count,).

    Raises:
        InputRefused: ``truncated_file`` or ``bad_header`` when the number of bytes is not the promised one.
    """
    expected = count * dtype.itemsize
    if len(data) < expected:
        raise InputRefused(
            "truncated_file",
            f"The {container} file is cut short: {len(data)} of {expected} voxel bytes are there.",
            SAVE_AGAIN,
        )
    if len(data) > expected:
        raise InputRefused(
            "bad_header",
            f"The {container} header promises {expected} voxel bytes, but the file holds more.",
            SAVE_AGAIN,
        )
    return np.frombuffer(data, dtype=dtype, count=count)


def inflate(data: bytes | memoryview, limit: int, container: str, wbits: int = 31) -> bytes:
    """Decompresses a whole gzip (or, with ``wbits=15``, zlib) stream, checksums included.

    Args:
        data: Compressed bytes; several gzip members in a row are joined.
        limit: Decompression stops one byte beyond this many, which tells a wrong size from a right one.
        container: Name of the file format, for messages.
        wbits: zlib's window argument: 31 gzip, 15 zlib.

    Raises:
        InputRefused: ``truncated_file`` when the stream ends early or its checksum is wrong.
    """
    parts: list[bytes] = []
    total, rest = 0, data
    try:
        while rest and total <= limit:
            stream = zlib.decompressobj(wbits)
            part = stream.decompress(rest, limit + 1 - total)
            total += len(part)
            parts.append(part)
            if total <= limit and not stream.eof:
                raise _cut_short(container, total)
            rest = stream.unused_data.lstrip(b"\0") if stream.eof else b""
    except zlib.error as error:
        raise InputRefused(
            "truncated_file",
            f"The compressed voxels of the {container} file are damaged ({error}).",
            SAVE_AGAIN,
        ) from None
    return parts[0] if len(parts) == 1 else b"".join(parts)


def inflate_bzip2(data: bytes | memoryview, limit: int, container: str) -> bytes:
    """Decompresses a bzip2 stream under the same rules as :func:`inflate`."""
    stream = bz2.BZ2Decompressor()
    try:
        out = stream.decompress(bytes(data), limit + 1)
    except (OSError, ValueError) as error:
        raise InputRefused(
            "truncated_file",
            f"The compressed voxels of the {container} file are damaged ({error}).",
            SAVE_AGAIN,
        ) from None
    if len(out) <= limit and not stream.eof:
        raise _cut_short(container, len(out))
    return out


def _cut_short(container: str, found: int) -> InputRefused:
    return InputRefused(
        "truncated_file",
        f"The {container} file is cut short: its compressed voxels end after {found} bytes.",
        SAVE_AGAIN,
    )
