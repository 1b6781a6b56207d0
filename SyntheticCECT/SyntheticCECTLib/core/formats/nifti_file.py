"""Reads NIfTI-1 and NIfTI-2 files (https://nifti.nimh.nih.gov), byte by byte checked."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np

from ..errors import InputRefused
from .grid import MOST_SKEW
from .pixel_bytes import GZIP, exact_array, inflate, start_of
from .volume import SAVE_AGAIN, Volume, data_file, voxel_count

_DTYPES = {
    2: "u1",
    4: "i2",
    8: "i4",
    16: "f4",
    64: "f8",
    256: "i1",
    512: "u2",
    768: "u4",
    1024: "i8",
    1280: "u8",
}
_COLOR = {128: 3, 2304: 4}
_UNIT_MM = {0: 1.0, 1: 1000.0, 2: 1.0, 3: 0.001}
_RAS_TO_LPS = np.array([-1.0, -1.0, 1.0])


def read_nifti(path: Path, data: bytes) -> tuple[Volume, list[Path]]:
    """Reads a .nii or .nii.gz file, or a .hdr header with its .img file.

    Args:
        path: The file, for finding the .img file of a pair.
        data: The file's bytes.

    Returns:
        The volume, with the header's scale already applied, and the files read beside ``path``.

    Raises:
        InputRefused: The header is unusable, or the voxel bytes are not exactly those it promises.
    """
    header = _Header(start_of(data, 1024))
    sizes = [int(size) for size in header.dim[1 : header.dim[0] + 1]]
    if header.datatype in _COLOR:
        sizes, dtype = [_COLOR[header.datatype], *sizes], np.dtype("u1")
    elif header.datatype in _DTYPES:
        dtype = np.dtype(header.order + _DTYPES[header.datatype])
    else:
        raise InputRefused(
            "bad_header", f"NIfTI data type {header.datatype} is not a CT's.", "Save it as int16."
        )
    count = voxel_count(sizes, "NIfTI")
    others: list[Path] = []
    if not header.single:
        data = _pair(path, others)
    skip = int(header.offset) if header.single else 0
    if data[:2] == GZIP:
        data = inflate(data, skip + count * dtype.itemsize, "NIfTI")
    body = memoryview(data)[skip:]
    values = exact_array(body, count, dtype, "NIfTI").reshape(sizes[::-1])
    color = header.datatype in _COLOR
    layers = np.moveaxis(values, -1, 0) if color else values
    spatial = [*header.dim[1:4]][::-1]
    if header.dim[0] < 3 or 1 in spatial:
        raise InputRefused("single_slice", "The NIfTI file holds a single slice.", "Give the whole scan.")
    layers = layers.reshape(-1, *spatial)
    axes, origin = header.placement()
    # The fifth dimension holds the values of one voxel, the fourth is time.
    vector = color or (header.dim[0] >= 5 and header.dim[4] == 1)
    kind = "scalar" if len(layers) == 1 else "vector" if vector else "list"
    return Volume(header.scaled(layers), axes, origin, kind), others


class _Header:
    """The fields that matter, from either version and byte order."""

    def __init__(self, data: bytes) -> None:
        for order in "<>":
            size = struct.unpack_from(order + "i", data)[0] if len(data) >= 4 else 0
            if size in (348, 540):
                break
        else:
            raise InputRefused("bad_header", "The NIfTI header is damaged.", SAVE_AGAIN)
        if len(data) < size:
            raise InputRefused(
                "truncated_file", f"The NIfTI file is cut short: {len(data)} bytes.", SAVE_AGAIN
            )
        self.order, first = order, size == 348

        def at(offset: int, form: str) -> tuple:
            return struct.unpack_from(order + form, data, offset)

        magic = data[344:348] if first else data[4:8]
        if magic[:2] not in (b"n+", b"ni"):
            raise InputRefused("bad_header", "The NIfTI header is damaged (magic).", SAVE_AGAIN)
        self.single = magic[:2] == b"n+"
        self.dim = at(40, "8h") if first else at(16, "8q")
        self.datatype = at(70, "h")[0] if first else at(12, "h")[0]
        self.pixdim = np.array(at(76, "8f") if first else at(104, "8d"))
        self.offset = at(108, "f")[0] if first else at(168, "q")[0]
        self.slope, self.intercept = at(112, "2f") if first else at(176, "2d")
        self.units = (data[123] if first else at(500, "i")[0]) & 7
        self.qform, self.sform = at(252, "2h") if first else at(344, "2i")
        self.quaternion = np.array(at(256, "6f") if first else at(352, "6d"), dtype=float)
        self.rows = np.array(at(280, "12f") if first else at(400, "12d"), dtype=float).reshape(3, 4)
        if not 1 <= self.dim[0] <= 7:
            raise InputRefused("bad_header", f"The NIfTI header gives {self.dim[0]} dimensions.", SAVE_AGAIN)
        if self.single and not (np.isfinite(self.offset) and size <= self.offset <= 1 << 20):
            raise InputRefused(
                "bad_header", f"The NIfTI voxels would start at byte {self.offset}.", SAVE_AGAIN
            )

    def placement(self) -> tuple[np.ndarray, np.ndarray]:
        """Voxel steps (3, 3) and origin (3,) in mm (LPS): the sform, or the qform where that is sheared."""
        unit = _UNIT_MM.get(self.units)
        if unit is None:
            raise InputRefused("bad_header", f"The NIfTI length unit {self.units} is not known.", SAVE_AGAIN)
        affine = None
        if self.sform > 0:
            affine = self.rows
            if self.qform > 0 and _sheared(affine):
                affine = self._from_quaternion()
        elif self.qform > 0:
            affine = self._from_quaternion()
        if affine is None:
            raise InputRefused(
                "no_orientation",
                "The NIfTI header does not say how the scan lies in the patient (sform, qform code 0).",
                "Save the scan again with its orientation, or give the original DICOM slices.",
            )
        return affine[:, :3] * _RAS_TO_LPS[:, None] * unit, affine[:, 3] * _RAS_TO_LPS * unit

    def _from_quaternion(self) -> np.ndarray:
        b, c, d = self.quaternion[:3]
        a = np.sqrt(max(0.0, 1.0 - (b * b + c * c + d * d)))
        rotation = np.array(
            [
                [a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c)],
                [2 * (b * c + a * d), a * a + c * c - b * b - d * d, 2 * (c * d - a * b)],
                [2 * (b * d - a * c), 2 * (c * d + a * b), a * a + d * d - b * b - c * c],
            ]
        )
        steps = self.pixdim[1:4] * [1.0, 1.0, -1.0 if self.pixdim[0] < 0 else 1.0]
        return np.concatenate([rotation * steps, self.quaternion[3:, None]], axis=1)

    def scaled(self, layers: np.ndarray) -> np.ndarray:
        """Applies the header's slope and intercept; a slope of 0 means none."""
        if not (np.isfinite(self.slope) and np.isfinite(self.intercept)):
            raise InputRefused(
                "bad_header", f"The NIfTI scale is {self.slope}, {self.intercept}.", SAVE_AGAIN
            )
        if self.slope == 0 or (self.slope == 1 and self.intercept == 0):
            return layers
        return layers.astype(np.float32) * np.float32(self.slope) + np.float32(self.intercept)


def _sheared(affine: np.ndarray) -> bool:
    lengths = np.linalg.norm(affine[:, :3], axis=0)
    if not np.isfinite(lengths).all() or lengths.min() == 0:
        return True
    units = affine[:, :3] / lengths
    return float(np.abs(units.T @ units - np.eye(3)).max()) > MOST_SKEW


def _pair(path: Path, others: list[Path]) -> bytes:
    name = path.name.removesuffix(".gz").removesuffix(".hdr")
    image = path.with_name(f"{name}.img.gz")
    others.append(image if image.is_file() else data_file(path, f"{name}.img"))
    return others[0].read_bytes()
