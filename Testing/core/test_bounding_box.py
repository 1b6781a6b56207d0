"""The box around a mask."""

from __future__ import annotations

import numpy as np
import pytest

from SyntheticCECTLib.core.bounding_box import bounding_box


@pytest.fixture
def two_voxels() -> np.ndarray:
    mask = np.zeros((5, 8, 10), np.uint8)
    mask[1, 6, 3] = mask[3, 2, 9] = 1
    return mask


def test_box_holds_every_voxel_and_is_the_smallest_to_do_so(two_voxels: np.ndarray) -> None:
    assert bounding_box(two_voxels) == (slice(1, 4), slice(2, 7), slice(3, 10))


def test_margin_widens_the_box_as_far_as_the_array_reaches(two_voxels: np.ndarray) -> None:
    assert bounding_box(two_voxels, 2) == (slice(0, 5), slice(0, 8), slice(1, 10))
    assert bounding_box(two_voxels, (0, 1, 2)) == (slice(1, 4), slice(1, 8), slice(1, 10))


def test_an_empty_mask_has_no_box() -> None:
    assert bounding_box(np.zeros((3, 3), bool)) is None


def test_box_equals_a_search_over_all_voxels() -> None:
    rng = np.random.default_rng(2)
    for _ in range(20):
        mask = rng.random((6, 7, 8)) > 0.97
        found = np.argwhere(mask)
        expected = None
        if len(found):
            expected = tuple(slice(*ends) for ends in zip(found.min(0), found.max(0) + 1, strict=True))
        assert bounding_box(mask) == expected
