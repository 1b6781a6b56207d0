"""The four-chamber heart and its great vessels: sizes drawn from published ranges, shapes as signed distances.

The frame of the heart is its mitral annulus: ``apex`` points along the long axis of the left ventricle,
``septal`` from it to the right ventricle, ``upward`` completes the frame. Body axes are LPS in mm, the spine's
middle at x = 0, the mitral annulus at z = 0.

Sizes: volumes around the reference values of Kawel-Boehm et al., J Cardiovasc Magn Reson 2020, and Lang et al.,
J Am Soc Echocardiogr 2015, widened for disease. Gated hearts lie near 75 % R-R, the others at any phase of the cycle:
toward systole the ventricle empties and shortens, its wall thickens at constant muscle volume, and the atrium fills,
drawn out by the annulus, which moves toward the apex while the atrium's back stays where it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy.special import ndtr

from .left_ventricle import LeftVentricle
from .shapes import Points, along, curve, ellipsoid, smooth_union, tube


@dataclass(frozen=True)
class Heart:
    """Measures of one heart in mm; see the module for the frame."""

    base: np.ndarray
    frame: np.ndarray  # rows: apex, septal, upward
    lv_radius: float
    lv_length: float
    wall: float
    annulus_radius: float
    la_center: np.ndarray
    la_axes: np.ndarray
    la_tilt: np.ndarray
    ra_center: np.ndarray
    ra_axes: np.ndarray
    rv_center: np.ndarray
    rv_axes: np.ndarray
    root_radius: float
    arch_top: float
    spine_front: float
    fat_mm: float
    fat_front_mm: float
    appendage: np.ndarray
    bifurcation: np.ndarray
    papillary: float
    details: tuple[float, ...]  # uniform numbers for the small print

    @classmethod
    def draw(cls, rng: np.random.Generator, gated_share: float, even_sizes: bool = False) -> Heart:
        """One heart, anything from small to dilated.

        Args:
            rng: Source of randomness.
            gated_share: Chance that it was scanned by its ECG at 75 % R-R, as in the paper; otherwise at any phase.
            even_sizes: Draws left volumes and wall evenly over their ranges instead of around the average, and the right
                heart from twice the spread: for training, so that rare hearts are learnt as well as usual ones.
        """
        drawn, right_spread = partial(_drawn, rng, even_sizes), 2.0 if even_sizes else 1.0
        # 0 is end-diastole, 1 end-systole; 75 % R-R lies shortly before end-diastole.
        gated = rng.random() < gated_share
        phase = float(np.clip(rng.normal(0.15, 0.1), 0, 1) if gated else rng.uniform(0, 1))
        filled_ml = np.exp(drawn(np.log(117), 0.32, (np.log(55), np.log(260))))
        ejected = phase * np.clip(rng.normal(0.6, 0.09), 0.25, 0.75)
        filled = LeftVentricle.of_volume(filled_ml, rng.uniform(2.6, 3.6), drawn(8.3, 1.6, (5, 14)))
        lv = filled.contracted(ejected)
        azimuth, elevation = np.deg2rad(rng.uniform(28, 66)), np.deg2rad(rng.normal(19, 14))
        apex = np.array(
            [np.cos(elevation) * np.sin(azimuth), -np.cos(elevation) * np.cos(azimuth), -np.sin(elevation)]
        )
        toward_rv = np.array([-0.5, -0.8, -0.15]) + rng.normal(0, 0.13, 3)
        septal = toward_rv - apex * (toward_rv @ apex)
        septal /= np.linalg.norm(septal)
        upward = -np.cross(apex, septal)
        frame = np.stack([apex, septal, upward if upward[2] > 0 else -upward])
        scale = filled.radius / 24 * rng.uniform(0.92, 1.14)
        base = np.array([rng.normal(22, 8), rng.normal(22, 5), 0.0])

        la_ml = drawn(100, 28, (38, 190)) * (1 - 0.42 * (1 - phase))
        la_axes = np.array([1.3, 0.79, 1.0]) * np.exp(rng.normal(0, 0.13, 3))
        la_axes *= (la_ml * 1000 * 0.8 / (4 / 3 * np.pi * la_axes.prod())) ** (1 / 3)
        turn = rng.normal(8, 9), rng.normal(5, 8)
        descent = filled.length - lv.length
        la_center = (
            base
            - apex * (la_axes[1] * 0.85 + 0.5 * descent + rng.normal(3, 2))
            + [rng.normal(-5, 4), 0, rng.normal(3, 6)]
        )

        ra_axes = np.array([23, 28, 27]) * scale**0.6 * np.exp(right_spread * rng.normal(0, 0.11, 3))
        ra_center = base + np.array([-33, -30, -14]) * scale**0.7 + rng.normal(0, [4, 4, 6])
        rv_axes = np.array([43, 33, 38]) * scale**0.8 * (1 - 0.35 * ejected)
        rv_axes *= np.exp(right_spread * rng.normal(0, 0.09, 3))
        rv_center = (
            base + np.array([28, 19 * lv.outer / filled.outer, -3]) * scale @ frame + rng.normal(0, 3, 3)
        )
        la_back = la_center[1] + la_axes[1]
        return cls(
            base=base, frame=frame, lv_radius=lv.radius, lv_length=lv.length, wall=lv.wall,
            annulus_radius=float(np.sqrt(lv.radius * filled.radius)),
            la_center=la_center, la_axes=la_axes, la_tilt=_rotation(0, turn[1], turn[0]),
            ra_center=ra_center, ra_axes=ra_axes, rv_center=rv_center, rv_axes=rv_axes,
            root_radius=float(np.clip(rng.normal(15, 2), 11, 22)), arch_top=rng.uniform(82, 118),
            spine_front=float(la_back + np.clip(rng.normal(17, 5), 7, 34)),
            fat_mm=float(rng.gamma(2.2, 2.6)), fat_front_mm=float(rng.gamma(2.0, 5.0)),
            appendage=np.array([rng.uniform(8, 17), -rng.uniform(14, 28), rng.uniform(-6, 22)]),
            bifurcation=np.array([rng.normal(12, 5), rng.normal(-6, 5), rng.normal(52, 6)]),
            papillary=rng.uniform(0.5, 1.25), details=tuple(rng.uniform(0, 1, 16).tolist()),
        )  # fmt: skip

    def at(self, apex: float, septal: float, upward: float) -> np.ndarray:
        """Body point at these distances from the mitral annulus along the heart's own axes."""
        return self.base + np.array([apex, septal, upward]) @ self.frame

    def around_long_axis(self, depth: float, angle_deg: float, radius: float) -> np.ndarray:
        """Body point around the left ventricle: 0 degrees is septal, 90 upward."""
        angle = np.deg2rad(angle_deg)
        return self.at(depth, radius * np.cos(angle), radius * np.sin(angle))

    # Cavities ---------------------------------------------------------------------------------

    def left_ventricle(self, points: Points) -> tuple[np.ndarray, np.ndarray]:
        """Distances to the cavity and to the outer surface of the myocardium."""
        u = self.frame[0]
        depth = sum(np.float32(a) * (p - np.float32(b)) for a, p, b in zip(u, points, self.base, strict=True))
        center, half = self.at(0.35 * self.lv_length, 0, 0), 0.65 * self.lv_length
        cavity = ellipsoid(points, center, (half, self.lv_radius, self.lv_radius), self.frame)
        apex_wall = self.wall * (0.45 + 0.3 * self.details[0])
        outer_axes = (half + apex_wall, self.lv_radius + self.wall, self.lv_radius + self.wall)
        outer = ellipsoid(points, center, outer_axes, self.frame)
        return np.maximum(cavity, -depth), np.maximum(outer, -depth - np.float32(1.5))

    def outflow(self, points: Points) -> np.ndarray:
        """Distance to the outflow tract, which is left ventricle up to the aortic annulus."""
        start, end = (
            self.at(0.3 * self.lv_length, 0.1 * self.lv_radius, 0.05 * self.lv_radius),
            self.aortic_annulus,
        )
        return tube(points, np.stack([start, end]), np.array([0.55 * self.lv_radius, self.root_radius * 0.8]))

    @property
    def aortic_annulus(self) -> np.ndarray:
        return self.at(-4, 0.62 * self.lv_radius + 6, 0.38 * self.lv_radius + 2)

    def left_atrium(self, points: Points) -> np.ndarray:
        """Distance to body, mitral funnel and appendage."""
        body = ellipsoid(points, self.la_center, self.la_axes, self.la_tilt)
        funnel_path = np.stack([self.at(1, -0.2 * self.lv_radius, -0.05 * self.lv_radius), self.la_center])
        funnel = tube(points, funnel_path, np.array([0.66 * self.annulus_radius, 0.7 * self.la_axes.min()]))
        root = self.la_center + self.la_axes * [0.72, -0.45, 0.35]
        way = curve([root, root + 0.5 * self.appendage + [5, 0, 1], root + self.appendage], 3)
        lobes = 1 + 0.25 * np.sin(np.arange(len(way)) * 1.9 + 6 * self.details[1])
        ear = tube(points, way, along([10, 8, 4.5], len(way)) * lobes * (0.75 + 0.5 * self.details[2]))
        return smooth_union(smooth_union(body, funnel, 7), ear, 4)

    def right_atrium(self, points: Points) -> np.ndarray:
        body = ellipsoid(points, self.ra_center, self.ra_axes, self.la_tilt)
        ear_root = self.ra_center + self.ra_axes * [0.25, -0.6, 0.55]
        way = curve([ear_root, ear_root + [10, -14, 8], ear_root + [20, -20, 12]], 3)
        return smooth_union(body, tube(points, way, along([11, 8, 5], len(way))), 5)

    def right_ventricle(self, points: Points) -> np.ndarray:
        body = ellipsoid(points, self.rv_center, self.rv_axes, self.frame)
        inflow = tube(points, np.stack([self.ra_center + [8, -5, 0], self.rv_center]), np.array([16.0, 20.0]))
        tract = np.stack([self.rv_center + self.frame[2] * 14 + self.frame[1] * 8, self.pulmonary_valve])
        return smooth_union(smooth_union(body, inflow, 6), tube(points, tract, np.array([17.0, 12.5])), 8)

    # Vessels: path (N, 3) and radii (N,) --------------------------------------------------------

    @property
    def pulmonary_valve(self) -> np.ndarray:
        return self.aortic_annulus + [
            17 + 4 * self.details[3],
            -19 - 4 * self.details[4],
            9 + 15 * self.details[5],
        ]

    def aorta(self) -> tuple[np.ndarray, np.ndarray]:
        a, r, top, front = self.aortic_annulus, self.root_radius, self.arch_top, self.spine_front
        ascending = np.array([-12 - 14 * self.details[6], self.base[1] - 30 - 8 * self.details[7], 52.0])
        descending_x = 17 + 8 * self.details[8]
        path = curve([
            a, a * 0.55 + ascending * 0.45 + [2, 0, 2], ascending,
            [-8, ascending[1] + 10, top - 14], [4, (ascending[1] + front) / 2, top], [descending_x - 3, front - 4, top - 20],
            [descending_x, front + 3, top - 55], [descending_x, front + 4, -10],
            [descending_x - 8, front - 2, -90], [2, front - 6, -240],
        ])  # fmt: skip
        return path, along(
            [r * 0.85, r * 1.15, r, r * 0.95, r * 0.85, r * 0.85, r * 0.8, r * 0.78, r * 0.75, r * 0.7],
            len(path),
        )

    def pulmonary_trunk(self) -> list[tuple[np.ndarray, np.ndarray]]:
        valve, fork = self.pulmonary_valve, self.bifurcation
        roof = self.la_center[2] + self.la_axes[2]
        fork = np.array([fork[0], fork[1], max(fork[2], roof + 13)])
        size = 11 + 4 * self.details[9]
        trunk = curve([valve, (valve + fork) / 2 + [3, -4, 3], fork])
        right = curve(
            [
                fork,
                [-8, fork[1] + 14, fork[2] - 4],
                [-34, fork[1] + 24, fork[2] - 9],
                [-56, fork[1] + 30, fork[2] - 18],
            ]
        )
        left = curve(
            [
                fork,
                [26, fork[1] + 22, fork[2] + 2],
                [46, fork[1] + 40, fork[2] - 6],
                [56, fork[1] + 50, fork[2] - 24],
            ]
        )
        return [
            (trunk, along([size * 1.05, size * 1.1, size], len(trunk))),
            (right, along([size * 0.85, size * 0.75, size * 0.7, 6], len(right))),
            (left, along([size * 0.85, size * 0.8, size * 0.7, 6], len(left))),
        ]

    def pulmonary_veins(self) -> list[tuple[np.ndarray, np.ndarray]]:
        c, (a, b, h) = self.la_center, self.la_axes
        d = self.details
        ends = [
            (c + [-0.72 * a, 0.05 * b, 0.55 * h], [-30, -6, 16 + 8 * d[10]]),
            (c + [-0.74 * a, 0.35 * b, -0.25 * h], [-32, 10, -8 - 10 * d[11]]),
            (c + [0.72 * a, 0.25 * b, 0.6 * h], [26, 4, 18 + 8 * d[12]]),
            (c + [0.74 * a, 0.45 * b, -0.1 * h], [30, 20, -8 - 12 * d[13]]),
        ]
        veins = []
        for start, way in ends:
            path = curve(
                [start, start + 0.45 * np.array(way), start + np.array(way), start + 1.7 * np.array(way)], 3
            )
            veins.append((path, along([8.5, 6.5 + d[14] * 1.5, 5.5, 3], len(path))))
        return veins

    def venae_cavae(self) -> list[tuple[np.ndarray, np.ndarray]]:
        ra = self.ra_center
        top = ra + [2, 4, 0.7 * self.ra_axes[2]]
        upper = curve([top, [ra[0] + 2, ra[1] + 8, 45], [ra[0] - 2, ra[1] + 4, 85], [-28, ra[1] + 2, 135]])
        bottom = ra + [4, 8, -0.7 * self.ra_axes[2]]
        lower = curve(
            [
                bottom,
                [-26, ra[1] + 22, bottom[2] - 25],
                [-24, self.spine_front - 18, -90],
                [-18, self.spine_front - 5, -240],
            ]
        )
        return [(upper, along([9.5, 9, 8.5], len(upper))), (lower, along([13, 12, 11], len(lower)))]

    def coronaries(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """Anterior descending, circumflex and right coronary artery, in their fatty grooves."""
        r, length = self.lv_radius + self.wall + 2.5, self.lv_length
        ostium = self.aortic_annulus + self.frame[2] * 12
        taper = [np.sqrt(max(0.05, 1 - ((u - 0.35) / 0.68) ** 2)) for u in (0.15, 0.4, 0.65, 0.9)]
        lad = curve([ostium, *(self.around_long_axis(u * length, 62 - 14 * u, r * t)
                               for u, t in zip((0.15, 0.4, 0.65, 0.9), taper, strict=True))])  # fmt: skip
        lcx = curve([ostium, *(self.around_long_axis(3, angle, r * 0.92) for angle in (110, 150, 190, 225))])
        ring = self.ra_center * 0.5 + self.rv_center * 0.5
        rca = curve(
            [
                self.aortic_annulus + self.frame[1] * 12,
                ring + [-4, -31, 16],
                ring + [-18, -31, -2],
                ring + [-14, -18, -27],
                ring + [8, 6, -33],
            ]
        )
        return [(path, along([2.0, 1.7, 1.3], len(path))) for path in (lad, lcx, rca)]


def _drawn(
    rng: np.random.Generator, evenly: bool, mean: float, spread: float, limits: tuple[float, float]
) -> float:
    """A normal number held within limits, or, from the same draw, any number between them equally often."""
    number = rng.normal(mean, spread)
    if evenly:
        return float(limits[0] + (limits[1] - limits[0]) * ndtr((number - mean) / spread))
    return float(np.clip(number, *limits))


def _rotation(x_deg: float, y_deg: float, z_deg: float) -> np.ndarray:
    """Rotation matrix from angles about the body's axes, applied x, then y, then z."""
    x, y, z = np.deg2rad([x_deg, y_deg, z_deg])
    about_x = np.array([[1, 0, 0], [0, np.cos(x), -np.sin(x)], [0, np.sin(x), np.cos(x)]])
    about_y = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    about_z = np.array([[np.cos(z), -np.sin(z), 0], [np.sin(z), np.cos(z), 0], [0, 0, 1]])
    return about_z @ about_y @ about_x
