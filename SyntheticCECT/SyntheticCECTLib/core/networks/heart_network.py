"""The network that finds the heart: a small 3D U-Net on the whole chest at 3 mm.

It sees the chest twice, as HU / 1000 and through a soft-tissue window, works at 6 mm with skip connections
(Ronneberger et al. 2015, Çiçek et al. 2016), and answers at 3 mm for heart, left atrium and left ventricle.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from .heart_body import HeartBody, views_of

OUTPUTS = ("heart", "la", "lv")
SIZE_MULTIPLE = 16


class HeartFinder(HeartBody):
    """Coarse heart, left-atrium and left-ventricle maps of a chest CT.

    Args:
        widths: Channels at 6, 12, 24 and 48 mm.
        fine_width: Channels of the last layer, at 3 mm.
    """

    def __init__(self, widths: Sequence[int] = (16, 32, 64, 96), fine_width: int = 8) -> None:
        super().__init__(widths, (2, 2, 2))
        self.fine = nn.ConvTranspose3d(widths[0], fine_width, 2, stride=2)
        self.last = nn.Sequential(
            nn.Conv3d(fine_width + 2, fine_width, 3, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv3d(fine_width, len(OUTPUTS), 1),
        )

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Finds the heart.

        Args:
            image: Chest CT at 3 mm, (N, 1, K, J, I), HU / 1000; K, J and I are multiples of 16.

        Returns:
            Logits (N, 3, K, J, I) of heart, left atrium, left ventricle.

        Raises:
            ValueError: A size is not a multiple of 16.
        """
        if any(n % SIZE_MULTIPLE for n in image.shape[2:]):
            raise ValueError(
                f"Volume size {tuple(image.shape[2:])} is not a multiple of {SIZE_MULTIPLE}: pad it with -1.024."
            )
        views = views_of(image)
        hidden = self.features(views)
        return self.last(torch.cat([self.fine(hidden).relu(), views], 1))
