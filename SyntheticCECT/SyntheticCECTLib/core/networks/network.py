"""The network of Santini et al. 2018 (arXiv 1807.01779, section 2.3): an axial CT slice in, a CECT slice out.

What the paper fixes: eight 3x3 convolutions down, each followed by batch norm and ReLU, stride 2 in the
even ones, no pooling; one intermediate convolution; eight layers up, mirrored, the odd ones 2x2 transposed
convolutions with stride 2 and no padding; a single 3x3 kernel with linear output at the end; and a 1x1
convolution of the *input* added to that output. There are no other skip connections.

What the paper leaves open, decided here:

* Widths (they stand in a figure that is not in its text): 32, 32, 64, 64, 128, 128, 256, 256 and 512 in the
  middle. Layer k up has the width of layer 9 - k down; the last one has the paper's single kernel.
* Padding of the 3x3 convolutions is 1, so that stride 1 keeps the size and stride 2 halves it exactly.
* The intermediate layer is 3x3, stride 1. It and the seven hidden layers up have batch norm and ReLU like the
  encoder ("symmetrically built").
* Convolutions before a batch norm have no bias: the batch norm would subtract it.
* Hidden weights start as in He et al. 2015, as ReLU layers ask for. The network starts close to the
  identity (1x1 weight one, last kernel a tenth of He's size), so training begins from the unenhanced CT and
  not from noise.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

FULL_WIDTHS = (32, 32, 64, 64, 128, 128, 256, 256, 512)
STRIDE_TOTAL = 16  # four halvings


def _down(inputs: int, outputs: int, stride: int) -> nn.Sequential:
    convolution = nn.Conv2d(inputs, outputs, kernel_size=3, stride=stride, padding=1, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(outputs), nn.ReLU(inplace=True))


def _up(inputs: int, outputs: int) -> nn.Sequential:
    convolution = nn.ConvTranspose2d(inputs, outputs, kernel_size=2, stride=2, padding=0, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(outputs), nn.ReLU(inplace=True))


class Santini2018(nn.Module):
    """Fully convolutional encoder and decoder with a 1x1 residual of the input.

    Args:
        widths: Channels of the eight layers down and of the intermediate layer, nine numbers.

    Raises:
        ValueError: ``widths`` is not nine positive whole numbers.
    """

    def __init__(self, widths: Sequence[int] = FULL_WIDTHS) -> None:
        super().__init__()
        if len(widths) != 9 or any(int(w) != w or w < 1 for w in widths):
            raise ValueError(f"widths must be nine positive whole numbers, got {tuple(widths)}.")
        self.widths = tuple(int(w) for w in widths)
        *down, middle = self.widths
        encoder = []
        for index, (before, after) in enumerate(zip((1, *down[:-1]), down, strict=True), start=1):
            encoder.append(_down(before, after, stride=2 if index % 2 == 0 else 1))
        self.encoder = nn.Sequential(*encoder)
        self.intermediate = _down(down[-1], middle, stride=1)
        decoder = []
        up = (*reversed(down[1:]), 1)  # layer 8 up is the single kernel below
        for index, (before, after) in enumerate(zip((middle, *up[:6]), up[:7], strict=True), start=1):
            decoder.append(_up(before, after) if index % 2 == 1 else _down(before, after, stride=1))
        self.decoder = nn.Sequential(*decoder)
        self.last = nn.Conv2d(up[6], 1, kernel_size=3, padding=1)
        self.residual = nn.Conv2d(1, 1, kernel_size=1)
        self._initialise()

    def _initialise(self) -> None:
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
            elif isinstance(module, nn.ConvTranspose2d):
                # With stride 2 each output pixel is reached by one tap only: the fan is the number of input
                # channels.
                nn.init.normal_(module.weight, std=(2.0 / module.in_channels) ** 0.5)
        with torch.no_grad():
            self.last.weight.mul_(0.1)
            nn.init.ones_(self.residual.weight)
            for bias in (self.last.bias, self.residual.bias):
                if bias is not None:
                    nn.init.zeros_(bias)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Synthesise contrast.

        Args:
            image: Non-contrast slices, (N, 1, J, I), HU / 1000. J and I are multiples of 16.

        Returns:
            Synthetic CECT slices, (N, 1, J, I), HU / 1000.

        Raises:
            ValueError: The shape does not fit.
        """
        if image.ndim != 4 or image.shape[1] != 1:
            raise ValueError(f"Expected slices of shape (N, 1, J, I), got {tuple(image.shape)}.")
        if image.shape[2] % STRIDE_TOTAL or image.shape[3] % STRIDE_TOTAL:
            raise ValueError(
                f"Slice size {image.shape[2]} x {image.shape[3]} is not divisible by {STRIDE_TOTAL}: "
                "pad or resample the slices first (the working grid is 128 x 128)."
            )
        hidden = self.decoder(self.intermediate(self.encoder(image)))
        return self.last(hidden) + self.residual(image)
