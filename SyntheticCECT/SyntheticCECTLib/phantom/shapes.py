"""Signed distances (mm, negative inside) to the shapes that anatomy is made of.

Points come as three arrays ``x, y, z`` of one shape (LPS, mm); distances have that shape.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

Points = tuple[np.ndarray, np.ndarray, np.ndarray]
Vector = Sequence[float] | np.ndarray


def ellipsoid(
    points: Points, center: Vector, semi_axes: Vector, axes: np.ndarray | None = None
) -> np.ndarray:
    """Approximate distance to an ellipsoid; exact on its surface and to first order near it.

    Args:
        points: Where to evaluate.
        center: Centre (x, y, z) in mm.
        semi_axes: Half lengths along the three axes in mm.
        axes: Rows are the unit vectors of the axes; the body's own axes where None.
    """
    scaled_squared = np.zeros_like(points[0])
    gradient_squared = np.zeros_like(points[0])
    offsets = [p - np.float32(c) for p, c in zip(points, center, strict=True)]
    for n, radius in enumerate(semi_axes):
        if axes is None:
            along = offsets[n] / np.float32(radius)
        else:
            u = (np.asarray(axes[n]) / radius).astype(np.float32)
            along = u[0] * offsets[0] + u[1] * offsets[1] + u[2] * offsets[2]
        along *= along
        scaled_squared += along
        gradient_squared += along / np.float32(radius * radius)
    scaled = np.sqrt(scaled_squared)
    return scaled * (scaled - 1) / np.sqrt(gradient_squared + np.float32(1e-9))


def tube(points: Points, path: np.ndarray, radii: np.ndarray) -> np.ndarray:
    """Distance to a tube of varying radius around a polyline.

    Args:
        points: Where to evaluate.
        path: Vertices ``(N, 3)`` in mm.
        radii: Radius at each vertex ``(N,)`` in mm.
    """
    distance = np.full_like(points[0], np.inf)
    for a, b, ra, rb in zip(path[:-1], path[1:], radii[:-1], radii[1:], strict=True):
        ab = b - a
        length_squared = max(float(ab @ ab), 1e-6)
        x, y, z = (p - np.float32(c) for p, c in zip(points, a, strict=True))
        dot = x * np.float32(ab[0])
        dot += y * np.float32(ab[1])
        dot += z * np.float32(ab[2])
        squared = x * x
        squared += y * y
        squared += z * z
        t = np.clip(dot * np.float32(1 / length_squared), 0, 1)
        squared -= t * (2 * dot - t * np.float32(length_squared))
        radius = np.float32(ra) + t * np.float32(rb - ra)
        np.minimum(distance, np.sqrt(np.maximum(squared, 0, out=squared), out=squared) - radius, out=distance)
    return distance


def smooth_union(a: np.ndarray, b: np.ndarray, blend_mm: float) -> np.ndarray:
    """Union whose inner corners are filled over ``blend_mm``, like soft tissue that bridges a groove."""
    h = np.clip(0.5 + (b - a) / np.float32(2 * blend_mm), 0, 1)
    return b + (a - b) * h - np.float32(blend_mm) * h * (1 - h)


def coverage(distance: np.ndarray, edge_mm: float) -> np.ndarray:
    """Share of a voxel inside a shape, from the distance at its centre (partial volume)."""
    return np.clip(0.5 - distance / np.float32(edge_mm), 0, 1)


def curve(vertices: Sequence[Vector], steps: int = 6) -> np.ndarray:
    """Smooth path ``(M, 3)`` through the given vertices (Catmull-Rom)."""
    v = np.asarray(vertices, float)
    v = np.vstack([2 * v[0] - v[1], v, 2 * v[-1] - v[-2]])
    t = np.linspace(0, 1, steps, endpoint=False)[:, None]
    pieces = [
        0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
        for a, b, c, d in zip(v[:-3], v[1:-2], v[2:-1], v[3:], strict=True)
    ]
    return np.vstack([*pieces, v[-2:-1]])


def along(values: Sequence[float], count: int) -> np.ndarray:
    """Values given at even places along a path, at ``count`` places."""
    return np.interp(np.linspace(0, 1, count), np.linspace(0, 1, len(values)), np.asarray(values, float))
