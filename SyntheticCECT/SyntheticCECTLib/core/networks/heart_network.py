"""The network that finds the heart: a small 3D U-Net on the whole chest at 3 mm.

It works on cells of 6 mm and answers at 3 mm for heart, left atrium and left ventricle.
"""

from __future__ import annotations

from collections.abc import Sequence

from .heart_body import HeartBody

OUTPUTS = ("heart", "la", "lv")
SIZE_MULTIPLE = 16


class HeartFinder(HeartBody):
    """Coarse heart, left-atrium and left-ventricle maps of a chest CT at 3 mm, as logits.

    All sizes are multiples of 16; air (-1.024) stands for what was not scanned.

    Args:
        widths: Channels at 6, 12, 24 and 48 mm.
        fine_width: Channels of the layer before the last.
    """

    def __init__(self, widths: Sequence[int] = (16, 32, 64, 96), fine_width: int = 32) -> None:
        super().__init__(OUTPUTS, widths, fine_width, cell=(2, 2, 2), near=(3, 3, 3), far=5)
