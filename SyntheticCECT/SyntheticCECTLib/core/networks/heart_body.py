"""The body that the 3D networks of a heart share: a U-Net (Ronneberger et al. 2015, Cicek et al. 2016) behind a stem."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import nn


class HeartBody(nn.Module):
    """Stem, way down and way up with skip connections; what follows is each network's own.

    Args:
        widths: Channels of the levels, each half as fine as the one before.
        stride: Of the stem (K, J, I): how many times coarser the first level is than the image.
    """

    def __init__(self, widths: Sequence[int], stride: tuple[int, int, int]) -> None:
        super().__init__()
        first = widths[0]
        self.stem = nn.Sequential(
            nn.Conv3d(2, first, stride, stride=stride, bias=False),
            nn.BatchNorm3d(first, momentum=0.05),
            nn.ReLU(inplace=True),
        )
        self.down = nn.ModuleList(
            _two_convolutions(a, b) for a, b in zip((first, *widths[:-1]), widths, strict=True)
        )
        self.up = nn.ModuleList(nn.ConvTranspose3d(b, a, 2, stride=2) for a, b in pairwise(widths))
        self.merge = nn.ModuleList(_two_convolutions(2 * a, a) for a in widths[:-1])

    def features(self, views: torch.Tensor) -> torch.Tensor:
        """Of the first level, for an image as `views_of` shows it."""
        hidden = self.stem(views)
        skips = []
        for level, block in enumerate(self.down):
            hidden = block(hidden if level == 0 else nn.functional.max_pool3d(hidden, 2))
            skips.append(hidden)
        for level in reversed(range(len(self.up))):
            hidden = self.merge[level](torch.cat([skips[level], self.up[level](hidden)], 1))
        return hidden


def views_of(image: torch.Tensor) -> torch.Tensor:
    """The image (N, 1, K, J, I) in HU / 1000 beside itself in a window of muscle and blood, (N, 2, K, J, I)."""
    return torch.cat([image, ((image - 0.04) / 0.06).clamp(-2, 2)], 1)


def _two_convolutions(inputs: int, outputs: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for before in (inputs, outputs):
        layers += [
            nn.Conv3d(before, outputs, 3, padding=1, bias=False),
            nn.BatchNorm3d(outputs, momentum=0.05),
            nn.ReLU(inplace=True),
        ]
    return nn.Sequential(*layers)
