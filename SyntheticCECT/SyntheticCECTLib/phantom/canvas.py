"""A sampling grid in the patient, and the layers of tissue painted on it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy import ndimage

from .shapes import Points, coverage, tube

Region = tuple[slice, slice, slice]


@dataclass(frozen=True)
class Grid:
    """An axial grid: origin (mm, centre of the first voxel), spacing (mm) and size, each (x, y, z)."""

    origin_xyz: tuple[float, float, float]
    spacing_xyz: tuple[float, float, float]
    size_xyz: tuple[int, int, int]

    @property
    def shape_kji(self) -> tuple[int, int, int]:
        return self.size_xyz[2], self.size_xyz[1], self.size_xyz[0]

    def axis(self, n: int) -> np.ndarray:
        return (self.origin_xyz[n] + self.spacing_xyz[n] * np.arange(self.size_xyz[n])).astype(np.float32)


@dataclass(frozen=True)
class Pose:
    """Where the patient lies: scanner point -> patient point, a rotation about a centre and a shift (mm)."""

    rotation: np.ndarray = field(default_factory=lambda: np.eye(3))
    center: np.ndarray = field(default_factory=lambda: np.zeros(3))
    shift: np.ndarray = field(default_factory=lambda: np.zeros(3))

    def __call__(self, xyz: np.ndarray) -> np.ndarray:
        """Patient points ``(..., 3)`` of scanner points ``(..., 3)``."""
        return (xyz - self.center) @ self.rotation.T + self.center + self.shift

    def inverse(self, xyz: np.ndarray) -> np.ndarray:
        return (xyz - self.center - self.shift) @ self.rotation + self.center


@dataclass(frozen=True)
class Deformation:
    """A smooth random displacement that belongs to the patient, whatever grid looks at it.

    Args:
        coefficients: Cubic B-spline coefficients ``(3, K, J, I)`` in mm.
        spacing_mm: Distance of the control points.
    """

    coefficients: np.ndarray
    spacing_mm: float
    REACH_MM = 330.0

    @classmethod
    def draw(cls, rng: np.random.Generator, spacing_mm: float, amplitude_mm: float) -> Deformation:
        count = int(2 * cls.REACH_MM / spacing_mm) + 4
        return cls(rng.normal(0, amplitude_mm, (3, count, count, count)).astype(np.float32), spacing_mm)

    def __call__(self, points_xyz: np.ndarray) -> np.ndarray:
        """Displacement ``(..., 3)`` in mm at patient points ``(..., 3)``."""
        index = np.moveaxis((points_xyz[..., ::-1] + self.REACH_MM) / self.spacing_mm + 1, -1, 0)
        parts = [
            ndimage.map_coordinates(c, index, order=3, prefilter=False, mode="nearest")
            for c in self.coefficients
        ]
        return np.stack(parts, -1)


def interpolation_matrix(fine: np.ndarray, coarse: np.ndarray) -> np.ndarray:
    """Linear interpolation from places ``coarse`` (M,) to places ``fine`` (N,), as a matrix (N, M)."""
    return np.stack([np.interp(fine, coarse, e) for e in np.eye(len(coarse))], 1).astype(np.float32)


class Canvas:
    """Patient coordinates of every voxel, and the tissue layers painted so far.

    Layers hold the share of each voxel that a tissue covers, so one drawing of the anatomy can be
    coloured many times (without contrast, with contrast, with other tissue values).
    """

    MARGIN_MM = 16.0
    COARSE_MM = 7.0

    def __init__(self, grid: Grid, pose: Pose, deformations: list[Deformation]) -> None:
        self.grid, self.pose = grid, pose
        self.edge_mm = 1.2 * grid.spacing_xyz[0]
        self.points = self._patient_points(deformations)
        self.layers: list[tuple[int, Region, np.ndarray]] = []

    def _patient_points(self, deformations: list[Deformation]) -> Points:
        axes = [self.grid.axis(n) for n in range(3)]
        coarse = [np.linspace(a[0], a[-1], max(2, int((a[-1] - a[0]) / self.COARSE_MM) + 2)) for a in axes]
        z, y, x = np.meshgrid(coarse[2], coarse[1], coarse[0], indexing="ij")
        patient = self.pose(np.stack([x, y, z], -1))
        patient = patient + sum(d(patient) for d in deformations)
        wx, wy, wz = (interpolation_matrix(a, c) for a, c in zip(axes, coarse, strict=True))
        moved = (patient[..., n].astype(np.float32) for n in range(3))
        points = [np.tensordot(wz, wy @ (m @ wx.T), axes=(1, 0)) for m in moved]
        return points[0], points[1], points[2]

    def everywhere(self) -> Region:
        return slice(None), slice(None), slice(None)

    def around(self, points_xyz: np.ndarray, reach_mm: float | np.ndarray) -> Region:
        """Smallest region that surely holds everything within ``reach_mm`` of patient points ``(N, 3)``."""
        p = np.atleast_2d(points_xyz)
        reach = np.broadcast_to(np.asarray(reach_mm, float).reshape(-1, 1), (len(p), 1))
        corners = np.concatenate(
            [p + reach * sign for sign in np.array(np.meshgrid(*[(-1, 1)] * 3)).T.reshape(-1, 3)]
        )
        scanner = self.pose.inverse(corners)
        lower, upper = scanner.min(0) - self.MARGIN_MM, scanner.max(0) + self.MARGIN_MM
        slices = []
        for n in (2, 1, 0):
            first = (lower[n] - self.grid.origin_xyz[n]) / self.grid.spacing_xyz[n]
            last = (upper[n] - self.grid.origin_xyz[n]) / self.grid.spacing_xyz[n]
            slices.append(
                slice(
                    max(0, int(np.floor(first))), max(0, min(self.grid.size_xyz[n], int(np.ceil(last)) + 1))
                )
            )
        return slices[0], slices[1], slices[2]

    def at(self, region: Region) -> Points:
        return self.points[0][region], self.points[1][region], self.points[2][region]

    def paint(self, tissue: int, distance: np.ndarray, region: Region) -> None:
        """Adds a layer of one tissue where ``distance`` (mm) is negative, with soft edges."""
        if distance.size:
            cover = coverage(distance, self.edge_mm)
            if cover.any():
                self.layers.append((int(tissue), region, cover.astype(np.float16)))

    def paint_tube(self, tissue: int, path: np.ndarray, radii: np.ndarray) -> None:
        """Adds a tube of one tissue, piece by piece so that each piece looks only at its own surroundings."""
        for n in range(0, len(path) - 1, 4):
            piece, around = path[n : n + 5], radii[n : n + 5]
            region = self.around(piece, around + 1)
            points = self.at(region)
            if points[0].size:
                self.paint(tissue, tube(points, piece, around), region)

    def labels(self) -> np.ndarray:
        """Tissue of each voxel ``(K, J, I)``, uint8."""
        tissue_map = np.zeros(self.grid.shape_kji, np.uint8)
        for tissue, region, cover in self.layers:
            tissue_map[region][cover > 0.5] = tissue
        return tissue_map

    def color(self, hu_of_tissue: np.ndarray) -> np.ndarray:
        """Image in HU ``(K, J, I)`` float32 with each tissue's value from a table."""
        image = np.full(self.grid.shape_kji, hu_of_tissue[0], np.float32)
        for tissue, region, cover in self.layers:
            part = image[region]
            part += cover * (np.float32(hu_of_tissue[tissue]) - part)
        return image
