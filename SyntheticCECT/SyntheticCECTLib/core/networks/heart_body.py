"""What the 3D networks of a heart share: a U-Net (Ronneberger et al. 2015, Cicek et al. 2016) on cells of voxels.

A cell is a small box of voxels. The U-Net works on cells; a last layer turns what it found, beside the cell's own
voxels, into the outputs of each voxel of the cell (as in sub-pixel convolution, Shi et al. 2016).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import nn
from torch.nn.functional import avg_pool3d, interpolate, pad

Size = tuple[int, int, int]
VIEWS, LEVELS = 4, 4
# What counts as muscle or blood, noise included, in HU / 1000: fat and lung lie below, bone and calcium above.
SOFT_TISSUE = (-0.03, 0.13)
RARE = -3.0


class HeartBody(nn.Module):
    """Views of the image, a U-Net with skip connections, and a last layer that sees the finest views once more.

    Args:
        outputs: Names of the output channels.
        widths: Channels of the four levels, each half as fine as the one before; the first is that of the cells.
        fine_width: Channels of the layer before the last.
        cell: Size of a cell in voxels (K, J, I).
        near: Size in voxels (odd) of the box whose muscle and blood are averaged.
        far: Size in pairs of cells (odd) of the cube that this average is compared with.

    Raises:
        ValueError: ``widths`` is not four positive whole numbers.
    """

    def __init__(
        self, outputs: Sequence[str], widths: Sequence[int], fine_width: int, cell: Size, near: Size, far: int
    ) -> None:
        super().__init__()
        if len(widths) != LEVELS or min(widths) < 1:
            raise ValueError(f"widths must be four positive whole numbers, got {tuple(widths)}.")
        self._cell, self._near, self._far = cell, near, far
        self._multiple = tuple(n * 2 ** (len(widths) - 1) for n in cell)
        first, voxels = widths[0], math.prod(cell)
        self.stem = nn.Sequential(
            nn.Conv3d(VIEWS * voxels, first, 1, bias=False),
            nn.BatchNorm3d(first, momentum=0.05),
            nn.ReLU(inplace=True),
        )
        self.down = nn.ModuleList(
            _two_convolutions(a, b) for a, b in zip((first, *widths[:-1]), widths, strict=True)
        )
        self.up = nn.ModuleList(nn.ConvTranspose3d(b, a, 2, stride=2) for a, b in pairwise(widths))
        self.merge = nn.ModuleList(_two_convolutions(2 * a, a) for a in widths[:-1])
        answers = nn.Conv3d(fine_width, len(outputs) * voxels, 1)
        self.last = nn.Sequential(
            nn.Conv3d(first + VIEWS * voxels, fine_width, (1, 3, 3), padding=(0, 1, 1)),
            nn.ReLU(inplace=True),
            answers,
        )
        # Voxel by voxel an output is rare; a network that starts from "everywhere" first has to unlearn that.
        nn.init.constant_(answers.bias, RARE)  # pyright: ignore[reportArgumentType]

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """The outputs (N, C, K, J, I) of an image (N, 1, K, J, I), HU / 1000.

        Raises:
            ValueError: A size is not a multiple of the coarsest level's.
        """
        size = tuple(image.shape[2:])
        if any(n % multiple for n, multiple in zip(size, self._multiple, strict=True)):
            raise ValueError(f"Size {size} is not a multiple of {self._multiple}: pad it with -1.024.")
        cells = to_cells(views_of(image, self._cell, self._near, self._far), self._cell)
        return from_cells(self.last(torch.cat([self._found(cells), cells], 1)), self._cell)

    def _found(self, cells: torch.Tensor) -> torch.Tensor:
        """Features of the first level."""
        hidden = self.stem(cells)
        skips = []
        for level, block in enumerate(self.down):
            hidden = block(hidden if level == 0 else nn.functional.max_pool3d(hidden, 2))
            skips.append(hidden)
        for level in reversed(range(len(self.up))):
            hidden = self.merge[level](torch.cat([skips[level], self.up[level](hidden)], 1))
        return hidden


@torch.no_grad()
def views_of(image: torch.Tensor, cell: Size, near: Size, far: int) -> torch.Tensor:
    """The image (N, 1, K, J, I) in HU / 1000 in four ways that show muscle against blood better and better.

    As it is; through a window of muscle and blood; the mean of the muscle and blood near by, without the noise; and
    that mean against the mean of all muscle and blood around, whatever the haematocrit.

    Returns:
        (N, 4, K, J, I), each about -3 to 3.
    """
    low, high = SOFT_TISSUE
    soft = ((image > low) & (image < high)).to(image.dtype)
    tissue, pairs = torch.cat([image * soft, soft], 1), [2 * n for n in cell]
    nearby = _box_means(tissue, near)
    around = interpolate(
        _box_means(avg_pool3d(tissue, pairs), (far, far, far)), image.shape[2:], mode="trilinear"
    )
    here, there = (means[:, :1] / means[:, 1:].clamp_min(1e-3) for means in (nearby, around))
    share = nearby[:, 1:]
    return torch.cat(
        [
            image,
            ((image - 0.04) / 0.06).clamp(-2, 2),
            share * ((here - 0.045) / 0.015).clamp(-3, 3),
            share * ((here - there) / 0.01).clamp(-3, 3),
        ],
        1,
    )


def _box_means(volumes: torch.Tensor, size: Size) -> torch.Tensor:
    """Means over boxes of odd size, one axis after the other; zeros outside."""
    volumes = pad(volumes, [n // 2 for length in reversed(size) for n in (length, length)])
    for axis, length in enumerate(size):
        volumes = avg_pool3d(volumes, [length if n == axis else 1 for n in range(3)], 1)
    return volumes


def to_cells(volumes: torch.Tensor, cell: Size) -> torch.Tensor:
    """The voxels of each cell as channels: (N, C, K, J, I) to (N, C * voxels, K / k, J / j, I / i)."""
    n, c, k, j, i = volumes.shape
    a, b, d = cell
    split = volumes.reshape(n, c, k // a, a, j // b, b, i // d, d)
    return split.permute(0, 1, 3, 5, 7, 2, 4, 6).reshape(n, c * a * b * d, k // a, j // b, i // d)


def from_cells(cells: torch.Tensor, cell: Size) -> torch.Tensor:
    """Inverse of `to_cells`."""
    n, c, k, j, i = cells.shape
    a, b, d = cell
    split = cells.reshape(n, c // (a * b * d), a, b, d, k, j, i).permute(0, 1, 5, 2, 6, 3, 7, 4)
    return split.reshape(n, c // (a * b * d), k * a, j * b, i * d)


def _two_convolutions(inputs: int, outputs: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for before in (inputs, outputs):
        layers += [
            nn.Conv3d(before, outputs, 3, padding=1, bias=False),
            nn.BatchNorm3d(outputs, momentum=0.05),
            nn.ReLU(inplace=True),
        ]
    return nn.Sequential(*layers)
