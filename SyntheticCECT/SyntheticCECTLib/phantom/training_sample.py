"""The fast path from a seed to what the networks train on, drawn directly on their own grids."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from .acquisition import Acquisition
from .anatomy import Anatomy
from .canvas import Canvas, Grid
from .tissues import LEFT_ATRIUM, LEFT_VENTRICLE, Tissue, cect_hu, native_hu

TRAINING_VARIETY = 2.0
# Cardiac CT is gated, chest CT is not; networks shall know both.
GATED_SHARE = 0.5
# What `TrainingSample.heart_structures` tells apart, from 1 on.
STRUCTURES = {
    "aorta": (Tissue.AORTA,), "right heart": (Tissue.RA, Tissue.RV),
    "myocardium": (Tissue.MYOCARDIUM,), "pulmonary artery": (Tissue.PULMONARY_ARTERY,),
}  # fmt: skip


@dataclass(frozen=True)
class TrainingSample:
    """One patient on the grids of both networks; images int16 HU, masks uint8, all ``(K, J, I)``.

    Args:
        thorax_native: The whole chest at 3 mm.
        thorax_labels: 1 heart, 2 LA, 3 LV on that grid.
        heart_native: The slices through the heart on the working grid (128 x 128 at 1.5 mm, 3 mm slices).
        heart_cect: The same in the arterial phase.
        heart_labels: 1 heart, 2 LA, 3 LV on the working grid.
        heart_structures: 1 aorta, 2 right heart, 3 myocardium, 4 pulmonary artery on the working grid.
    """

    thorax_native: np.ndarray
    thorax_labels: np.ndarray
    heart_native: np.ndarray
    heart_cect: np.ndarray
    heart_labels: np.ndarray
    heart_structures: np.ndarray


def draw_training_sample(
    seed: int,
    variety: float = TRAINING_VARIETY,
    tissue_variety: float | None = None,
    even_sizes: bool = False,
    even_contrast: bool = False,
) -> TrainingSample:
    """Draws the patient of a seed.

    Args:
        seed: Of anatomy and scans.
        variety: Spread of scanner settings and tissue values: 1 is realistic, the default goes far beyond.
        tissue_variety: Spread of tissue values alone; None: ``variety``.
        even_sizes: Whether hearts of rare sizes are as likely as usual ones (`Heart.draw`).
        even_contrast: Whether every contrast of blood against muscle is as likely (`native_hu`).
    """
    rng = np.random.default_rng([seed, 20])
    anatomy = Anatomy.draw(seed, GATED_SHARE, even_sizes)
    heart = anatomy.heart
    native = native_hu(rng, variety if tissue_variety is None else tissue_variety, even_contrast)
    cect = cect_hu(rng, native, float(rng.choice([80, 100, 120])))

    middle = np.array([0, anatomy.thorax.middle, heart.base[2]]) + rng.normal(0, [12, 10, 25])
    thorax = Grid(tuple((middle - [190.5, 190.5, 110]).tolist()), (3.0, 3.0, 3.0), (128, 128, 72))
    canvas, mask = anatomy.paint(thorax)
    tissues = canvas.labels()
    thorax_labels = _training_labels(tissues, mask)
    thorax_native = _acquire(canvas, tissues, native, native, Acquisition.draw(rng, variety), rng)

    center = heart.at(0.25 * heart.lv_length, 6, 0) + rng.normal(0, [9, 9, 1])
    grid = Grid(tuple((center - [95.25, 95.25, 72]).tolist()), (1.5, 1.5, 3.0), (128, 128, 48))
    canvas, mask = anatomy.paint(grid)
    tissues = canvas.labels()
    heart_labels = _training_labels(tissues, mask)
    scanner = Acquisition.draw(rng, variety)
    # Averaging fine pixels into the working grid's leaves about half of a scanner's noise.
    scanner = replace(scanner, noise_hu=scanner.noise_hu * rng.uniform(0.25, 0.8))
    heart_native = _acquire(canvas, tissues, native, native, scanner, rng)
    target_scanner = Acquisition(rng.uniform(0.8, 1.6), 3.0, rng.uniform(4, 12), rng.uniform(0.8, 1.6))
    heart_cect = _acquire(canvas, tissues, cect, native, target_scanner, rng)

    used = np.flatnonzero(mask.any((1, 2)))
    keep = slice(max(0, used[0] - 2), used[-1] + 3)
    structures = np.zeros(len(Tissue), np.uint8)
    for number, members in enumerate(STRUCTURES.values(), start=1):
        structures[list(members)] = number
    return TrainingSample(
        thorax_native, thorax_labels, heart_native[keep], heart_cect[keep], heart_labels[keep],
        structures[tissues[keep]],
    )  # fmt: skip


def _training_labels(tissues: np.ndarray, heart_mask: np.ndarray) -> np.ndarray:
    labels = heart_mask.astype(np.uint8)
    labels[np.isin(tissues, LEFT_ATRIUM)] = 2
    labels[np.isin(tissues, LEFT_VENTRICLE)] = 3
    return labels


def _acquire(
    canvas: Canvas,
    tissues: np.ndarray,
    table: np.ndarray,
    native: np.ndarray,
    scanner: Acquisition,
    rng: np.random.Generator,
) -> np.ndarray:
    texture = scanner.texture_of(tissues, table - native, canvas.grid, rng)
    return scanner.acquire(canvas.color(table) + texture, canvas.grid, rng)
