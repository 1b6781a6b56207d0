"""Random changes that keep a patient plausible; image, CECT and masks always move together."""

from __future__ import annotations

import math

import torch
from torch.nn.functional import affine_grid, avg_pool3d, grid_sample, interpolate

from .augmentation_strengths import FULL, AugmentationStrengths, drawn_towards

AIR = -1.024


def _uniform(generator: torch.Generator, low: float, high: float, shape: tuple[int, ...]) -> torch.Tensor:
    return torch.rand(shape, generator=generator) * (high - low) + low


def move_slices(
    images: torch.Tensor,
    labels: torch.Tensor,
    generator: torch.Generator,
    strengths: AugmentationStrengths = FULL,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Rotates (as in the paper), scales, shifts and gently bends slices.

    Args:
        images: (N, C, J, I); interpolated linearly, air outside.
        labels: (N, D, J, I) masks; interpolated and cut at one half.
        generator: Source of randomness.
        strengths: Largest rotation, and how much of the rest.
    """
    n, _, j, i = images.shape
    largest = strengths.rotation_deg
    angle = _uniform(generator, -largest, largest, (n,)) * math.pi / 180
    least, most = (drawn_towards(1.0, factor, strengths.scale) for factor in (0.86, 1.16))
    scale = _uniform(generator, least, most, (2, n))
    cos, sin = torch.cos(angle), torch.sin(angle)
    shift = _uniform(generator, -0.12, 0.12, (2, n)) * strengths.shift
    theta = torch.stack(
        [
            torch.stack([cos * scale[0], -sin * scale[1], shift[0]], 1),
            torch.stack([sin * scale[0], cos * scale[1], shift[1]], 1),
        ],
        1,
    )
    grid = affine_grid(theta, [n, 1, j, i], align_corners=False)
    bend = torch.randn((n, 2, 6, 6), generator=generator) * 0.018 * strengths.elastic
    grid = grid + interpolate(bend, (j, i), mode="bicubic", align_corners=True).permute(0, 2, 3, 1)
    moved = grid_sample(images - AIR, grid, align_corners=False) + AIR
    return moved, (grid_sample(labels, grid, align_corners=False) >= 0.5).to(labels.dtype)


def disturb_slices(
    native: torch.Tensor, generator: torch.Generator, strengths: AugmentationStrengths = FULL
) -> torch.Tensor:
    """Changes gain, offset, noise (fine and grainy), sharpness and streaks of non-contrast slices (N, 1, J, I), HU / 1000."""
    n, _, j, i = native.shape
    each = (n, 1, 1, 1)
    least, most = (drawn_towards(1.0, gain, strengths.hu) for gain in (0.94, 1.06))
    native = native * _uniform(generator, least, most, each)
    native = native + _uniform(generator, -0.02, 0.02, each) * strengths.hu
    if torch.rand(1, generator=generator) < 0.3:
        soft = torch.nn.functional.avg_pool2d(native, 3, 1, 1, count_include_pad=False)
        native = torch.lerp(native, soft, _uniform(generator, 0, 1, each) * strengths.blur)
    fine = torch.randn((n, 1, j, i), generator=generator) * 0.022 * _uniform(generator, 0, 1, each) ** 3
    grain = interpolate(torch.randn((n, 1, j // 2, i // 2), generator=generator), (j, i), mode="bilinear")
    strength = 0.04 * _uniform(generator, -3, 1, each).clamp_min(0)
    grain = grain * 0.022 * _uniform(generator, 0, 1, each) ** 3
    lines = streaks(n, j, generator) * strength
    return native + fine * strengths.noise + grain * strengths.noise + lines * strengths.noise


def streaks(count: int, rows: int, generator: torch.Generator) -> torch.Tensor:
    """Unevenness of unit spread from row to row, as arms beside the chest cause it, (count, 1, rows, 1)."""
    width = int(torch.randint(2, 9, (1,), generator=generator))
    lines = torch.randn((count, 1, rows // width + 2), generator=generator)
    return interpolate(lines, rows, mode="linear", align_corners=True)[..., None]


def move_volume(
    image: torch.Tensor, labels: torch.Tensor, size_kji: tuple[int, int, int], generator: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    """Cuts a randomly placed, turned and stretched block out of a chest.

    Args:
        image: (1, 1, K, J, I), HU / 1000.
        labels: (1, D, K, J, I) masks.
        size_kji: Size of the block in voxels.
        generator: Source of randomness.
    """
    full = torch.tensor(image.shape[:1:-1], dtype=torch.float32)  # I, J, K
    block = torch.tensor(size_kji[::-1], dtype=torch.float32)
    angles = _uniform(generator, -1, 1, (3,)) * torch.tensor([8.0, 8.0, 14.0]) * math.pi / 180
    cos, sin = torch.cos(angles), torch.sin(angles)
    about_x = torch.tensor([[1, 0, 0], [0, cos[0], -sin[0]], [0, sin[0], cos[0]]])
    about_y = torch.tensor([[cos[1], 0, sin[1]], [0, 1, 0], [-sin[1], 0, cos[1]]])
    about_z = torch.tensor([[cos[2], -sin[2], 0], [sin[2], cos[2], 0], [0, 0, 1]])
    stretch = _uniform(generator, 0.85, 1.18, (1,)) * _uniform(generator, 0.94, 1.06, (3,))
    voxels = about_z @ about_y @ about_x @ torch.diag(stretch)
    room = ((full - block) / full).clamp_min(0) + 0.06
    shift = _uniform(generator, -1, 1, (3,)) * room
    theta = torch.cat([torch.diag(1 / full) @ voxels @ torch.diag(block), shift[:, None]], 1)
    grid = affine_grid(theta[None], [1, 1, *size_kji], align_corners=False)
    moved = grid_sample(image - AIR, grid, align_corners=False) + AIR
    return moved, grid_sample(labels, grid, align_corners=False)


def disturb_volume(image: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Changes gain, offset, noise and slice thickness of a chest block (1, 1, K, J, I), HU / 1000."""
    size = image.shape[2:]

    def chance() -> float:
        return float(torch.rand(1, generator=generator))

    image = image * (0.94 + 0.12 * chance()) + 0.04 * (chance() - 0.5)
    if chance() < 0.4:
        thickness = 2 if chance() < 0.6 else 3
        image = interpolate(avg_pool3d(image, (thickness, 1, 1), ceil_mode=True), size, mode="trilinear")
    return image + torch.randn(image.shape, generator=generator) * 0.035 * chance()


def hide_parts(
    image: torch.Tensor, labels: torch.Tensor, generator: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    """Leaves out what a smaller field of view or a shorter scan would not show; what is not seen is not there."""
    _, _, k, j, i = image.shape
    draw = torch.rand(8, generator=generator).tolist()
    hidden = torch.zeros((k, j, i), dtype=torch.bool)
    if draw[0] < 0.5:  # a cardiac field of view, round or square
        y, x = torch.meshgrid(torch.linspace(-1, 1, j), torch.linspace(-1, 1, i), indexing="ij")
        y, x = y + 0.5 * (draw[1] - 0.5), x + 0.5 * (draw[2] - 0.5)
        radius = 0.55 + 0.6 * draw[3]
        hidden |= (x**2 + y**2).sqrt() > radius if draw[4] < 0.5 else torch.maximum(x.abs(), y.abs()) > radius
    if draw[5] < 0.4:
        cut = int(draw[6] * k * 0.3)
        hidden[slice(cut) if draw[7] < 0.5 else slice(k - cut, k)] = True
    return torch.where(hidden, AIR, image), torch.where(hidden, 0.0, labels)
