"""``leftheart``: one body, several outputs. A block of heart slices in; contrast, its uncertainty and structures out.

What it adds to `Santini2018`: context across slices (3D convolutions at 3 mm), skip connections (Ronneberger et al.
2015, Cicek et al. 2016), views that show muscle against blood, and outputs that say *what* is bright: heart, left
atrium, left ventricle, aorta and right heart. The enhancement comes with the scale of its error (Kendall and Gal,
NeurIPS 2017).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

from .heart_body import HeartBody

STRUCTURES = ("heart", "left atrium", "left ventricle", "aorta", "right heart")
OUTPUTS = ("enhancement", "log scale", *STRUCTURES)
# Three halvings of 3 mm cells, two of whose pixels lie beside each other.
SLICE_MULTIPLE, PIXEL_MULTIPLE = 8, 16


class LeftHeart(HeartBody):
    """U-Net on cells of 3 mm, which answers for pixels of 1.5 mm on the working grid.

    Its outputs are `OUTPUTS`: enhancement in HU / 1000, the logarithm of the scale of its error (Laplace, HU / 1000),
    and logits of the structures. Slices come in multiples of 8, rows and columns of 16; air (-1.024) stands for what
    was not scanned.

    Args:
        widths: Channels at 3, 6, 12 and 24 mm.
        fine_width: Channels of the layer before the last.
    """

    def __init__(self, widths: Sequence[int] = (16, 48, 96, 128), fine_width: int = 32) -> None:
        super().__init__(OUTPUTS, widths, fine_width, cell=(1, 2, 2), near=(3, 5, 5), far=9)
        with torch.no_grad():
            self.output_bias[0] = 0  # no enhancement, until it is found

    @property
    def output_bias(self) -> torch.Tensor:
        """Of the last layer, (7, 4): of each output and each pixel of a cell; a view, to be changed in place."""
        bias = self.last[-1].bias
        assert isinstance(bias, torch.Tensor)
        return bias.detach().view(len(OUTPUTS), -1)
