"""The left ventricle's measures over the cycle."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class LeftVentricle:
    """Measures in mm of a ventricle: an ellipsoid cut at its base, as `Heart.left_ventricle` draws it."""

    radius: float
    length: float
    wall: float

    @classmethod
    def of_volume(cls, cavity_ml: float, aspect: float, wall: float) -> LeftVentricle:
        """The cavity's volume is 0.749 pi r^2 L; ``aspect`` is L / r."""
        radius = float((cavity_ml * 1000 / (0.749 * np.pi * aspect)) ** (1 / 3))
        return cls(radius, aspect * radius, wall)

    @property
    def outer(self) -> float:
        return self.radius + self.wall

    def contracted(self, ejected: float) -> LeftVentricle:
        """After this fraction of the cavity was ejected: a quarter of it shortens, the muscle's volume stays."""
        length = self.length * (1 - 0.25 * ejected)
        radius = float(self.radius * np.sqrt((1 - ejected) * self.length / length))
        muscle = (self.outer**2 - self.radius**2) * self.length / length
        return LeftVentricle(radius, length, float(np.sqrt(radius**2 + muscle)) - radius)
