"""Volume intervals: computed by hand, and honest on simulated errors."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from SyntheticCECTLib.core.errors import InputRefused
from SyntheticCECTLib.core.volume_interval import (
    LEAST_SOFTNESS,
    calibrate,
    calibration_of,
    softness,
    volume_factors,
)

CALIBRATION = {"la": (-2.0, 3.0), "lv": (-1.0, 1.0)}


def test_softness_is_the_share_of_doubtful_volume() -> None:
    assert softness(np.array([1.0, 1.0, 0.5, 0.5])) == pytest.approx((0.25 + 0.25) / 3)
    assert softness(np.array([1.0, 0.0])) == LEAST_SOFTNESS


def test_factors_grow_with_softness() -> None:
    structures = {"left atrium": np.array([0.5]), "left ventricle": np.array([0.9])}
    factors = volume_factors(structures, CALIBRATION)
    assert factors["la"] == pytest.approx((math.exp(-2 * 0.5), math.exp(3 * 0.5)))
    assert factors["lv"] == pytest.approx((math.exp(-0.1), math.exp(0.1)))


@pytest.mark.parametrize("card", [{}, {"volume_interval": None}])
def test_model_that_was_not_calibrated_gives_no_interval(card: dict[str, Any]) -> None:
    assert calibration_of(card, "small") == {}
    assert volume_factors({"left atrium": np.array([0.5])}, {}) == {}


def test_calibration_is_read_from_the_card() -> None:
    said = {"la": [-2, 3.0], "lv": [-1.0, 1.0], "coverage": 0.95, "on": "200 patients"}
    assert calibration_of({"volume_interval": said}, "small") == CALIBRATION


@pytest.mark.parametrize(
    ("said", "key"),
    [
        ("wide", "la"), ([[-2, 3], [-1, 1]], "la"), ({}, "la"), ({"la": [-2, 3]}, "lv"), ({"la": 3, "lv": [-1, 1]}, "la"),
        ({"la": [-2, 3], "lv": [-1, 1, 1]}, "lv"), ({"la": ["-2", "3"], "lv": [-1, 1]}, "la"),
        ({"la": [-2, None], "lv": [-1, 1]}, "la"), ({"la": [math.nan, 3], "lv": [-1, 1]}, "la"),
        ({"la": [-2, math.inf], "lv": [-1, 1]}, "la"), ({"la": [3, -2], "lv": [-1, 1]}, "la"),
        ({"la": [-2, 1e5], "lv": [-1, 1]}, "la"),
    ],
)  # fmt: skip
def test_malformed_calibration_is_refused_with_its_value(said: Any, key: str) -> None:
    with pytest.raises(InputRefused) as refusal:
        calibration_of({"volume_interval": said}, "small")
    assert refusal.value.code == "model_card_invalid" and refusal.value.remedy
    assert f"'small' has the volume_interval {said!r}, in which '{key}'" in refusal.value.message


def test_chamber_that_was_not_found_has_no_interval() -> None:
    assert volume_factors({"left atrium": np.zeros(3)}, CALIBRATION) == {}


def test_calibration_takes_the_conformal_ranks() -> None:
    scores = np.arange(1.0, 40.0)  # 39 patients: ranks 1 and 39 hold 95 %
    assert calibrate(scores * 0.5, np.full(39, 0.5)) == [1.0, 39.0]


def test_too_few_patients_cannot_calibrate() -> None:
    with pytest.raises(ValueError, match=r"38 patients.*at least 39"):
        calibrate(np.zeros(38), np.ones(38))


def test_intervals_cover_what_they_promise() -> None:
    rng = np.random.default_rng(1)
    covered = []
    for _ in range(200):
        soft = rng.uniform(0.02, 0.3, 400)
        errors = rng.standard_t(4, 400) * soft + 0.1 * soft  # heavy tails and a bias
        lower, upper = calibrate(errors[:100], soft[:100])
        ratio = errors[100:] / soft[100:]
        covered.append(np.mean((lower <= ratio) & (ratio <= upper)))
    assert 0.94 <= np.mean(covered) <= 0.97
