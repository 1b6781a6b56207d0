"""Paints a whole patient, organ by organ, in the order in which one covers the other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .canvas import Canvas, Deformation, Grid, Pose
from .heart import Heart
from .lungs import paint_lung_contents
from .mediastinum import paint_mediastinum
from .shapes import Points, ellipsoid, smooth_union, tube
from .thorax import Thorax
from .tissues import Tissue

PERICARDIUM_BLEND_MM = 13.0
GROOVE_BLEND_MM = 6.0
AORTIC_VALVE_REACH_MM = 35.0


@dataclass(frozen=True)
class Anatomy:
    """One patient's body, independent of any scan of it."""

    heart: Heart
    thorax: Thorax
    deformations: tuple[Deformation, ...]
    seed: int

    @classmethod
    def draw(cls, seed: int, gated_share: float = 1.0, even_sizes: bool = False) -> Anatomy:
        """The patient of a seed: the same seed gives the same body on every machine.

        Args:
            seed: Of everything about the body.
            gated_share: Chance of a heart at 75 % R-R rather than at any phase of its cycle.
            even_sizes: Whether hearts of rare sizes are as likely as usual ones (`Heart.draw`).
        """
        rng = np.random.default_rng([seed, 1])
        heart = Heart.draw(rng, gated_share, even_sizes)
        thorax = Thorax.draw(rng, heart)
        large = Deformation.draw(rng, 90.0, rng.uniform(3.0, 9.0))
        medium = Deformation.draw(rng, 38.0, rng.uniform(0.8, 3.2))
        small = Deformation.draw(rng, 19.0, rng.uniform(0.2, 1.3))
        return cls(heart, thorax, (large, medium, small), seed)

    def paint(
        self, grid: Grid, pose: Pose | None = None, breath: Deformation | None = None
    ) -> tuple[Canvas, np.ndarray]:
        """Draws the patient on a grid.

        Args:
            grid: Where the scanner samples.
            pose: Where the patient lies; at rest where None.
            breath: A further displacement, for a second breath-hold.

        Returns:
            The canvas, and the heart mask ``(K, J, I)`` (bool): chambers and walls with the narrow grooves between
            them filled; great vessels end at their valves, and fat around the heart is left out.
        """
        canvas = Canvas(grid, pose or Pose(), [*self.deformations, *([breath] if breath else [])])
        cavity = self.thorax.paint_wall(canvas)
        self.thorax.paint_inside(canvas, cavity)
        paint_lung_contents(canvas, self.thorax, cavity)
        paint_mediastinum(canvas, self.thorax, cavity)
        self.thorax.paint_spine(canvas)
        return canvas, self._paint_heart(canvas)

    def _paint_heart(self, canvas: Canvas) -> np.ndarray:
        heart = self.heart
        rng = np.random.default_rng([self.seed, 2])
        region = canvas.around(heart.at(0.3 * heart.lv_length, 8, 0), 118)
        points = canvas.at(region)
        heart_mask = np.zeros(canvas.grid.shape_kji, bool)
        if not points[0].size:
            return heart_mask

        lv, lv_outer = heart.left_ventricle(points)
        outflow = heart.outflow(points)
        lv_outer = np.minimum(lv_outer, outflow + 0.5)  # room for the tract's thin wall
        lv = np.minimum(lv, np.maximum(outflow, lv - 0.6 * np.float32(heart.lv_radius)))
        la, ra, rv = heart.left_atrium(points), heart.right_atrium(points), heart.right_ventricle(points)
        root_path, root_radii = heart.aorta()
        aorta = tube(points, root_path, root_radii)
        # The valve's plane parts outflow tract and root; the rest of the aorta never comes within its reach.
        beyond_valve, valve_away = _plane(points, heart.aortic_annulus, root_path[4] - root_path[0])
        outflow = np.maximum(outflow, beyond_valve)
        aorta = np.where(valve_away < AORTIC_VALVE_REACH_MM, np.maximum(aorta, -beyond_valve), aorta)
        thin, septum = np.float32(1.6 + 1.2 * heart.details[15]), np.float32(2.2)
        mitral, _ = _plane(points, heart.base, heart.frame[0])
        la = np.maximum(la, mitral)  # the annulus parts atrium and ventricle
        aorta = np.maximum(aorta, -(lv + 0.5))
        la = np.maximum(la, -(aorta - septum))
        ra = np.maximum(ra, -(smooth_union(la, aorta, 2) - septum))
        rv = np.maximum(np.maximum(rv, -lv_outer), -(np.minimum(aorta, la) - septum))

        hull_floor = np.float32(heart.at(0.5 * heart.lv_length, 0, 0)[2] - heart.lv_radius - heart.wall)
        hull = compact = lv_outer
        for chamber, wall in ((la, thin), (ra, thin), (rv, thin + 1.2)):
            hull = smooth_union(hull, chamber - wall, PERICARDIUM_BLEND_MM)
            compact = smooth_union(compact, chamber - 0.5 * wall, GROOVE_BLEND_MM)
        uneven = 0.55 + np.sin(points[0] / 23 + 5 * heart.details[0]) * np.sin(
            points[1] / 19 + points[2] / 27 + 6 * heart.details[1]
        )
        below = np.clip((points[2] - hull_floor) / 25, 0.12, 1)  # little fat lies between heart and diaphragm
        fat = np.clip(1.4 * heart.fat_mm * uneven * below, 0.4, 16)
        canvas.paint(Tissue.MEDIASTINUM, (hull - fat).astype(np.float32), region)
        if heart.details[4] > 0.6:  # a pericardium thick enough to be seen
            canvas.paint(Tissue.WALL, np.abs(hull - 1.5 - heart.fat_mm * 0.5) - 0.6, region)
        canvas.paint(Tissue.MEDIASTINUM, hull, region)
        trunk_path, trunk_radii = heart.pulmonary_trunk()[0]
        arteries = np.minimum(aorta, tube(points, trunk_path, trunk_radii))
        heart_mask[region] = np.minimum(np.maximum(compact, -arteries), np.minimum(la, lv)) < 0
        grooves = self._grooves(points, lv_outer, la - thin)

        self._paint_vessels(canvas, float(thin))
        walls = np.minimum(np.minimum(la, ra) - thin, rv - thin - 1.2)
        canvas.paint(Tissue.WALL, walls, region)
        canvas.paint(Tissue.MYOCARDIUM, lv_outer, region)
        canvas.paint(Tissue.WALL, aorta - 1.5, region)
        canvas.paint(Tissue.RA, np.maximum(ra, 0.3 - rv), region)
        canvas.paint(Tissue.RV, rv, region)
        canvas.paint(Tissue.MEDIASTINUM, grooves, region)
        canvas.paint(Tissue.LA, la, region)
        canvas.paint(Tissue.LV, np.minimum(lv, np.maximum(outflow, -mitral - 6)), region)
        canvas.paint(Tissue.AORTA, aorta, region)
        self._paint_papillary(canvas)
        self._paint_coronaries(canvas, rng)
        return heart_mask

    def _grooves(self, points: Points, lv_outer: np.ndarray, la_outer: np.ndarray) -> np.ndarray:
        """Fat along the coronary arteries, between the chambers but never inside the left heart."""
        heart = self.heart
        groove = np.full_like(points[0], np.inf)
        for n, (path, radii) in enumerate(heart.coronaries()):
            width = 1.5 + min(heart.fat_mm, 9) * (0.35 + 0.7 * heart.details[5 + n])
            sparse = path[:: max(1, len(path) // 8)]
            groove = np.minimum(groove, tube(points, sparse, np.full(len(sparse), width + radii.mean())))
        return np.maximum(groove, -(np.minimum(lv_outer, la_outer)))

    def _paint_vessels(self, canvas: Canvas, wall: float) -> None:
        heart = self.heart
        vessels = [(Tissue.AORTA, *heart.aorta())]
        vessels += [(Tissue.VENA_CAVA, *v) for v in heart.venae_cavae()]
        vessels += [(Tissue.PULMONARY_ARTERY, *v) for v in heart.pulmonary_trunk()]
        vessels += [(Tissue.PULMONARY_VEIN, *v) for v in heart.pulmonary_veins()]
        for _, path, radii in vessels:
            canvas.paint_tube(Tissue.WALL, path, radii + wall * 0.6)
        for tissue, path, radii in vessels:
            canvas.paint_tube(tissue, path, radii)

    def _paint_papillary(self, canvas: Canvas) -> None:
        heart = self.heart
        for angle, shift in ((150, heart.details[2]), (232, heart.details[3])):
            foot = heart.around_long_axis(0.74 * heart.lv_length, angle, heart.lv_radius * 0.62)
            tip = heart.around_long_axis((0.4 + 0.1 * shift) * heart.lv_length, angle, heart.lv_radius * 0.52)
            path, radii = np.stack([foot, tip]), np.array([4.6, 3.0]) * heart.papillary
            region = canvas.around(path, 8)
            points = canvas.at(region)
            inside = heart.left_ventricle(points)[0]
            canvas.paint(Tissue.PAPILLARY, np.maximum(tube(points, path, radii), inside + 0.5), region)

    def _paint_coronaries(self, canvas: Canvas, rng: np.random.Generator) -> None:
        heart = self.heart
        burden = rng.gamma(0.7, 2.5)
        for path, radii in heart.coronaries():
            canvas.paint_tube(Tissue.CORONARY, path, radii)
            for _ in range(rng.poisson(burden)):
                self._paint_deposit(
                    canvas, path[rng.integers(len(path))] + rng.normal(0, 0.8, 3), rng.uniform(0.8, 2.6, 3)
                )
        aorta, radii = heart.aorta()
        for _ in range(rng.poisson(burden)):
            n = rng.integers(len(aorta))
            outward = rng.normal(size=3)
            spot = aorta[n] + outward / np.linalg.norm(outward) * radii[n]
            self._paint_deposit(canvas, spot, rng.uniform(1.0, 4.0, 3))
        for angle in rng.uniform(100, 300, rng.poisson(0.25) * 6):
            self._paint_deposit(
                canvas, heart.around_long_axis(0, angle, heart.lv_radius * 0.95), rng.uniform(1, 3, 3)
            )

    def _paint_deposit(self, canvas: Canvas, center: np.ndarray, semi_axes: np.ndarray) -> None:
        region = canvas.around(center, 5)
        canvas.paint(Tissue.CALCIUM, ellipsoid(canvas.at(region), center, semi_axes), region)


def _plane(points: Points, center: np.ndarray, normal: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Distance in mm beyond the plane through a centre, and from the centre itself."""
    offsets = [p - np.float32(c) for p, c in zip(points, center, strict=True)]
    beyond = sum(np.float32(w) * o for w, o in zip(normal / np.linalg.norm(normal), offsets, strict=True))
    return np.asarray(beyond), np.sqrt(sum(o * o for o in offsets))
