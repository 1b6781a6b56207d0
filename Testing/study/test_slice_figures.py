"""Figures of a drawn mask within the slices that were read, by hand-counted voxels."""

from __future__ import annotations

import numpy as np
import pytest

from SyntheticCECTLib.study.slice_figures import slice_figures
from Testing.study.small_study import image_of, labels

VOXEL_ML = 2 * 2 * 5 / 1000


def test_volumes_count_the_read_slices_only() -> None:
    one, both = slice_figures(labels(), None, (1,)), slice_figures(labels(), None, ())
    assert one.la_ml == pytest.approx(8 * VOXEL_ML) and one.lv_ml == pytest.approx(12 * VOXEL_ML)
    assert both.la_ml == pytest.approx(16 * VOXEL_ML)
    assert one.dice is None and one.dv_percent is None


def test_agreement_is_that_of_the_slices_counted_by_hand() -> None:
    found = slice_figures(labels(la=1), labels(la=2), (1, 2))
    assert found.dice_la == pytest.approx(2 * 4 / (4 + 8)) and found.dice_lv == 1.0
    assert found.dice == pytest.approx(2 * 16 / (16 + 20))
    assert found.dv_percent == pytest.approx(100 * 4 / 20)


def test_dice_is_the_mean_over_slices_as_in_the_paper() -> None:
    drawn = np.zeros((4, 8, 8), np.uint8)
    drawn[1, :2, :4] = drawn[1, 4:7, :4] = 1
    drawn[1, 4:7, :4] = 2
    found = slice_figures(image_of(drawn), labels(), (1, 2))
    assert found.dice == pytest.approx((1.0 + 0.0) / 2)


def test_slice_without_truth_has_no_agreement() -> None:
    found = slice_figures(labels(), labels(), (0,))
    assert (found.la_ml, found.dice, found.dice_la, found.dv_percent) == (0.0, None, None, None)
