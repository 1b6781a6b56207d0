"""Simulated observers: readers who draw the chambers on the image without contrast, with human error.

The paper has two radiologists. Nobody can be asked here, so a model of a reader stands in for them, and is called
simulated wherever it appears. A reader draws the true outline displaced by what he always does (habit), what he sees
in this patient (reading), what misleads every reader of this image (doubt), and an unsteady hand. All but the hand
repeat when he draws again. The sizes are chosen so that simulated humans agree about as the paper's do: Dice 0.85,
intra-observer rho 0.99, inter-observer rho 0.85.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

SIMULATED = "simulated reader"


@dataclass(frozen=True)
class SimulatedReader:
    """One reader.

    Attributes:
        seed: Makes the reader who he is.
        habit_mm: SD of how much larger or smaller he draws than the truth.
        doubt_mm: SD of how far every reader's outline strays in a patient, all in the same direction.
        reading_mm: SD of how far his own outline strays in a patient, smoothly along it.
        hand_mm: SD of what differs when he draws the same again.
        smooth_mm: Over what distance his strayings change.
    """

    seed: int
    habit_mm: float = 1.5
    doubt_mm: float = 4.0
    reading_mm: float = 3.0
    hand_mm: float = 0.8
    smooth_mm: float = 12.0

    def draw(
        self, truth: np.ndarray, spacing_ji: tuple[float, float], patient: int, session: int = 0
    ) -> np.ndarray:
        """What he draws on one axial slice.

        Args:
            truth: True chambers (J, I), boolean.
            spacing_ji: Pixel size in mm.
            patient: Number of the patient and slice; the same gives the same reading.
            session: First or second time.

        Returns:
            Mask of the same shape.
        """
        if not truth.any():
            return np.zeros_like(truth, dtype=bool)
        outside = np.asarray(ndimage.distance_transform_edt(~truth, sampling=spacing_ji))
        inside = np.asarray(ndimage.distance_transform_edt(truth, sampling=spacing_ji))
        habit = np.random.default_rng([self.seed, 50]).normal(0, self.habit_mm)
        stray = habit + self._field([53, patient], truth.shape, spacing_ji, self.doubt_mm)
        stray = stray + self._field([self.seed, 51, patient], truth.shape, spacing_ji, self.reading_mm)
        stray = stray + self._field([self.seed, 52, patient, session], truth.shape, spacing_ji, self.hand_mm)
        return (inside - outside) + stray > 0

    def _field(
        self, seed: list[int], shape: tuple[int, ...], spacing: tuple[float, float], sd: float
    ) -> np.ndarray:
        """Smooth random numbers of mean 0 and this SD."""
        noise = np.random.default_rng(seed).standard_normal(shape)
        smooth = ndimage.gaussian_filter(noise, [self.smooth_mm / step for step in spacing], mode="wrap")
        # Its SD from theory, since one field holds only a few independent places.
        expected = 1 / (2 * np.sqrt(np.pi)) * np.sqrt(spacing[0] * spacing[1]) / self.smooth_mm
        return smooth / expected * sd
