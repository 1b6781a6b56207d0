import dataclasses

import numpy as np
import pytest
import SimpleITK as sitk

from SyntheticCECTLib.core.chambers import LiveChambers, measure, segment
from Testing.small_case import LA, LA_ML, LV, LV_ML, image_of, synthesis


def test_threshold_splits_la_and_lv_by_the_prior() -> None:
    labels = sitk.GetArrayFromImage(segment(synthesis(), 300))
    assert (
        (labels[LA] == 1).all()
        and (labels[LV] == 2).all()
        and (labels > 0).sum() == labels[LA].size + labels[LV].size
    )


def test_threshold_keeps_voxels_inside_the_heart_mask() -> None:
    everything = sitk.GetArrayFromImage(segment(synthesis(), -2000)) > 0
    assert (everything == (sitk.GetArrayFromImage(synthesis().heart_mask) > 0)).all()


def test_threshold_between_the_chambers_leaves_the_brighter_one() -> None:
    volumes = measure(segment(synthesis(), 370), synthesis().heart_mask)
    assert volumes["la"]["ml"] is None and "lower it" in str(volumes["la"]["reason"])
    assert volumes["lv"] == {"ml": pytest.approx(LV_ML), "reason": None}


def test_specks_are_removed_and_the_chambers_stay_whole() -> None:
    case = synthesis()
    array = sitk.GetArrayFromImage(case.synthetic_cect)
    array[8, 9:11, 11:13] = 900
    speckled = dataclasses.replace(case, synthetic_cect=image_of(array))
    labels = sitk.GetArrayFromImage(segment(speckled, 300))
    assert (labels[8, 9:11, 11:13] == 0).all()
    assert (labels[LA] == 1).all() and (labels[LV] == 2).all()


def test_one_object_serves_many_thresholds_alike() -> None:
    live = LiveChambers(synthesis())
    for threshold in (300, 370, 300):
        assert (
            sitk.GetArrayFromImage(live.at(threshold))
            == sitk.GetArrayFromImage(segment(synthesis(), threshold))
        ).all()


def test_volumes_are_voxel_counts_and_too_small_ones_have_no_value() -> None:
    volumes = measure(segment(synthesis(), 300), synthesis().heart_mask)
    assert volumes["la"]["ml"] == pytest.approx(LA_ML)
    labels = np.zeros((12, 40, 48), np.uint8)
    labels[5, 5:10, 5:10] = 1
    tiny = measure(image_of(labels), synthesis().heart_mask)["la"]
    assert tiny["ml"] is None and "0.5 mL" in str(tiny["reason"])


def test_bright_voxels_that_fill_the_heart_are_no_chambers() -> None:
    volumes = measure(segment(synthesis(), -2000), synthesis().heart_mask)
    assert volumes["la"]["ml"] is volumes["lv"]["ml"] is None and "raise the threshold" in str(
        volumes["lv"]["reason"]
    )
