"""``leftheart``: one body, several outputs. A block of heart slices in; contrast, its uncertainty and structures out.

What it adds to `Santini2018`: context across slices (3D convolutions at 3 mm), skip connections (Ronneberger et al.
2015, Cicek et al. 2016), and outputs that say *what* is bright: heart, left atrium, left ventricle, aorta and right
heart. The enhancement comes with the scale of its error (Kendall and Gal, NeurIPS 2017).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from .heart_body import HeartBody, views_of

STRUCTURES = ("heart", "left atrium", "left ventricle", "aorta", "right heart")
OUTPUTS = ("enhancement", "log scale", *STRUCTURES)
# Three halvings of 3 mm slices; a fourth one in the plane, whose pixels are 1.5 mm.
SLICE_MULTIPLE, PIXEL_MULTIPLE = 8, 16


class LeftHeart(HeartBody):
    """U-Net on 3 mm cubes between a stem and a last layer at 1.5 mm pixels.

    Args:
        widths: Channels at 3, 6, 12 and 24 mm.
        fine_width: Channels of the last layers, at 1.5 mm.
    """

    def __init__(self, widths: Sequence[int] = (32, 64, 96, 128), fine_width: int = 16) -> None:
        super().__init__(widths, (1, 2, 2))
        self.fine = nn.ConvTranspose3d(widths[0], fine_width, (1, 2, 2), stride=(1, 2, 2))
        self.last = nn.Sequential(
            nn.Conv3d(fine_width + 2, fine_width, (1, 3, 3), padding=(0, 1, 1)),
            nn.ReLU(inplace=True),
            nn.Conv3d(fine_width, fine_width, (1, 3, 3), padding=(0, 1, 1)),
            nn.ReLU(inplace=True),
            nn.Conv3d(fine_width, len(OUTPUTS), 1),
        )

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Synthesises contrast and finds structures.

        Args:
            image: Non-contrast block on the working grid, (N, 1, K, J, I), HU / 1000; K is a multiple of 8, J and I
                of 16. Air (-1.024) stands for what was not scanned.

        Returns:
            (N, 7, K, J, I), see `OUTPUTS`: enhancement in HU / 1000, the logarithm of the scale of its error (Laplace,
            HU / 1000), and logits of the structures.

        Raises:
            ValueError: A size is not such a multiple.
        """
        k, j, i = image.shape[2:]
        if k % SLICE_MULTIPLE or j % PIXEL_MULTIPLE or i % PIXEL_MULTIPLE:
            raise ValueError(
                f"Block size {(k, j, i)} is not a multiple of {(SLICE_MULTIPLE, PIXEL_MULTIPLE, PIXEL_MULTIPLE)}: "
                "pad it with -1.024."
            )
        views = views_of(image)
        hidden = self.features(views)
        return self.last(torch.cat([self.fine(hidden).relu(), views], 1))
