"""Sizes of virtual hearts over the cycle."""

from __future__ import annotations

import numpy as np
import pytest

from SyntheticCECTLib.phantom.heart import Heart, LeftVentricle


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


def test_hearts_range_from_systole_to_dilated() -> None:
    hearts = [Heart.draw(np.random.default_rng(seed)) for seed in range(300)]
    volumes = np.array([0.749 * np.pi * h.lv_radius**2 * h.lv_length / 1000 for h in hearts])
    assert np.percentile(volumes, 5) < 55 and np.percentile(volumes, 95) > 140
