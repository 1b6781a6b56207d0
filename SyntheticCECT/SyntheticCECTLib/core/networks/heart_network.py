"""The network that finds the heart: a small 3D U-Net on the whole chest at 3 mm.

It sees the chest twice, as HU / 1000 and through a soft-tissue window, works at 6 mm with skip connections
(Ronneberger et al. 2015, Çiçek et al. 2016), and answers at 3 mm for heart, left atrium and left ventricle.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import nn

OUTPUTS = ("heart", "la", "lv")
SIZE_MULTIPLE = 16


def _two_convolutions(inputs: int, outputs: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for before in (inputs, outputs):
        layers += [
            nn.Conv3d(before, outputs, 3, padding=1, bias=False),
            nn.BatchNorm3d(outputs, momentum=0.05),
            nn.ReLU(inplace=True),
        ]
    return nn.Sequential(*layers)


class HeartFinder(nn.Module):
    """Coarse heart, left-atrium and left-ventricle maps of a chest CT.

    Args:
        widths: Channels at 6, 12, 24 and 48 mm.
        fine_width: Channels of the last layer, at 3 mm.
    """

    def __init__(self, widths: Sequence[int] = (16, 32, 64, 96), fine_width: int = 8) -> None:
        super().__init__()
        first = widths[0]
        self.stem = nn.Sequential(
            nn.Conv3d(2, first, 2, stride=2, bias=False),
            nn.BatchNorm3d(first, momentum=0.05),
            nn.ReLU(inplace=True),
        )
        self.down = nn.ModuleList(
            _two_convolutions(a, b) for a, b in zip((first, *widths[:-1]), widths, strict=True)
        )
        self.up = nn.ModuleList(nn.ConvTranspose3d(b, a, 2, stride=2) for a, b in pairwise(widths))
        self.merge = nn.ModuleList(_two_convolutions(2 * a, a) for a in widths[:-1])
        self.fine = nn.ConvTranspose3d(first, fine_width, 2, stride=2)
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
        views = torch.cat([image, ((image - 0.03) / 0.15).clamp(-1.5, 1.5)], 1)
        hidden = self.stem(views)
        skips = []
        for level, block in enumerate(self.down):
            hidden = block(hidden if level == 0 else nn.functional.max_pool3d(hidden, 2))
            skips.append(hidden)
        for level in reversed(range(len(self.up))):
            hidden = self.merge[level](torch.cat([skips[level], self.up[level](hidden)], 1))
        return self.last(torch.cat([self.fine(hidden).relu(), views], 1))
