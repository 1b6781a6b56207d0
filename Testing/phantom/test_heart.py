"""Sizes of virtual hearts over the cycle."""

from __future__ import annotations

import numpy as np
import pytest

from SyntheticCECTLib.phantom.heart import Heart
from SyntheticCECTLib.phantom.left_ventricle import LeftVentricle


def cavity_ml(ventricle: LeftVentricle) -> float:
    return 0.749 * np.pi * ventricle.radius**2 * ventricle.length / 1000


def test_ventricle_has_the_volume_that_was_asked_for() -> None:
    assert cavity_ml(LeftVentricle.of_volume(120, 3.0, 9)) == pytest.approx(120)


def test_contraction_ejects_blood_shortens_and_thickens_at_constant_muscle() -> None:
    filled = LeftVentricle.of_volume(120, 3.0, 9)
    empty = filled.contracted(0.6)
    assert cavity_ml(empty) == pytest.approx(0.4 * 120)
    assert empty.length == pytest.approx(0.85 * filled.length)
    # Walls thicken by a third to a half in systole (Lang et al. 2015).
    assert 1.3 < empty.wall / filled.wall < 1.6
    shell = [(v.outer**2 - v.radius**2) * v.length for v in (filled, empty)]
    assert shell[0] == pytest.approx(shell[1])


def test_gated_hearts_are_filled_and_the_others_range_from_systole_to_dilated() -> None:
    volumes = {
        share: np.array([
            0.749 * np.pi * heart.lv_radius**2 * heart.lv_length / 1000
            for heart in (Heart.draw(np.random.default_rng(seed), share) for seed in range(300))
        ])
        for share in (0.0, 1.0)
    }  # fmt: skip
    assert np.percentile(volumes[0.0], 10) < 50 < 60 < np.percentile(volumes[1.0], 5)
    assert np.median(volumes[1.0]) > 1.2 * np.median(volumes[0.0])
    assert all(np.percentile(found, 95) > 140 for found in volumes.values())


def test_even_sizes_are_spread_over_the_same_limits_and_draw_nothing_else_anew() -> None:
    walls, others = {}, {}
    for even in (False, True):
        hearts = [Heart.draw(np.random.default_rng(seed), 1.0, even) for seed in range(400)]
        # The muscle of a gated heart is hardly contracted, so the wall is near what was drawn at its fullest.
        walls[even] = np.array([heart.wall for heart in hearts])
        others[even] = [
            (heart.root_radius, heart.arch_top, heart.papillary, heart.details) for heart in hearts
        ]
    share = {even: float(((found < 6) | (found > 13)).mean()) for even, found in walls.items()}
    assert share[False] < 0.08 < 0.18 < share[True]
    assert walls[True].min() >= 5 and others[True] == others[False]
