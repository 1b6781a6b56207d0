"""The chest around a heart: body wall, bones, lungs, mediastinum and what lies below the diaphragm.

Structures and their neighbourhoods follow the usual digital phantoms (Segars et al., Medical Physics 2010).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .canvas import Canvas
from .heart import Heart
from .shapes import ellipsoid, tube
from .tissues import Tissue


@dataclass(frozen=True)
class Thorax:
    """Measures of one chest in mm; LPS, the spine's middle at x = 0."""

    heart: Heart
    half_width: float
    front: float  # inner side of the sternum
    back: float  # deepest point of the lungs behind the spine
    roundness: float
    wall: float
    fat: float
    fat_modes: np.ndarray  # (5, 2) harmonics of the fat's thickness around the body
    breast: float
    dome_right: float
    dome_left: float
    rib_phase: float
    rib_drop: float
    vertebra: float
    arms: bool
    table_gap: float
    details: tuple[float, ...]  # uniform numbers for the small print
    seed: int

    @classmethod
    def draw(cls, rng: np.random.Generator, heart: Heart) -> Thorax:
        heart_front = min(
            heart.rv_center[1] - 0.85 * heart.rv_axes.max(), heart.at(heart.lv_length, 0, 0)[1] - heart.wall
        )
        heart_left = heart.at(heart.lv_length * 0.8, 0, 0)[0] + heart.wall + 8
        front = float(heart_front - rng.gamma(2.0, 5.0) + 2)
        back = float(heart.spine_front + rng.uniform(34, 52))
        return cls(
            heart=heart, half_width=float(max(rng.normal(128, 12), heart_left + rng.uniform(4, 18), 100)),
            front=front, back=back, roundness=rng.uniform(2.1, 2.9), wall=rng.uniform(17, 30),
            fat=rng.gamma(2.0, 9.0) + 3, fat_modes=rng.normal(0, 0.16, (5, 2)),
            breast=rng.uniform(0.4, 1.3) if rng.random() < 0.45 else 0.0,
            dome_right=rng.normal(-12, 20), dome_left=rng.normal(-26, 16),
            rib_phase=rng.uniform(0, 25), rib_drop=rng.uniform(55, 105), vertebra=rng.uniform(14, 20),
            arms=bool(rng.random() < 0.12), table_gap=rng.uniform(4, 30), details=tuple(rng.uniform(0, 1, 16).tolist()),
            seed=int(rng.integers(2**31)),
        )  # fmt: skip

    @property
    def middle(self) -> float:
        return (self.front + self.back) / 2

    def paint_wall(self, canvas: Canvas) -> np.ndarray:
        """Table, skin, fat, muscle, ribs and sternum; returns the distance to the thoracic cavity."""
        everywhere = canvas.everywhere()
        x, y, z = canvas.at(everywhere)
        half_depth = (self.back - self.front) / 2
        taper = np.sqrt(np.clip(1 - (np.clip(z - 15, 0, None) / 165) ** 2, 0.08, 1)) * (
            1 + 0.06 * np.clip(-z / 100, 0, 1)
        )
        across, deep = (
            np.abs(x) / np.float32(self.half_width),
            np.abs(y - self.middle) / np.float32(half_depth),
        )
        n = np.float32(self.roundness)
        rho = (across**n + deep**n + 1e-6) ** (1 / n) / taper
        radius = np.sqrt(x * x + (y - self.middle) ** 2)
        cavity = radius * (1 - 1 / rho)

        angle = np.arctan2(y - np.float32(self.middle), x)
        back_muscle = 16 * np.exp(-(((angle - np.pi / 2) / 0.55) ** 2))
        chest_muscle = 9 * np.exp(-(((np.abs(angle + np.pi / 2) - 0.7) / 0.35) ** 2)) * (z > -10)
        shoulder = 26 * np.clip((z - 40) / 80, 0, 1.4) * np.exp(-((np.sin(angle) / 0.75) ** 2))
        muscle = cavity - (self.wall + back_muscle + chest_muscle + shoulder).astype(np.float32)
        relative_fat = 1 + sum(
            a * np.cos(m * angle) + b * np.sin(m * angle)
            for m, (a, b) in enumerate(self.fat_modes.tolist(), 1)
        )
        body = muscle - np.clip(self.fat * relative_fat, 2.5, None).astype(np.float32)

        self._paint_table(canvas, body)
        if self.breast:
            for side in (-1, 1):
                center = np.array(
                    [
                        side * (70 + 15 * self.details[0]),
                        self.front - self.wall - self.fat * 0.6,
                        -5 + 40 * self.details[1],
                    ]
                )
                size = np.array([58, 30, 52]) * self.breast
                region = canvas.around(center, size.max())
                bump = ellipsoid(canvas.at(region), center, size)
                body[region] = np.minimum(body[region], bump)
        canvas.paint(Tissue.SKIN, body, everywhere)
        canvas.paint(Tissue.FAT, body + 2, everywhere)
        if self.breast:
            for side in (-1, 1):
                center = np.array(
                    [
                        side * (70 + 15 * self.details[0]),
                        self.front - self.wall - self.fat * 0.7 - 4,
                        -5 + 40 * self.details[1],
                    ]
                )
                region = canvas.around(center, 30)
                part = canvas.at(region)
                streaks = 5 * np.sin(part[0] / 5) * np.sin(part[1] / 4 + part[2] / 7)
                canvas.paint(
                    Tissue.GLAND,
                    ellipsoid(part, center, np.array([26, 13, 24]) * self.breast) + streaks,
                    region,
                )
        # A layer of fat parts the superficial muscles from the rib cage.
        canvas.paint(Tissue.MUSCLE, muscle, everywhere)
        seam = np.abs(cavity - (self.wall + 2)) - np.clip(3 * np.sin(angle * 3 + self.details[2] * 6), 0, 2.5)
        canvas.paint(Tissue.FAT, np.maximum(seam, muscle + 5).astype(np.float32), everywhere)
        self._paint_ribs(canvas, cavity, angle)
        if self.arms:
            self._paint_arms(canvas)
        return cavity

    def _paint_table(self, canvas: Canvas, body: np.ndarray) -> None:
        x, y, _ = canvas.at(canvas.everywhere())
        level = self.back + self.wall + 16 + self.fat * 0.4 + self.table_gap
        curvature = 0.0004 + 0.0012 * self.details[3]
        surface = y + np.float32(curvature) * x * x - np.float32(level)
        plate = np.maximum(np.abs(surface - 8) - (1.2 + 6 * (self.details[4] > 0.6)), np.abs(x) - 215)
        canvas.paint(Tissue.TABLE, np.maximum(plate, 3 - body).astype(np.float32), canvas.everywhere())

    def _paint_ribs(self, canvas: Canvas, cavity: np.ndarray, angle: np.ndarray) -> None:
        everywhere = canvas.everywhere()
        x, y, z = canvas.at(everywhere)
        spacing = 23.0 + 3 * self.details[5]
        forward = (1 - np.sin(angle)) / 2  # 0 behind, 1 in front
        drop = np.float32(self.rib_drop) * forward.astype(np.float32) ** 1.3
        phase = (z + drop + np.float32(self.rib_phase)) % np.float32(spacing) - np.float32(spacing / 2)
        rib = np.sqrt(((cavity - 6) / 4.2) ** 2 + (phase / 6.5) ** 2)
        rib = (rib - 1) * 4.2
        midline = np.abs(x)
        bony = np.maximum(
            rib, np.maximum(14 - midline, np.where(y < self.middle, 38 - midline - 0.25 * z, -1))
        )
        canvas.paint(
            Tissue.CARTILAGE,
            np.maximum(rib, np.maximum(20 - midline, y - self.front - 45)).astype(np.float32),
            everywhere,
        )
        canvas.paint(Tissue.BONE, bony.astype(np.float32), everywhere)
        canvas.paint(Tissue.MARROW, (bony + 1.9).astype(np.float32), everywhere)
        top, bottom = 105, -45 - 35 * self.details[6]
        region = canvas.around(np.array([[0, self.front - 7, top], [0, self.front - 7, bottom]]), 26)
        x, y, z = canvas.at(region)
        taper_in = self.front + np.clip(z - 15, 0, None) ** 2 / 330
        plate = np.maximum(
            np.abs(y - (taper_in - 6)) - 5.2,
            np.maximum(
                np.abs(x) - (15 + 5 * np.sin(z / 13)), np.abs(z - (top + bottom) / 2) - (top - bottom) / 2
            ),
        )
        canvas.paint(Tissue.BONE, plate.astype(np.float32), region)
        canvas.paint(Tissue.MARROW, (plate + 1.5).astype(np.float32), region)

    def _paint_arms(self, canvas: Canvas) -> None:
        for side in (-1, 1):
            x = side * (self.half_width + self.wall + self.fat + 52)
            path = np.array([[x, self.middle + 10, 260.0], [x, self.middle + 25, -260.0]])
            region = canvas.around(path, 50)
            arm = tube(canvas.at(region), path, np.array([45.0, 38.0]))
            for tissue, inset in (
                (Tissue.SKIN, 0),
                (Tissue.FAT, 2),
                (Tissue.MUSCLE, 8),
                (Tissue.BONE, 30),
                (Tissue.MARROW, 34),
            ):
                canvas.paint(tissue, arm + np.float32(inset), region)

    def paint_spine(self, canvas: Canvas) -> None:
        """Vertebral bodies with discs, canal, arch and processes, and the muscles beside them."""
        front, r = self.heart.spine_front, self.vertebra
        y0 = front + r
        line = np.array([[0, y0, 280.0], [0, y0, -280.0]])
        region = canvas.around(line, r + 62)
        x, y, z = canvas.at(region)
        body = (np.sqrt((x / 1.12) ** 2 + (y - y0) ** 2) - r).astype(np.float32)
        disc = np.abs((z + np.float32(24 * self.details[7])) % 26 - 13) - 2.8
        for side in (-1, 1):
            muscle = np.sqrt(((x - side * 26) / 1.3) ** 2 + (y - y0 - r - 24) ** 2) - 20
            canvas.paint(Tissue.MUSCLE, muscle.astype(np.float32), region)
        level = np.abs((z + np.float32(24 * self.details[7])) % 26 - 4)
        arch = np.abs(np.sqrt(x**2 + (y - y0 - r - 7) ** 2) - 11.5) - 3.2
        spinous = np.maximum(np.abs(x) - 3.2, np.maximum(np.abs(y - y0 - r - 30) - 15, level - 8))
        transverse = np.maximum(
            np.abs(y - y0 - r - 8 - 0.25 * np.abs(x)) - 4, np.maximum(np.abs(np.abs(x) - 24) - 12, level - 6)
        )
        posterior = np.minimum(np.maximum(arch, level - 11), np.minimum(spinous, transverse)).astype(
            np.float32
        )
        canvas.paint(Tissue.BONE, posterior, region)
        canvas.paint(Tissue.MARROW, posterior + 2.2, region)
        canvas.paint(Tissue.BONE, np.maximum(body, -disc), region)
        canvas.paint(Tissue.MARROW, np.maximum(body + 1.8, 1.2 - disc), region)
        canvas.paint(Tissue.CARTILAGE, np.maximum(body, disc), region)
        canvas.paint(
            Tissue.SPINAL_CANAL, (np.sqrt(x**2 + (y - y0 - r - 7) ** 2) - 8.5).astype(np.float32), region
        )
        for side in (-1, 1):
            x0 = side * (self.half_width * 0.62 + 18)
            center = np.array([x0, self.back + self.wall + 4, 75.0 + 25 * self.details[8]])
            axes = np.array([[0.86, side * -0.5, 0.1], [side * 0.5, 0.86, 0], [-0.1, 0, 1]])
            region = canvas.around(center, 66)
            blade = ellipsoid(
                canvas.at(region), center, (42, 5, 62), axes / np.linalg.norm(axes, axis=1, keepdims=True)
            )
            canvas.paint(Tissue.BONE, blade, region)
            canvas.paint(Tissue.MARROW, blade + 2, region)

    def diaphragm(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Height of the diaphragm under each point (x, y): a dome on each side, and the floor the heart rests on."""
        heart, wide = self.heart, np.float32(self.half_width)
        outer = heart.lv_radius + heart.wall
        rests = np.stack([
            heart.ra_center - [0, 0, 0.95 * heart.ra_axes[2]], heart.rv_center - [0, 0, 0.9 * heart.rv_axes[2]],
            heart.at(0.35 * heart.lv_length, 0, 0) - [0, 0, outer], heart.at(0.85 * heart.lv_length, 0, 0) - [0, 0, 0.62 * outer],
        ])  # fmt: skip
        slope_x, slope_y, _ = np.linalg.lstsq(np.c_[rests[:, :2], np.ones(4)], rests[:, 2], rcond=None)[0]
        slope_x, slope_y = np.clip([slope_x, slope_y], -0.8, 0.8).tolist()
        level = float((rests[:, 2] - rests[:, :2] @ [slope_x, slope_y]).mean()) - 4 * self.details[6]

        def dome(cx: float, top: float, fall: float) -> np.ndarray:
            return top - fall * (((x - cx) / wide) ** 2 + ((y - self.middle + 12) / 85) ** 2)

        right = dome(-0.52 * self.half_width, self.dome_right, 95)
        left = dome(0.55 * self.half_width, min(self.dome_left, self.dome_right - 4), 90)
        middle = rests[:, :2].mean(0).tolist()
        away = np.clip(np.hypot(x - middle[0], y - middle[1]) - 38, 0, None)
        center = slope_x * x + slope_y * y + level - 0.03 * away**2
        return np.maximum(np.maximum(right, left), center).astype(np.float32)

    def paint_inside(self, canvas: Canvas, cavity: np.ndarray) -> None:
        """Lungs above the diaphragm; fat, liver, stomach and spleen below it."""
        everywhere = canvas.everywhere()
        x, y, z = canvas.at(everywhere)
        height = z - self.diaphragm(x, y)
        canvas.paint(Tissue.LUNG, cavity, everywhere)
        below = np.maximum(cavity + 1, height)
        canvas.paint(Tissue.MUSCLE, below, everywhere)
        canvas.paint(Tissue.ABDOMEN, np.maximum(cavity + 2, height + 2.5), everywhere)
        edge = 25 + 45 * self.details[9]
        liver = np.maximum(
            np.maximum(cavity + 3, height + 3), (x - edge) + 0.35 * (y - self.middle) - 0.3 * (z + 40)
        )
        canvas.paint(Tissue.LIVER, liver, everywhere)
        top = min(self.dome_left, self.dome_right - 4)
        stomach = np.array([48 + 20 * self.details[10], self.middle - 10 + 15 * self.details[11], top - 42])
        region = canvas.around(stomach, 60)
        px, py, pz = canvas.at(region)
        inside = np.maximum(ellipsoid((px, py, pz), stomach, (40, 46, 38)), height[region] + 4)
        canvas.paint(Tissue.WALL, inside, region)
        canvas.paint(Tissue.STOMACH, inside + 4, region)
        if self.details[12] > 0.4:
            canvas.paint(
                Tissue.AIRWAY, np.maximum(inside + 5, py - stomach[1] + 25 * (self.details[12] - 0.6)), region
            )
        spleen = np.array([self.half_width - 42, self.back - 42, top - 45])
        region = canvas.around(spleen, 48)
        canvas.paint(
            Tissue.SPLEEN,
            np.maximum(ellipsoid(canvas.at(region), spleen, (24, 38, 42)), height[region] + 3),
            region,
        )
