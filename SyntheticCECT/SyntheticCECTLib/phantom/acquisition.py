"""How a scanner sees the painted patient: texture, blur, slice profile, noise, streaks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from .canvas import Grid
from .tissues import Tissue

# Spread in HU of each tissue's own texture: (fine, coarse), at correlation lengths of about 3 and 14 mm.
_TEXTURE_HU = {
    Tissue.FAT: (4, 7), Tissue.MUSCLE: (9, 8), Tissue.GLAND: (14, 14), Tissue.BONE: (60, 60), Tissue.MARROW: (70, 40),
    Tissue.LUNG: (28, 30), Tissue.LESION: (9, 14), Tissue.LIVER: (4, 6), Tissue.ABDOMEN: (10, 28), Tissue.STOMACH: (25, 25),
    Tissue.MEDIASTINUM: (8, 10), Tissue.MYOCARDIUM: (3, 4), Tissue.OESOPHAGUS: (8, 6),
}  # fmt: skip
# Agent mixes unevenly: share of the enhancement by which a blood pool varies.
_MIXING = {
    Tissue.LV: 0.025, Tissue.LA: 0.03, Tissue.AORTA: 0.02, Tissue.RV: 0.12, Tissue.RA: 0.25, Tissue.VENA_CAVA: 0.3,
    Tissue.PULMONARY_ARTERY: 0.06, Tissue.MYOCARDIUM: 0.12, Tissue.LIVER: 0.1,
}  # fmt: skip


@dataclass(frozen=True)
class Acquisition:
    """What the scanner adds.

    Args:
        blur_mm: Full width at half maximum of the point spread in the plane.
        slice_mm: Effective slice thickness, blurring across slices where it exceeds the grid's.
        noise_hu: Standard deviation of the noise amid the chest.
        grain_mm: Size of the noise's grain (reconstruction kernel).
        streak_hu: Strength of streaks.
        texture: Factor on all tissue textures.
    """

    blur_mm: float
    slice_mm: float
    noise_hu: float
    grain_mm: float
    streak_hu: float = 0.0
    texture: float = 1.0

    @classmethod
    def draw(cls, rng: np.random.Generator, variety: float = 1.0) -> Acquisition:
        """Settings of one scan; ``variety`` above 1 exceeds what scanners do (domain randomisation)."""
        return cls(
            blur_mm=rng.uniform(0.7, 1.2 + 0.9 * variety), slice_mm=rng.uniform(1.0, 2.0 + 2.0 * variety),
            noise_hu=rng.uniform(5, 17 + 8 * variety), grain_mm=rng.uniform(0.5, 1.6),
            streak_hu=rng.exponential(2.5 * variety) if rng.random() < 0.5 else 0.0,
            texture=rng.uniform(0.5, 1 + 0.5 * variety),
        )  # fmt: skip

    def texture_of(
        self, labels: np.ndarray, enhancement_hu: np.ndarray, grid: Grid, rng: np.random.Generator
    ) -> np.ndarray:
        """Unevenness of the tissues in HU ``(K, J, I)``.

        Args:
            labels: Tissue of each voxel.
            enhancement_hu: What the agent adds to each tissue ``(len(Tissue),)``, for its uneven mixing.
            grid: The labels' grid.
            rng: Source of randomness.
        """
        fine_hu, coarse_hu = (np.zeros(len(Tissue), np.float32) for _ in range(2))
        for tissue, (fine, coarse) in _TEXTURE_HU.items():
            fine_hu[tissue], coarse_hu[tissue] = fine * self.texture, coarse * self.texture
        for tissue, share in _MIXING.items():
            coarse_hu[tissue] += share * abs(enhancement_hu[tissue])
        return (
            smooth_field(grid, 3.0, rng) * fine_hu[labels] + smooth_field(grid, 14.0, rng) * coarse_hu[labels]
        )

    def acquire(self, image: np.ndarray, grid: Grid, rng: np.random.Generator) -> np.ndarray:
        """The scanner's image in HU, int16 ``(K, J, I)``, clipped to 12 bits, of an ideal one on the same grid."""
        sigma = self.blur_mm / 2.355 / grid.spacing_xyz[0]
        through = np.sqrt(max(0.0, self.slice_mm**2 - grid.spacing_xyz[2] ** 2)) / 3.46 / grid.spacing_xyz[2]
        image = ndimage.gaussian_filter(image, (through, sigma, sigma), mode="nearest", truncate=3)
        image += self._noise(grid, rng)
        return np.clip(np.rint(image), -1024, 3071).astype(np.int16)

    def _noise(self, grid: Grid, rng: np.random.Generator) -> np.ndarray:
        """Noise with the spectrum of filtered back-projection: rising with frequency, cut off by the kernel."""
        k, j, i = grid.shape_kji
        spacing = grid.spacing_xyz[0]
        fy, fx = np.fft.fftfreq(j, spacing)[:, None], np.fft.rfftfreq(i, spacing)[None]
        frequency = np.hypot(fy, fx)
        spectrum = (np.sqrt(frequency + 0.02) * np.exp(-((frequency * self.grain_mm) ** 2))).astype(
            np.float32
        )
        y, x = np.mgrid[-1 : 1 : j * 1j, -1 : 1 : i * 1j].astype(np.float32)
        half = spacing * i / 2
        local = self.noise_hu * (0.65 + 0.5 * np.exp(-((x * half / 110) ** 2) - (y * half / 80) ** 2))
        noise = np.empty(grid.shape_kji, np.float32)
        for n in range(k):
            white = np.fft.rfft2(rng.standard_normal((j, i), dtype=np.float32))
            plane = np.fft.irfft2(white * spectrum, (j, i)).astype(np.float32)
            noise[n] = plane * (local / max(plane.std(), 1e-6))
            if self.streak_hu:
                angle = rng.normal(0, 0.35)
                offset = (y * np.cos(angle) + x * np.sin(angle)) * half
                band = np.sin(offset / rng.uniform(2, 7) + rng.uniform(0, 6.3)) * np.exp(
                    -((offset - rng.normal(0, 40)) ** 2) / 800
                )
                noise[n] += rng.normal(0, self.streak_hu) * band
        return noise


def smooth_field(grid: Grid, length_mm: float, rng: np.random.Generator) -> np.ndarray:
    """Random field of unit spread, smooth over a length, ``(K, J, I)`` float32."""
    counts = [
        max(2, int(n * s / length_mm) + 2) for n, s in zip(grid.size_xyz, grid.spacing_xyz, strict=True)
    ][::-1]
    counts = [min(c, 2 * n) for c, n in zip(counts, grid.shape_kji, strict=True)]
    coarse = rng.standard_normal(counts, dtype=np.float32)
    axes = [np.linspace(0, c - 1, n, dtype=np.float32) for c, n in zip(counts, grid.shape_kji, strict=True)]
    field = coarse
    for axis, places in enumerate(axes):
        low = np.minimum(places.astype(int), counts[axis] - 2)
        weight = (places - low).reshape([-1 if a == axis else 1 for a in range(3)])
        field = np.take(field, low, axis) * (1 - weight) + np.take(field, low + 1, axis) * weight
    return field * np.float32(1.5)
