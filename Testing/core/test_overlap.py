"""Overlap figures against values worked out by hand and against SimpleITK."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk

from SyntheticCECTLib.core.metrics.no_value import NoValue
from SyntheticCECTLib.core.metrics.overlap import dice, dice_per_slice, hd95_mm, volume_error_percent


@pytest.fixture
def two_random_masks() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(4)
    return rng.random((6, 20, 30)) > 0.6, rng.random((6, 20, 30)) > 0.5


def box(shape: tuple[int, ...], *slices: slice) -> np.ndarray:
    mask = np.zeros(shape, dtype=bool)
    mask[slices] = True
    return mask


@pytest.mark.parametrize("kind", [bool, np.uint8, np.int16, np.float32])
def test_dice_of_half_overlapping_bars_is_one_half(kind: type) -> None:
    a, b = np.array([1, 1, 1, 1, 0, 0], dtype=kind), np.array([0, 0, 1, 1, 1, 1], dtype=kind)
    assert dice(a, b) == pytest.approx(2 * 2 / (4 + 4))


def test_dice_runs_from_zero_to_one(two_random_masks: tuple[np.ndarray, np.ndarray]) -> None:
    a, _ = two_random_masks
    assert dice(a, a) == 1.0
    assert dice(a, ~a) == 0.0
    assert dice(a, np.zeros_like(a)) == 0.0


def test_dice_equals_what_simpleitk_computes(two_random_masks: tuple[np.ndarray, np.ndarray]) -> None:
    a, b = two_random_masks
    oracle = sitk.LabelOverlapMeasuresImageFilter()
    oracle.Execute(*(sitk.GetImageFromArray(mask.astype(np.uint8)) for mask in (a, b)))
    assert dice(a, b) == pytest.approx(oracle.GetDiceCoefficient(), abs=1e-12)


def test_dice_of_two_empty_masks_has_no_value() -> None:
    with pytest.raises(NoValue, match="empty"):
        dice(np.zeros(5, bool), np.zeros(5, bool))


def test_masks_of_different_shape_are_refused_with_both_shapes() -> None:
    for measure in (dice, dice_per_slice, lambda a, b: hd95_mm(a, b, (1, 1))):
        with pytest.raises(ValueError, match=r"\(3, 4\).*\(4, 3\)"):
            measure(np.ones((3, 4)), np.ones((4, 3)))


def test_slices_without_reference_have_no_dice_of_their_own() -> None:
    reference = box((4, 4, 4), slice(1, 3), slice(0, 2))  # slices 1 and 2, 8 pixels each
    predicted = box((4, 4, 4), slice(2, 4), slice(0, 1))  # slices 2 and 3, 4 pixels each
    assert dice_per_slice(predicted, reference) == {1: 0.0, 2: pytest.approx(2 * 4 / (4 + 8))}
    assert dice_per_slice(reference, np.zeros_like(reference)) == {}


@pytest.mark.parametrize(("predicted", "expected"), [(110.0, 10.0), (90.0, 10.0), (100.0, 0.0), (0.0, 100.0)])
def test_volume_error_is_unsigned_and_relative_to_the_reference(predicted: float, expected: float) -> None:
    assert volume_error_percent(predicted, 100.0) == pytest.approx(expected)


def test_volume_error_against_an_empty_reference_has_no_value() -> None:
    with pytest.raises(NoValue, match="reference is empty"):
        volume_error_percent(3.0, 0.0)


@pytest.mark.parametrize("volume", [-1.0, float("nan"), float("inf")])
def test_impossible_volumes_are_refused(volume: float) -> None:
    with pytest.raises(ValueError, match="volume is"):
        volume_error_percent(volume, 10.0)


def test_hd95_of_two_points_is_their_distance_in_mm() -> None:
    a, b = box((9, 9, 9), *[slice(1, 2)] * 3), box((9, 9, 9), slice(3, 4), slice(4, 5), slice(5, 6))
    assert hd95_mm(a, b, (3.0, 0.5, 2.0)) == pytest.approx(np.sqrt(6.0**2 + 1.5**2 + 8.0**2))


def test_hd95_forgives_the_farthest_twentieth_of_the_surface() -> None:
    wall = box((1, 101, 20), slice(0, 1), slice(0, 100), slice(2, 3))
    with_spike = wall.copy()
    with_spike[0, 50, 3:7] = True  # 4 of 104 surface voxels stick out, to 4 pixels
    assert hd95_mm(with_spike, wall, (1, 1, 1)) == 0.0
    with_spike[0, 50, 3:15] = True  # now 12 of 112: the 95th percentile lies on the spike
    distances = np.sort(np.r_[np.zeros(100), np.arange(1.0, 13.0)])
    assert hd95_mm(with_spike, wall, (1, 1, 1)) == pytest.approx(np.percentile(distances, 95))
    assert hd95_mm(wall, with_spike, (1, 1, 1)) == hd95_mm(with_spike, wall, (1, 1, 1))


def test_hd95_of_a_shifted_box_is_the_shift_as_simpleitk_finds_it() -> None:
    a = box((20, 30, 30), slice(5, 12), slice(5, 15), slice(5, 15))
    b = np.roll(a, 6, axis=2)
    images = [sitk.GetImageFromArray(mask.astype(np.uint8)) for mask in (a, b)]
    for image in images:
        image.SetSpacing((0.7, 0.7, 2.5))
    oracle = sitk.HausdorffDistanceImageFilter()
    oracle.Execute(*images)
    assert oracle.GetHausdorffDistance() == pytest.approx(4.2, abs=1e-5)
    assert hd95_mm(a, b, (2.5, 0.7, 0.7)) == pytest.approx(4.2)


def test_hd95_counts_the_border_of_the_array_as_surface() -> None:
    whole, half = np.ones((4, 10), bool), box((4, 10), slice(0, 4), slice(0, 5))
    assert hd95_mm(half, whole, (1, 1)) > 3


def test_hd95_names_the_mask_that_is_empty() -> None:
    full, empty = np.ones((3, 3)), np.zeros((3, 3))
    with pytest.raises(NoValue, match="prediction is empty"):
        hd95_mm(empty, full, (1, 1))
    with pytest.raises(NoValue, match="reference is empty"):
        hd95_mm(full, empty, (1, 1))


@pytest.mark.parametrize("spacing", [(1.0,), (1.0, 0.0), (1.0, -1.0), (1.0, 1.0, 1.0)])
def test_hd95_refuses_a_spacing_that_does_not_fit(spacing: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="spacing"):
        hd95_mm(np.ones((3, 3)), np.ones((3, 3)), spacing)
