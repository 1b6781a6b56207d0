"""Stacks the slices of one DICOM series into a volume, and refuses a stack with holes in it."""

from __future__ import annotations

import hashlib
from itertools import groupby

import numpy as np

from ..errors import InputRefused, Notice
from .dicom_pixels import decoded
from .dicom_series import DicomSeries
from .dicom_slice import quiet_pydicom
from .volume import Volume, voxel_count

MOST_UNEVEN = 0.1
"""Largest deviation from an even slice distance, as a share of it."""


def stack(series: DicomSeries) -> tuple[Volume, str]:
    """Decodes a series and places it.

    Args:
        series: Slices from low to high along their normal.

    Returns:
        The volume in HU, and the SHA-256 over the bytes of its files in the order of their paths.

    Raises:
        InputRefused: Geometry or rescale missing, slices missing or doubled, damaged pixels, colour.
    """
    one = series.first
    if one.samples != 1:
        raise InputRefused(
            "not_scalar", f"The slices have {one.samples} values a pixel (colour), not HU.", "Give a CT."
        )
    if one.rescale_type not in ("", "HU", "US"):
        raise InputRefused(
            "not_hu", f"The values are in '{one.rescale_type}', not HU.", "Give the series in HU."
        )
    axes, notices = _axes(series)
    if len({(other.slope, other.intercept) for other in series.slices}) > 1:
        message = "The slices have different rescale slopes or intercepts: check the scan for odd slices."
        notices += (Notice("rescale_varies", message),)
    voxel_count([len(series.slices), *one.shape], "DICOM")
    planes: dict[int, np.ndarray] = {}
    digest = hashlib.sha256()
    numbered = sorted(enumerate(series.slices), key=lambda item: (item[1].path.as_posix(), item[1].frame))
    with quiet_pydicom():
        for path, items in groupby(numbered, key=lambda item: item[1].path):
            group = list(items)
            data = path.read_bytes()
            digest.update(data)
            for (index, _), plane in zip(group, decoded(data, [item[1] for item in group]), strict=True):
                planes[index] = plane
    array = np.stack([planes[index] for index in range(len(series.slices))])
    assert one.position_mm is not None
    return Volume(array[None], axes, np.array(one.position_mm), notices=notices), digest.hexdigest()


def _axes(series: DicomSeries) -> tuple[np.ndarray, tuple[Notice, ...]]:
    """Voxel steps (3, 3) in mm: along a row, down a column, from slice to slice."""
    one = series.first
    if not series.placed or one.orientation is None or one.pixel_mm is None:
        raise InputRefused(
            "no_geometry",
            "The DICOM headers do not say where the slices lie (position, orientation, pixel spacing).",
            "Export the original CT series from the scanner or PACS.",
        )
    along_row, down_column = np.array(one.orientation[:3]), np.array(one.orientation[3:])
    if abs(np.linalg.norm(along_row) - 1) > 1e-2 or abs(np.linalg.norm(down_column) - 1) > 1e-2:
        raise InputRefused(
            "bad_geometry", f"The image orientation is {one.orientation}.", "Export the series again."
        )
    notices = _evenness(series)
    positions = np.array([slice_.position_mm for slice_ in series.slices])
    step = (positions[-1] - positions[0]) / (len(positions) - 1)
    wander = float(np.abs(positions - positions[0] - np.arange(len(positions))[:, None] * step).max())
    if wander > max(1.0, MOST_UNEVEN * float(np.linalg.norm(step))):
        raise InputRefused(
            "uneven_slices", f"The slices do not lie in one straight row (up to {wander:.1f} mm beside it).",
            "Export the original axial CT series.",
        )  # fmt: skip
    return np.stack([along_row * one.pixel_mm[1], down_column * one.pixel_mm[0], step], axis=1), notices


def _evenness(series: DicomSeries) -> tuple[Notice, ...]:
    depths = np.array([one.depth_mm for one in series.slices])
    gaps = np.diff(depths)
    usual = float(np.median(gaps))
    if gaps.min() < 0.01:
        raise InputRefused(
            "duplicate_slices", f"{int((gaps < 0.01).sum()) + 1} slices lie at one place (phases, copies?).",
            "Export one phase of one series.",
        )  # fmt: skip
    worst = int(np.argmax(np.abs(gaps - usual)))
    off = float(abs(gaps[worst] - usual))
    if off > max(MOST_UNEVEN * usual, 0.02):
        missing = int(np.round(np.maximum(gaps / usual, 1) - 1).sum())
        where = f"between {depths[worst]:.1f} and {depths[worst + 1]:.1f} mm"
        even = abs(gaps / usual - np.round(gaps / usual)).max() < MOST_UNEVEN
        if even and gaps.min() > 0.5 * usual and missing:
            raise InputRefused(
                "missing_slices",
                f"{missing} of {len(depths) + missing} slices are missing (the largest gap is {where}).",
                "Copy or export the whole series again.",
            )
        raise InputRefused(
            "uneven_slices",
            f"The slice distance is {usual:.2f} mm, but {gaps[worst]:.2f} mm {where}.",
            "Export a series with even slice distance.",
        )
    notices = []
    if off > 0.02 * usual and off > 0.05:
        notices.append(
            Notice(
                "uneven_slices", f"The slice distance varies from {gaps.min():.2f} to {gaps.max():.2f} mm."
            )
        )
    thickness = series.first.thickness_mm
    if thickness and usual > 1.5 * thickness:
        notices.append(
            Notice(
                "slice_gaps",
                f"Slices of {thickness:g} mm lie {usual:.2f} mm apart: tissue between them was not seen.",
            )
        )
    return tuple(notices)
