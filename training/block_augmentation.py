"""Random changes of a block of heart slices; CT, CECT and masks always move together."""

from __future__ import annotations

import math

import torch
from torch.nn.functional import affine_grid, avg_pool3d, grid_sample, interpolate

from .augmentation import streaks
from .augmentation_strengths import FULL, AugmentationStrengths, drawn_towards

AIR = -1.024
# Share of blocks that stay as clean as the scanner made them: the networks shall not expect noise.
UNDISTURBED = 0.25
SHORT_SCANS = 0.3


def _uniform(generator: torch.Generator, low: float, high: float, count: int = 1) -> torch.Tensor:
    return torch.rand(count, generator=generator) * (high - low) + low


def move_block(
    images: torch.Tensor,
    masks: torch.Tensor,
    size_kji: tuple[int, int, int],
    spacing_kji: tuple[float, float, float],
    generator: torch.Generator,
    strengths: AugmentationStrengths = FULL,
    sharp: float = 0.0,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Cuts a block out that is turned (in the slice as in the paper), stretched, shifted and bent.

    A share of the blocks (``sharp``) is only shifted, by whole voxels: every other block is interpolated and so
    a little softer than any scan on its own grid, and a network that only saw those finds chambers too large in scans.

    Args:
        images: (1, C, K, J, I), HU / 1000; interpolated linearly, air outside.
        masks: (1, D, K, J, I); interpolated linearly, so that borders are soft, 0 outside.
        size_kji: Size of the block in voxels.
        spacing_kji: Of images and block in mm.
        generator: Source of randomness.
        strengths: Largest rotation, and how much of the rest.
        sharp: Probability that a block keeps its voxels as they are, 0 to 1.
    """
    largest = torch.tensor([0.4, 0.4, 1.0]) * strengths.rotation_deg
    turn = _uniform(generator, -1, 1, 3) * largest * math.pi / 180
    least, narrowest, widest, most = (
        drawn_towards(1.0, factor, strengths.scale) for factor in (0.85, 0.93, 1.07, 1.18)
    )
    stretch = _uniform(generator, least, most) * _uniform(generator, narrowest, widest, 3)
    mm = torch.tensor(spacing_kji[::-1])
    full, block = (
        torch.tensor(tuple(size)[::-1], dtype=torch.float32) for size in (images.shape[2:], size_kji)
    )
    voxels = torch.diag(1 / mm) @ _rotation(turn) @ torch.diag(stretch * mm)
    room = torch.tensor([0.14, 0.14, 0.1]) * _uniform(generator, -1, 1, 3) * strengths.shift
    bend = torch.randn((1, 3, 4, 5, 5), generator=generator) * (3.5 / (full * mm) * 2).view(1, 3, 1, 1, 1)
    bend = bend * strengths.elastic
    if sharp and torch.rand((), generator=generator) < sharp:
        middle = (full - block) / 2
        voxels, bend = torch.eye(3), torch.zeros_like(bend)
        room = ((room * full / 2 + middle).round() - middle) * 2 / full
    theta = torch.cat([torch.diag(1 / full) @ voxels @ torch.diag(block), room[:, None]], 1)
    grid = affine_grid(theta[None], [1, 1, *size_kji], align_corners=False)
    grid = grid + interpolate(bend, size_kji, mode="trilinear", align_corners=True).permute(0, 2, 3, 4, 1)
    moved = grid_sample(images - AIR, grid, align_corners=False) + AIR
    return moved, grid_sample(masks, grid, align_corners=False)


def disturb_block(
    native: torch.Tensor, generator: torch.Generator, strengths: AugmentationStrengths = FULL
) -> torch.Tensor:
    """Changes gain, offset, sharpness, slice thickness, motion, noise and streaks of a non-contrast block (1, 1, K, J, I)."""
    size = native.shape[2:]
    chance = iter(torch.rand(14, generator=generator).tolist())
    least = drawn_towards(1.0, 0.94, strengths.hu)
    native = native * (least + 0.12 * strengths.hu * next(chance))
    native = native + 0.04 * strengths.hu * (next(chance) - 0.5)
    if next(chance) < UNDISTURBED:
        return native
    if next(chance) < 0.3:  # an ungated heart moves while the slice is taken
        shift = 1 + int(next(chance) * 2)
        moved = torch.roll(native, (shift, -shift), (3, 4))
        native = torch.lerp(native, moved, 0.5 * next(chance) * strengths.blur)
    if next(chance) < 0.3:
        soft = avg_pool3d(native, (1, 3, 3), 1, (0, 1, 1), count_include_pad=False)
        native = torch.lerp(native, soft, next(chance) * strengths.blur)
    if next(chance) < 0.35:
        thick = interpolate(avg_pool3d(native, (2, 1, 1), ceil_mode=True), size, mode="trilinear")
        native = torch.lerp(native, thick, (0.5 + 0.5 * next(chance)) * strengths.blur)
    # Mostly little: where noise always hides the muscle, a network never learns to look for it.
    fine = torch.randn(native.shape, generator=generator) * 0.025 * next(chance) ** 3
    k, j, i = size
    grain = interpolate(torch.randn((1, 1, k, j // 2, i // 2), generator=generator), size, mode="nearest")
    grain = grain * 0.02 * next(chance) ** 3
    native = native + fine * strengths.noise + grain * strengths.noise
    if next(chance) < 0.3:
        native = native + streaks(k, j, generator)[:, 0] * 0.04 * next(chance) * strengths.noise
    return native


def hide_border(
    native: torch.Tensor, masks: torch.Tensor, generator: torch.Generator, share: float = SHORT_SCANS
) -> tuple[torch.Tensor, torch.Tensor]:
    """Leaves out slices above or below, as a scan that stops early would; what is not seen is not there.

    Args:
        native: (1, 1, K, J, I), HU / 1000.
        masks: (1, D, K, J, I).
        generator: Source of randomness.
        share: Probability that any are left out, 0 to 1.
    """
    k = native.shape[2]
    draw = torch.rand(3, generator=generator).tolist()
    if draw[0] < share:
        cut = int(draw[1] * k * 0.25)
        hidden = slice(cut) if draw[2] < 0.5 else slice(k - cut, k)
        native, masks = native.clone(), masks.clone()
        native[:, :, hidden], masks[:, :, hidden] = AIR, 0.0
    return native, masks


def _rotation(radian: torch.Tensor) -> torch.Tensor:
    """Turns about x, then y, then z."""
    cos, sin = torch.cos(radian), torch.sin(radian)
    about_x = torch.tensor([[1, 0, 0], [0, cos[0], -sin[0]], [0, sin[0], cos[0]]])
    about_y = torch.tensor([[cos[1], 0, sin[1]], [0, 1, 0], [-sin[1], 0, cos[1]]])
    about_z = torch.tensor([[cos[2], -sin[2], 0], [sin[2], cos[2], 0], [0, 0, 1]])
    return about_z @ about_y @ about_x
