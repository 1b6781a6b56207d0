"""What a scan cuts off of labels is said with its volume; labels that mostly lie elsewhere are refused."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk

from SyntheticCECTLib.core.errors import InputRefused
from SyntheticCECTLib.core.formats.label_file import same_labels
from SyntheticCECTLib.core.labels_on_scan import labels_on_scan

VOXEL_ML = 2.0 * 2.0 * 5.0 / 1000


def image_of(array_kji: np.ndarray, first_slice_mm: float = 0.0) -> sitk.Image:
    image = sitk.GetImageFromArray(array_kji)
    image.SetSpacing((2.0, 2.0, 5.0))
    image.SetOrigin((-30.0, 10.0, first_slice_mm))
    return image


def drawn() -> sitk.Image:
    """Ten slices with 80 voxels each."""
    array = np.zeros((12, 20, 24), np.uint8)
    array[1:11, 5:13, 4:14] = 1
    return image_of(array)


def scan(slices: int, below_mm: float = 0.0) -> sitk.Image:
    """A scan that begins so much below the first slice of the labels."""
    return image_of(np.zeros((slices, 20, 24), np.float32), -below_mm)


@pytest.mark.parametrize("target", [scan(12), scan(14, 5.0), scan(40, 25.0)])
def test_labels_that_lie_inside_come_without_a_word(target: sitk.Image) -> None:
    placed, told = labels_on_scan("reference", drawn(), target)
    assert told == [] and placed.IsSameImageGeometryAs(target)
    assert sitk.GetArrayFromImage(placed).sum() == 800


def test_what_is_cut_off_is_named_in_ml_and_as_a_share() -> None:
    placed, (notice,) = labels_on_scan("heart mask", drawn(), scan(8))
    assert sitk.GetArrayFromImage(placed).sum() == 560
    assert notice.code == "heart_mask_outside_scan"
    assert notice.message.startswith(f"{240 * VOXEL_ML:.1f} mL (30 %) of the heart mask lie outside the scan")


def test_labels_that_mostly_lie_outside_are_refused_with_their_share() -> None:
    with pytest.raises(InputRefused, match=r"12\.8 mL \(80 %\) of the reference lie outside") as refusal:
        labels_on_scan("reference", drawn(), scan(3))
    assert refusal.value.code == "reference_outside_scan" and refusal.value.remedy
    with pytest.raises(InputRefused) as refusal:
        labels_on_scan("reference", drawn(), scan(8, 100.0))
    assert refusal.value.code == "no_overlap"


def test_labels_that_move_are_measured_where_they_come_to_lie() -> None:
    """The labels come to lie three slices lower, two of the ten with voxels below the scan."""
    up = sitk.TranslationTransform(3, (0.0, 0.0, 15.0))
    placed, (notice,) = labels_on_scan("reference", drawn(), scan(12), up)
    assert sitk.GetArrayFromImage(placed).sum() == 640 and "(20 %)" in notice.message
    down = sitk.TranslationTransform(3, (0.0, 0.0, -5.0))
    placed, told = labels_on_scan("reference", drawn(), scan(12), down)
    assert told == [] and sitk.GetArrayFromImage(placed).sum() == 800


def test_empty_labels_have_nothing_outside() -> None:
    empty = drawn() * 0
    placed, told = labels_on_scan("chambers", empty, scan(12))
    assert told == [] and same_labels(placed, empty)
    assert labels_on_scan("chambers", empty, scan(8))[1] == []
