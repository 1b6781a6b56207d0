"""One small picture of a result: the slice with most chamber in it, around the heart."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ...core.bounding_box import bounding_box
from ...core.case_folder import HEART_MASK, SYNTHETIC_CECT
from ...core.common_grid import axial_spacing, axial_view
from ...core.folder_chambers import chambers_file
from ...core.formats.grid import place
from ...core.formats.label_file import read_labels, read_mask
from ...core.formats.volume_file import read_volume
from ...core.reporting.picture import LA_COLOUR, LV_COLOUR, Picture, Window

PIXELS = 150
WINDOW = Window(900, 250)
MARGIN_SHARE = 0.15


def thumbnail(folder: Path) -> str:
    """A picture as data URI, with the chambers as a person corrected them.

    Args:
        folder: What synthesize wrote.

    Raises:
        InputRefused: A file cannot be read.
    """
    volume = read_volume(folder / SYNTHETIC_CECT)[0]
    image = place(volume.layers_lkji[0], volume.axes_mm, volume.origin_mm)[0]
    labels = read_labels(chambers_file(folder), image, may_be_empty=True)
    heart = read_mask(folder / HEART_MASK, image)
    return draw(axial_view(image), axial_view(labels), axial_view(heart), axial_spacing(image))


def draw(values: np.ndarray, labels: np.ndarray, heart: np.ndarray, spacing: tuple[float, ...]) -> str:
    """The picture, from arrays (slices, rows, columns)."""
    areas = (labels > 0).reshape(len(labels), -1).sum(axis=1)
    slice_number = int(areas.argmax()) if areas.any() else len(values) // 2
    box = bounding_box(heart) or tuple(slice(0, size) for size in values.shape)
    part = tuple(_wider(one, size) for one, size in zip(box[1:], values.shape[1:], strict=True))
    picture = Picture(WINDOW.grey(values[slice_number][part]), (spacing[-2], spacing[-1]), PIXELS)
    for label, color in ((1, LA_COLOUR), (2, LV_COLOUR)):
        picture.outline(labels[slice_number][part] == label, color)
    return picture.chip("SYNTHETIC").data_uri()


def _wider(part: slice, size: int) -> slice:
    more = round(MARGIN_SHARE * (part.stop - part.start))
    return slice(max(0, part.start - more), min(size, part.stop + more))
