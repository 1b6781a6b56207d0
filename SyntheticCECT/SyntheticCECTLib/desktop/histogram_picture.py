"""The histogram of the synthetic CECT inside the heart, with the threshold as a line."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np

WIDTH, HEIGHT = 360, 96
PAPER, BELOW, ABOVE, MARK = (250, 250, 250), (176, 190, 204), (208, 84, 74), (30, 30, 30)


def histogram_pixels(counts: np.ndarray, edges_hu: np.ndarray, threshold_hu: float) -> np.ndarray:
    """(HEIGHT, WIDTH, 3) uint8.

    Args:
        counts: (N,) voxels of each bin; drawn by their square root, so that small chambers stay visible.
        edges_hu: (N + 1,) rising.
        threshold_hu: Bins from there on are drawn in another colour.
    """
    pixels = np.full((HEIGHT, WIDTH, 3), PAPER, dtype=np.uint8)
    low, high = float(edges_hu[0]), float(edges_hu[-1])
    centres = low + (np.arange(WIDTH) + 0.5) / WIDTH * (high - low)
    bins = np.clip(np.searchsorted(edges_hu, centres, side="right") - 1, 0, len(counts) - 1)
    heights = np.sqrt(counts[bins] / max(1, counts.max())) * (HEIGHT - 4)
    filled = (HEIGHT - 1 - np.arange(HEIGHT))[:, None] < heights[None, :]
    above = np.broadcast_to(centres >= threshold_hu, filled.shape)
    pixels[filled & ~above] = BELOW
    pixels[filled & above] = ABOVE
    column = int((threshold_hu - low) / (high - low) * WIDTH) if high > low else -1
    if 0 <= column < WIDTH:
        pixels[:, column] = MARK
    return pixels


def write_png(pixels: np.ndarray, path: Path) -> None:
    """Writes (H, W, 3) uint8 as PNG (RFC 2083), without a library that some Slicer may lack."""
    height, width, _ = pixels.shape
    rows = b"".join(b"\x00" + row.tobytes() for row in pixels)

    def chunk(kind: bytes, content: bytes) -> bytes:
        body = kind + content
        return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(rows, 1))
        + chunk(b"IEND", b"")
    )
