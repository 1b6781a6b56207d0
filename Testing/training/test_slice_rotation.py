"""Landmarks: whatever moves an image moves its CECT and its masks to the same place."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch

from training.augmentation import move_slices, move_volume
from training.slice_rotation import rotate_slices

Move = Callable[[torch.Tensor, torch.Tensor, torch.Generator], tuple[torch.Tensor, torch.Tensor]]
PLACES = ((40, 44), (90, 60), (60, 92), (76, 30))


def landmarks(size: int = 128) -> torch.Tensor:
    """Four discs, each in a channel of its own (1, 4, J, I)."""
    j, i = torch.meshgrid(torch.arange(size), torch.arange(size), indexing="ij")
    return torch.stack([((j - y) ** 2 + (i - x) ** 2 < 20).float() for y, x in PLACES])[None]


def centre(disc: torch.Tensor) -> torch.Tensor:
    """Centre of mass of (..., J, I)."""
    axes = [torch.arange(n, dtype=torch.float32) for n in disc.shape]
    grids = torch.meshgrid(*axes, indexing="ij")
    return torch.stack([(grid * disc).sum() / disc.sum() for grid in grids])


@pytest.mark.parametrize("move", [rotate_slices, move_slices])
@pytest.mark.parametrize("seed", range(1, 5))
def test_every_landmark_arrives_at_one_place_in_image_cect_and_mask(move: Move, seed: int) -> None:
    marks = landmarks()
    # CT and CECT hold the same landmarks at opposite contrast, as blood and fat may.
    images = torch.cat([0.04 + 0.3 * marks, 0.4 - 0.3 * marks], 1)
    moved, masks = move(images, marks, torch.Generator().manual_seed(seed))
    backgrounds = move(
        torch.cat([0 * marks + 0.04, 0 * marks + 0.4], 1), marks, torch.Generator().manual_seed(seed)
    )[0]
    change = (moved - backgrounds).abs() / 0.3
    shifts = []
    for n in range(len(PLACES)):
        if masks[0, n].sum() < 40:  # carried out of the picture
            continue
        places = [centre(change[0, n]), centre(change[0, n + 4]), centre(masks[0, n])]
        assert all(float((place - places[2]).norm()) < 0.35 for place in places)
        shifts.append(float((places[2] - torch.tensor(PLACES[n], dtype=torch.float32)).norm()))
    assert len(shifts) >= 2 and max(shifts) > 0.5, "they did move"


def test_paper_rotation_keeps_distances_and_stays_within_25_degrees() -> None:
    marks = landmarks()
    middle = torch.tensor([63.5, 63.5])
    angles = []
    for seed in range(30):
        _, masks = rotate_slices(marks, marks, torch.Generator().manual_seed(seed))
        for n, place in enumerate(PLACES):
            before, after = torch.tensor(place) - middle, centre(masks[0, n]) - middle
            assert float(after.norm()) == pytest.approx(float(before.norm()), abs=0.5)
            turn = torch.atan2(after[0], after[1]) - torch.atan2(before[0], before[1])
            angles.append(float(torch.rad2deg(torch.atan2(turn.sin(), turn.cos()))))
    assert max(np.abs(angles)) <= 26 and max(angles) > 15 and min(angles) < -15


def test_volume_landmarks_stay_together() -> None:
    mask = torch.zeros(1, 1, 32, 64, 64)
    mask[..., 14:18, 30:36, 28:34] = 1
    image, moved = move_volume(mask.clone(), mask, (32, 64, 64), torch.Generator().manual_seed(5))
    bright = image[0, 0] + 1.024
    assert (
        float(
            (centre((bright - bright.min()).clamp_min(0) * (moved[0, 0] > 0.01)) - centre(moved[0, 0])).norm()
        )
        < 0.5
    )
