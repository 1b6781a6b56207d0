"""Each doubt about a pair is raised by the fault it is for, and by that one alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy import ndimage

from SyntheticCECTLib.phantom.training_sample import TrainingSample
from training.prepare.pair_check import fingerprint, judge_pair, measure_pair

SOUND: dict[str, Any] = {"registration": {"plausible": True, "reasons": []}, "chambers_outside_heart": 0.02}


@pytest.fixture(scope="module")
def sample() -> TrainingSample:
    """A heart of ellipsoids in lung, with noise."""
    k, j, i = np.indices((40, 128, 128)).astype(np.float32)

    def ball(centre: tuple[float, float, float], radii: tuple[float, float, float]) -> np.ndarray:
        terms = ((axis - c) / r for axis, c, r in zip((k, j, i), centre, radii, strict=True))
        return np.asarray(sum((term**2 for term in terms), np.zeros_like(k)) < 1)

    heart = ball((20, 64, 64), (14, 30, 36)) | ball((26, 50, 80), (8, 16, 18))
    la, lv = ball((25, 78, 58), (7, 12, 14)), ball((17, 55, 72), (9, 15, 18))
    labels = heart.astype(np.uint8)
    labels[la], labels[lv] = 2, 3
    noise = np.random.default_rng(0).normal(0, 10, (2, *labels.shape))
    native = np.where(heart, 40, -850) + noise[0]
    cect = np.where(labels >= 2, 350, np.where(heart, 90, -850)) + noise[1]
    empty = np.zeros((2, 2, 2), np.uint8)
    return TrainingSample(empty, empty, native.astype(np.int16), cect.astype(np.int16), labels, 0 * labels)


def codes(sample: TrainingSample, **changes: Any) -> list[str]:
    provenance = SOUND | changes
    return [doubt.code for doubt in judge_pair(measure_pair(sample, provenance), provenance)]


def test_sound_pair_raises_no_doubt(sample: TrainingSample) -> None:
    assert codes(sample) == []


def test_swapped_scans_are_noticed(sample: TrainingSample) -> None:
    assert codes(replace(sample, heart_native=sample.heart_cect, heart_cect=sample.heart_native)) == [
        "swapped"
    ]


def test_one_scan_given_twice_is_noticed(sample: TrainingSample) -> None:
    assert codes(replace(sample, heart_native=sample.heart_cect)) == ["identical"]


def test_contrast_in_the_native_scan_is_noticed(sample: TrainingSample) -> None:
    late = np.where(sample.heart_labels >= 2, sample.heart_native + 90, sample.heart_native).astype(np.int16)
    assert codes(replace(sample, heart_native=late)) == ["native_hu"]


def test_missing_contrast_in_the_cect_is_noticed(sample: TrainingSample) -> None:
    weak = np.where(sample.heart_labels >= 2, sample.heart_cect - 250, sample.heart_cect).astype(np.int16)
    assert codes(replace(sample, heart_cect=weak)) == ["cect_hu"]


@pytest.mark.parametrize("axis, voxels", [(0, 3), (1, 6), (2, -6)])
def test_rest_of_a_shift_is_measured_and_noticed(sample: TrainingSample, axis: int, voxels: int) -> None:
    shifted = replace(sample, heart_cect=np.roll(sample.heart_cect, voxels, axis))
    assert measure_pair(shifted, SOUND)["rest_shift_mm"] == pytest.approx(9.0, abs=0.7)
    assert "rest_shift" in codes(shifted)


@pytest.mark.parametrize("axis, voxels, mm", [(0, 1, 3.0), (1, -1, 1.5), (2, 2, 3.0)])
def test_small_rest_is_measured_too(sample: TrainingSample, axis: int, voxels: int, mm: float) -> None:
    shifted = replace(sample, heart_cect=np.roll(sample.heart_cect, voxels, axis))
    assert measure_pair(shifted, SOUND)["rest_shift_mm"] == pytest.approx(mm, abs=0.5)


def test_smaller_heart_in_the_cect_is_noticed(sample: TrainingSample) -> None:
    small = np.full_like(sample.heart_cect, -850)
    part = ndimage.zoom(sample.heart_cect, 0.8, order=1)
    low = [(n - m) // 2 for n, m in zip(small.shape, part.shape, strict=True)]
    small[tuple(slice(a, a + m) for a, m in zip(low, part.shape, strict=True))] = part
    assert "heart_differs" in codes(replace(sample, heart_cect=small))


@pytest.mark.parametrize(("slices", "doubts"), [(1, []), (6, ["uncovered_heart"])])
def test_heart_that_the_cect_does_not_cover_is_noticed(
    sample: TrainingSample, slices: int, doubts: list[str]
) -> None:
    heart = sample.heart_labels >= 1
    bare = np.flatnonzero(heart.any((1, 2)))[:slices]
    cect = sample.heart_cect.copy()
    cect[bare] = -1024
    short = replace(sample, heart_cect=cect)
    share = heart[bare].sum() / heart.sum()
    assert measure_pair(short, SOUND)["uncovered_heart"] == pytest.approx(share)
    found = judge_pair(measure_pair(short, SOUND), SOUND)
    assert [doubt.code for doubt in found] == doubts
    assert all(f"does not show {100 * share:.1f} % of the heart" in doubt.message for doubt in found)


def test_chambers_outside_the_heart_and_implausible_volumes_are_noticed(sample: TrainingSample) -> None:
    assert codes(sample, chambers_outside_heart=0.3) == ["outside_heart"]
    tiny = np.where(sample.heart_labels == 2, 1, sample.heart_labels)
    assert codes(replace(sample, heart_labels=tiny)) == ["la_volume"]


def test_every_reason_of_an_implausible_registration_is_told(sample: TrainingSample) -> None:
    registration = {"plausible": False, "reasons": ["too far", "too turned"]}
    assert codes(sample, registration=registration) == ["registration_implausible"] * 2


def test_fingerprint_knows_a_patient_in_spite_of_noise_and_tells_others_apart(sample: TrainingSample) -> None:
    rng = np.random.default_rng(1)
    noisy = sample.heart_native + rng.normal(0, 15, sample.heart_native.shape)
    again = replace(sample, heart_native=noisy.astype(np.int16))
    other = replace(sample, heart_native=np.roll(sample.heart_native, (4, 14, 10), (0, 1, 2)))
    mine = fingerprint(sample)
    assert mine @ fingerprint(again) > 0.99 > 0.95 > mine @ fingerprint(other)
