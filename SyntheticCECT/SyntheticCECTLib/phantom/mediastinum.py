"""What lies between the lungs beside the heart: fat, oesophagus, trachea and main bronchi."""

from __future__ import annotations

from typing import Any

import numpy as np

from .canvas import Canvas
from .heart import Heart
from .shapes import along, curve, ellipsoid
from .thorax import Thorax
from .tissues import Tissue


def paint_mediastinum(canvas: Canvas, thorax: Thorax, cavity: np.ndarray) -> None:
    """Fat around the great vessels and before the spine, oesophagus, trachea and main bronchi."""
    heart, front = thorax.heart, thorax.heart.spine_front
    gap = 4 + 7 * thorax.details[13]
    soft = [
        (*heart.aorta(), gap),
        *((p, r, gap) for p, r in heart.pulmonary_trunk()[:1]),
        (*heart.venae_cavae()[0], gap),
    ]
    soft += [(p[: len(p) * 2 // 3], r[: len(r) * 2 // 3], 4.0) for p, r in heart.pulmonary_trunk()[1:]]
    soft += [(p[:4], r[:4], 4.0) for p, r in heart.pulmonary_veins()]
    behind = np.array([[4.0, front - 3, 170.0], [4.0, front - 3, -60], [2.0, front - 5, -250]])
    soft.append((behind, np.full(3, 18.0), 0.0))
    upper = np.array(
        [[0, heart.base[1] - 12, 170.0], [0, heart.base[1] - 8, 78], [4, heart.base[1] - 10, 42]]
    )
    soft.append((upper, np.array([30.0, 26.0, 20.0]), 0.0))
    for path, radii, extra in soft:
        canvas.paint_tube(Tissue.MEDIASTINUM, path, radii + extra)
    # Fat behind the sternum, and in the angles between heart and diaphragm.
    pads: list[tuple[tuple[float, ...], Any]] = [
        ((4, thorax.front - 3, 35), (20 + 14 * thorax.details[14], 6 + 0.8 * heart.fat_front_mm, 115))
    ]
    for side, size in ((-1, thorax.details[0]), (1, thorax.details[1])):
        place = (heart.base[0] + side * 52, thorax.front + 18, heart.base[2] - 42)
        pads.append((place, np.array([20, 18, 18]) * (0.3 + size)))
    for center, semi_axes in pads:
        region = canvas.around(np.array(center), max(semi_axes))
        canvas.paint(
            Tissue.MEDIASTINUM,
            np.maximum(ellipsoid(canvas.at(region), center, semi_axes), cavity[region] + 1),
            region,
        )
    _paint_airways(canvas, thorax.heart)
    back_of_atrium = heart.la_center[1] + heart.la_axes[1]
    path = curve(
        [
            [2, front - 8, 170],
            [3, front - 8, 90],
            [6, max(back_of_atrium + 7, front - 12), 20],
            [14, max(back_of_atrium + 4, front - 16), -40],
            [24, front - 26, -100],
        ]
    )
    gullet = along([8, 7.5, 7.5 + 2 * thorax.details[15], 8, 9], len(path))
    canvas.paint_tube(Tissue.OESOPHAGUS, path, gullet)
    if thorax.details[15] > 0.65:
        canvas.paint_tube(Tissue.AIRWAY, path, gullet - 5.5)


def _paint_airways(canvas: Canvas, heart: Heart) -> None:
    front = heart.spine_front
    roof = heart.la_center[2] + heart.la_axes[2]
    carina = np.array([-2.0, front - 22, max(roof + 16, 52.0)])
    tubes = [(np.array([[0, front - 30, 200.0], carina]), np.array([9.0, 8.5]))]
    for side, reach in ((-1, 34), (1, 44)):
        way = curve(
            [
                carina,
                carina + [side * reach * 0.5, 4, -12],
                carina + [side * (reach + 8), 10, -24 - 6 * (side > 0)],
            ],
            4,
        )
        tubes.append((way, along([7.5, 6.5, 5.0], len(way))))
    for tissue, extra in ((Tissue.WALL, 1.6), (Tissue.AIRWAY, 0.0)):
        for path, radii in tubes:
            canvas.paint_tube(tissue, path, radii + extra)
