"""Slices of a CT as pictures: window, colours of chambers, outlines, lettering, and data URI."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage

Colour = tuple[int, int, int]

# Chosen to stay apart for colour-blind readers and on grey.
LA_COLOUR: Colour = (78, 161, 255)
LV_COLOUR: Colour = (255, 112, 67)
HEART_COLOUR: Colour = (255, 213, 74)
BOTH_COLOUR: Colour = (0, 184, 130)
MISSED_COLOUR: Colour = (240, 228, 66)
EXTRA_COLOUR: Colour = (224, 92, 182)
CHIP_COLOUR: Colour = (255, 193, 7)

JPEG_QUALITY = 80


@dataclass(frozen=True)
class Window:
    """The HU that run from black to white: ``level`` in the middle, ``width`` from end to end."""

    width: float
    level: float

    def grey(self, slice_hu: np.ndarray) -> np.ndarray:
        """(J, I) HU -> (J, I) uint8; NaN is black."""
        low = self.level - self.width / 2
        scaled = (np.asarray(slice_hu, dtype=np.float32) - low) * (255.0 / self.width)
        return np.clip(np.nan_to_num(scaled, nan=0.0), 0, 255).astype(np.uint8)

    def __str__(self) -> str:
        return f"W {self.width:g} L {self.level:g} HU"


class Picture:
    """One slice drawn with square pixels, rows downwards, so that its long side has ``long_side`` pixels.

    Args:
        pixels: (J, I) uint8 grey, or (J, I, 3) uint8.
        spacing_ji: Size of a pixel in mm, row direction first.
        long_side: Length of the longer side of the picture in pixels.
    """

    def __init__(self, pixels: np.ndarray, spacing_ji: tuple[float, float], long_side: int) -> None:
        height_mm, width_mm = pixels.shape[0] * spacing_ji[0], pixels.shape[1] * spacing_ji[1]
        self.pixels_per_mm = long_side / max(height_mm, width_mm)
        self.size = (
            max(1, round(width_mm * self.pixels_per_mm)),
            max(1, round(height_mm * self.pixels_per_mm)),
        )
        self.image = Image.fromarray(pixels).resize(self.size, Image.Resampling.BICUBIC).convert("RGB")

    def tint(self, mask: np.ndarray, colour: Colour, opacity: float = 0.45, outline: bool = True) -> Picture:
        """Colour the mask (J, I), and draw its border solidly."""
        if mask.any():
            shape = self._resized(mask)
            self._paint(shape, colour, opacity)
            if outline:
                self._paint(_border(shape), colour)
        return self

    def outline(self, mask: np.ndarray, colour: Colour) -> Picture:
        """Draw the border of the mask (J, I)."""
        if mask.any():
            self._paint(_border(self._resized(mask)), colour)
        return self

    def chip(self, text: str, colour: Colour = CHIP_COLOUR) -> Picture:
        """Black text on a coloured plate in the upper left corner, part of the picture wherever it goes."""
        font = ImageFont.load_default(size=max(11, self.size[0] // 24))
        draw = ImageDraw.Draw(self.image)
        left, top, right, bottom = draw.textbbox((9, 8), text, font=font)
        draw.rounded_rectangle((left - 5, top - 4, right + 5, bottom + 4), radius=4, fill=colour)
        draw.text((9, 8), text, font=font, fill=(0, 0, 0))
        return self

    def note(self, text: str) -> Picture:
        """White text with a dark edge in the lower left corner."""
        font = ImageFont.load_default(size=max(11, self.size[0] // 26))
        ImageDraw.Draw(self.image).text(
            (8, self.size[1] - 8),
            text,
            font=font,
            anchor="ls",
            fill=(240, 240, 240),
            stroke_width=2,
            stroke_fill=(0, 0, 0),
        )
        return self

    def sides(self, left: str, right: str, top: str, bottom: str) -> Picture:
        """Patient directions at the middle of the four edges, such as R, L, A, P."""
        width, height = self.size
        font = ImageFont.load_default(size=15)
        draw = ImageDraw.Draw(self.image)
        for text, at, anchor in (
            (left, (7, height // 2), "lm"),
            (right, (width - 7, height // 2), "rm"),
            (top, (width // 2, 5), "ma"),
            (bottom, (width // 2, height - 6), "ms"),
        ):
            draw.text(
                at,
                text,
                font=font,
                anchor=anchor,
                fill=(190, 200, 210),
                stroke_width=2,
                stroke_fill=(0, 0, 0),
            )
        return self

    def scale_bar(self, length_mm: float) -> Picture:
        """A bar of ``length_mm`` with its length, in the lower right corner."""
        width, height = self.size
        draw = ImageDraw.Draw(self.image)
        right, y = width - 8, height - 9
        left = right - length_mm * self.pixels_per_mm
        draw.line((left, y, right, y), fill=(240, 240, 240), width=2)
        draw.text(
            ((left + right) / 2, y - 4), f"{length_mm:g} mm", font=ImageFont.load_default(size=11),
            anchor="ms", fill=(240, 240, 240), stroke_width=2, stroke_fill=(0, 0, 0),
        )  # fmt: skip
        return self

    def data_uri(self) -> str:
        """The picture itself as text, for ``src`` of an ``img``."""
        stream = io.BytesIO()
        self.image.save(stream, "JPEG", quality=JPEG_QUALITY, subsampling=0, optimize=True)
        return "data:image/jpeg;base64," + base64.b64encode(stream.getvalue()).decode("ascii")

    def _resized(self, mask: np.ndarray) -> np.ndarray:
        """The mask at the picture's size, boolean."""
        grown = Image.fromarray(np.where(mask, 255, 0).astype(np.uint8)).resize(
            self.size, Image.Resampling.BILINEAR
        )
        return np.asarray(grown) > 127

    def _paint(self, shape: np.ndarray, colour: Colour, opacity: float = 1.0) -> None:
        cover = Image.fromarray(np.where(shape, round(255 * opacity), 0).astype(np.uint8))
        self.image.paste(Image.new("RGB", self.size, colour), (0, 0), cover)


def _border(shape: np.ndarray) -> np.ndarray:
    """The outermost pixels of a boolean shape, two deep so that they survive JPEG and a small screen."""
    return np.logical_and(shape, np.logical_not(ndimage.binary_erosion(shape, iterations=2, border_value=1)))


def diverging(slice_hu: np.ndarray, limit_hu: float) -> np.ndarray:
    """Blue below 0, white at 0, red above, full at +-``limit_hu``: (J, I) -> (J, I, 3) uint8."""
    t = np.clip(np.nan_to_num(np.asarray(slice_hu, dtype=np.float32)) / limit_hu, -1, 1)[..., None]
    white, red, blue = (
        np.array(c, dtype=np.float32) for c in ((247, 247, 247), (178, 24, 43), (33, 102, 172))
    )
    end = np.where(t > 0, red, blue)
    return (white + (end - white) * np.abs(t)).astype(np.uint8)
