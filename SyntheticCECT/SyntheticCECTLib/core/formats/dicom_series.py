"""A DICOM series as one stack of slices, and how well it suits as a non-contrast heart CT."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from .dicom_slice import DicomSlice

FEWEST_SLICES = 3
HEART_MM = 150.0
"""A stack this long covers a heart with a margin."""
BEST_SLICE_MM = 3.0
"""The paper's slice thickness: thinner slices are noisier, thicker ones blur the chambers."""
_NATIVE = re.compile(
    r"\b(native?|nativ|non.?con(trast)?|non.?ce|unenhanced|w/?o|without|ohne|plain|ca.?sc(ore)?|calcium)\b|\bc-(?!\w)",
    re.IGNORECASE,
)
_CONTRAST = re.compile(
    r"\b(ce|contrast|kontrast|angio\w*|cta|cect|arterial|art|venous|ven|portal|delay\w*|late|km)\b|\bc\+",
    re.IGNORECASE,
)
_SHARP = re.compile(
    r"\b(lung|bone|sharp|edge|[bihqu][rlv]?[5-9]\d\w?|yb|yc|yd|y-sharp|fc5\d|fc8\d)\b", re.IGNORECASE
)


@dataclass(frozen=True)
class DicomSeries:
    """Slices that form one stack, from low to high along their normal."""

    slices: tuple[DicomSlice, ...]

    @property
    def first(self) -> DicomSlice:
        return self.slices[0]

    @property
    def gap_mm(self) -> float | None:
        """Distance between neighbouring slices (median), None for fewer than two."""
        if len(self.slices) < 2 or not self.placed:
            return None
        return float(np.median(np.diff([one.depth_mm for one in self.slices])))

    @property
    def placed(self) -> bool:
        """Whether every slice says where it lies."""
        return all(one.position_mm and one.orientation and one.pixel_mm for one in self.slices)

    @property
    def usable(self) -> bool:
        """Whether it could be a CT scan of something: CT, several slices, not an overview picture."""
        return (
            self.first.modality == "CT"
            and len(self.slices) >= FEWEST_SLICES
            and "LOCALIZER" not in self.first.image_type
        )

    @property
    def label(self) -> str:
        """How messages name it: number, description, slices."""
        one, gap = self.first, self.gap_mm
        parts = [f"series {one.series_number or '?'}", f"'{one.description}'" if one.description else ""]
        parts.append(
            f"({one.modality}, {len(self.slices)} slices" + (f" {gap:.4g} mm apart" if gap else "") + ")"
        )
        return " ".join(part for part in parts if part)

    @property
    def says_contrast(self) -> bool:
        """Whether the words of the header speak of contrast; 'native' beats a stale agent entry."""
        words = self.first.description.replace("_", " ")
        if _NATIVE.search(words):
            return False
        return bool(_CONTRAST.search(words) or self.first.contrast_agent)

    def score(self, contrast: bool = False) -> float:
        """How well the series suits, higher is better; the parts in falling order of weight.

        ==================  ===========================================================================
        8                   slices are near axial (within 30 degrees)
        6                   covers the chest: stack length up to 150 mm, times 6
        4                   no contrast agent or contrast word in the header; one of them where ``contrast``
        3                   an original acquisition, not a reformat or projection
        up to 2             slices near 3 mm: 2 less one for every doubling or halving
        1.5                 no sharp (lung, bone) kernel
        1 / -2              body part chest, heart, thorax / head, neck, abdomen, pelvis, limb
        ==================  ===========================================================================
        """
        one, gap = self.first, self.gap_mm or 0.0
        if not self.placed or gap <= 0 or one.samples != 1 or one.slope is None:
            return -1.0
        points = 8.0 * (abs(one.normal[2]) > np.cos(np.radians(30)))
        points += 6.0 * min(1.0, gap * len(self.slices) / HEART_MM)
        points += 4.0 * (self.says_contrast == contrast)
        words = " ".join(one.image_type)
        points += 3.0 * (not re.search(r"DERIVED|SECONDARY|REFORMAT|MPR|MIP|PROJECTION|MINIP|AVERAGE", words))
        points += max(0.0, 2.0 - abs(np.log2(max(gap, 0.1) / BEST_SLICE_MM)))
        points += 1.5 * (not _SHARP.search(f"{one.kernel} {one.description}".replace("_", " ")))
        points += 1.0 * bool(re.search(r"CHEST|HEART|THORAX|CARDIAC|CORONARY|LUNG", one.body_part))
        points -= 2.0 * bool(re.search(r"HEAD|BRAIN|NECK|ABD|PELV|KNEE|LEG|ARM", one.body_part))
        return float(points)
