"""Blocks of heart slices: CT, CECT and masks move together; what is disturbed is the CT alone."""

from __future__ import annotations

import math

import pytest
import torch

from training.block_augmentation import AIR, disturb_block, hide_border, move_block

SPACING_KJI = (3.0, 1.5, 1.5)


def landmark() -> torch.Tensor:
    mask = torch.zeros(1, 1, 30, 64, 64)
    mask[..., 8:20, 20:44, 24:50] = 1
    return mask


def test_images_and_masks_move_together() -> None:
    mask = landmark()
    for seed in range(5):
        generator = torch.Generator().manual_seed(seed)
        images, moved = move_block(torch.cat([mask, mask], 1), mask, (16, 48, 48), SPACING_KJI, generator)
        assert images.shape == (1, 2, 16, 48, 48) and moved.shape == (1, 1, 16, 48, 48)
        assert not torch.equal(moved, mask[..., 7:23, 8:56, 8:56])
        for image in images.split(1, 1):
            assert ((image > 0.5) == (moved > 0.5)).float().mean() > 0.99


def test_volume_of_a_landmark_changes_no_more_than_the_stretch() -> None:
    """A turn between axes of different spacing must not shear: the volume stays within the stretch."""
    mask, volumes = landmark(), []
    for seed in range(30):
        _, moved = move_block(mask, mask, (30, 64, 64), SPACING_KJI, torch.Generator().manual_seed(seed))
        volumes.append(float(moved.sum() / mask.sum()))
    assert min(volumes) > 1 / 1.18**3 / 1.07**3 and max(volumes) < 1 / 0.85**3 / 0.93**3


def test_outside_of_the_scan_is_air() -> None:
    image = torch.zeros(1, 1, 8, 16, 16)
    moved, _ = move_block(image, image, (24, 64, 64), SPACING_KJI, torch.Generator().manual_seed(1))
    assert moved[0, 0, 0, 0, 0] == AIR


@pytest.mark.parametrize("size", [(30, 64, 64), (29, 63, 50), (16, 40, 48)])
def test_sharp_blocks_are_cut_out_of_the_scan_voxel_by_voxel(size: tuple[int, int, int]) -> None:
    numbers = torch.arange(float(math.prod(size))).reshape(1, 1, *size)
    corners = set()
    for seed in range(6):
        generator = torch.Generator().manual_seed(seed)
        block, _ = move_block(numbers, numbers, (16, 48, 48), SPACING_KJI, generator, sharp=1.0)
        inside = block[0, 0] - AIR > 0.5
        there = torch.stack(torch.unravel_index(block[0, 0].round().long().clamp_min(0), size))
        here = torch.stack(torch.meshgrid(*(torch.arange(n) for n in block.shape[2:]), indexing="ij"))
        offsets = (there - here)[:, inside].T.unique(dim=0)
        assert len(offsets) == 1, "not moved as a whole"
        torch.testing.assert_close(block[0, 0][inside], block[0, 0][inside].round(), atol=0.2, rtol=0)
        corners.add(tuple(offsets[0].tolist()))
    assert len(corners) > 3, "never shifted"


def test_a_share_of_the_blocks_is_sharp() -> None:
    mask = landmark()

    def sharp(share: float) -> int:
        generator = torch.Generator().manual_seed(3)
        moved = [
            move_block(mask, mask, (16, 48, 48), SPACING_KJI, generator, sharp=share)[1] for _ in range(30)
        ]
        return sum(bool(((m < 1e-3) | (m > 0.999)).all()) for m in moved)

    assert sharp(0.0) == 0 and 5 < sharp(0.5) < 25 and sharp(1.0) == 30


def test_disturbing_is_seeded_and_keeps_the_scale() -> None:
    native = landmark() * 0.05
    first, second = (disturb_block(native, torch.Generator().manual_seed(4)) for _ in range(2))
    assert torch.equal(first, second) and not torch.equal(first, native)
    means = [float(disturb_block(native, torch.Generator().manual_seed(s)).mean()) for s in range(20)]
    assert abs(sum(means) / 20 - float(native.mean())) < 0.02


def test_what_is_hidden_is_air_and_unlabelled() -> None:
    native, masks, hidden = torch.zeros(1, 1, 24, 8, 8), torch.ones(1, 5, 24, 8, 8), 0
    for seed in range(20):
        seen, named = hide_border(native, masks, torch.Generator().manual_seed(seed))
        assert ((seen < -1) == (named[:, :1] == 0)).all()
        hidden += bool((seen < -1).any())
    assert 0 < hidden < 20
