"""How the 3D networks see a heart: cells of voxels, and views that show muscle against blood."""

from __future__ import annotations

import pytest
import torch

from SyntheticCECTLib.core.networks.heart_body import VIEWS, from_cells, to_cells, views_of

AIR, FAT, BLOOD, MUSCLE = -1.024, -0.1, 0.040, 0.050
VIEW = {"cell": (1, 2, 2), "near": (3, 5, 5), "far": 9}


def block(noise: float = 0.0, level: float = 0.0) -> torch.Tensor:
    """Blood on the left, muscle on the right, fat beyond."""
    image = torch.full((1, 1, 16, 32, 48), FAT)
    image[..., :20], image[..., 20:40] = BLOOD + level, MUSCLE + level
    return image + noise * torch.randn(image.shape, generator=torch.Generator().manual_seed(3))


def test_cells_hold_every_voxel_once_and_give_it_back() -> None:
    volumes = torch.arange(2 * 3 * 4 * 6 * 8.0).reshape(2, 3, 4, 6, 8)
    cells = to_cells(volumes, (2, 3, 2))
    assert cells.shape == (2, 3 * 12, 2, 2, 4)
    assert torch.equal(cells[1, 12:24, 1, 0, 3].reshape(2, 3, 2), volumes[1, 1, 2:4, 0:3, 6:8])
    assert torch.equal(from_cells(cells, (2, 3, 2)), volumes)


def test_views_show_muscle_against_blood_through_noise() -> None:
    views = views_of(block(noise=0.015), **VIEW)
    blood, muscle = views[..., 6:14], views[..., 26:34]
    apart = (muscle.mean((0, 2, 3, 4)) - blood.mean((0, 2, 3, 4))) / blood.std((0, 2, 3, 4))
    assert views.shape == (1, VIEWS, 16, 32, 48)
    assert apart[0] == pytest.approx(0.01 / 0.015, rel=0.1)
    assert apart[2] > 5 * apart[0] and apart[3] > 3 * apart[0]


def test_last_view_does_not_depend_on_the_haematocrit() -> None:
    anaemic, healthy = views_of(block(level=-0.012), **VIEW), views_of(block(), **VIEW)
    assert torch.allclose(anaemic[:, 3, :, :, :36], healthy[:, 3, :, :, :36], atol=1e-3)
    inside = (slice(None), 2, slice(4, 12), slice(8, 24), slice(4, 16))
    assert (anaemic[inside] - healthy[inside]).mean() == pytest.approx(-0.8, abs=0.01)


@pytest.mark.parametrize("value", [AIR, FAT, 0.4])
def test_where_no_muscle_or_blood_is_the_views_are_silent(value: float) -> None:
    views = views_of(torch.full((1, 1, 8, 16, 16), value), **VIEW)
    assert views[:, 2:].abs().max() == 0


def test_a_chest_smaller_than_the_far_box_has_views_too() -> None:
    assert torch.isfinite(views_of(block()[:, :, :2, :4, :4], **VIEW)).all()
