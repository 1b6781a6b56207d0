"""What the lungs hold: branching vessels, and now and then disease."""

from __future__ import annotations

import numpy as np

from .canvas import Canvas
from .shapes import ellipsoid, tube
from .thorax import Thorax
from .tissues import Tissue


def paint_lung_contents(canvas: Canvas, thorax: Thorax, cavity: np.ndarray) -> None:
    """Vessel trees from both hila, sometimes nodules, consolidation or effusion."""
    rng = np.random.default_rng([thorax.seed, 3])
    heart = thorax.heart
    for side in (-1, 1):
        hilum = np.array([side * 46.0, heart.la_center[1] + 6, heart.la_center[2] + 8])
        for _ in range(int(rng.integers(9, 16))):
            direction = rng.normal(size=3) + [side * 0.8, 0.1, 0]
            _branch(canvas, cavity, rng, hilum, direction / np.linalg.norm(direction), rng.uniform(2.4, 4.5))
    if rng.random() < 0.3:
        _paint_lesions(canvas, thorax, cavity, rng)
    if rng.random() < 0.15:
        _paint_effusion(canvas, thorax, cavity, rng)


def _branch(
    canvas: Canvas,
    cavity: np.ndarray,
    rng: np.random.Generator,
    start: np.ndarray,
    direction: np.ndarray,
    radius: float,
) -> None:
    if radius < 0.7:
        return
    end = start + direction * rng.uniform(14, 30)
    path = np.stack([start, end])
    region = canvas.around(path, radius)
    if min(s.stop - s.start for s in region) > 0:
        vessel = tube(canvas.at(region), path, np.array([radius, radius * 0.85]))
        canvas.paint(Tissue.LUNG_VESSEL, np.maximum(vessel, cavity[region] + 3), region)
    for _ in range(2):
        turned = direction + rng.normal(0, 0.5, 3)
        _branch(canvas, cavity, rng, end, turned / np.linalg.norm(turned), radius * rng.uniform(0.5, 0.8))


def _paint_lesions(canvas: Canvas, thorax: Thorax, cavity: np.ndarray, rng: np.random.Generator) -> None:
    for _ in range(int(rng.integers(1, 4))):
        side = rng.choice([-1, 1])
        center = np.array(
            [
                side * rng.uniform(30, thorax.half_width * 0.9),
                rng.uniform(thorax.front + 10, thorax.back - 10),
                rng.uniform(-60, 90),
            ]
        )
        size = rng.uniform(3, 26, 3)
        region = canvas.around(center, size.max())
        x, y, z = canvas.at(region)
        ragged = size.min() * 0.25 * np.sin(x / 4 + y / 5) * np.sin(z / 4 - y / 6)
        canvas.paint(
            Tissue.LESION,
            np.maximum(ellipsoid((x, y, z), center, size) + ragged, cavity[region] + 1).astype(np.float32),
            region,
        )


def _paint_effusion(canvas: Canvas, thorax: Thorax, cavity: np.ndarray, rng: np.random.Generator) -> None:
    """Fluid behind one lung, lying level."""
    everywhere = canvas.everywhere()
    x, y, z = canvas.at(everywhere)
    side, level = rng.choice([-1, 1]), thorax.back - rng.uniform(5, 30)
    fluid = np.maximum(np.maximum(cavity + 1, level - y + 0.12 * np.clip(z, -50, 100)), 6 - side * x)
    canvas.paint(Tissue.LESION, fluid.astype(np.float32), everywhere)
