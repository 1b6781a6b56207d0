"""The gate lets usable scans through, warns at the edge of the domain, and refuses the rest with the value."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from SyntheticCECTLib.core.chest_contrast import LEAST_ML, bright_blood_ml
from SyntheticCECTLib.core.errors import InputRefused, Notice
from SyntheticCECTLib.core.input_gate import inspect_heart, inspect_scan
from SyntheticCECTLib.core.scan import read_scan
from Testing.core.small_scans import DATA, chest, image_of
from Testing.core.test_orientation import ALL_48, reordered

needs_real = pytest.mark.skipif(not DATA.is_dir(), reason="needs the real scans in ../shared/data")
REFERENCE = DATA / "lidc_0001_cta" / "reference"


def codes(notices: list[Notice]) -> list[str]:
    return [notice.code for notice in notices]


def thorax(
    spacing: tuple[float, float, float] = (4.0, 4.0, 5.0), shape: tuple[int, int, int] = (40, 64, 80)
) -> sitk.Image:
    return image_of(chest(shape).astype(np.float32), spacing)


def heart(image: sitk.Image, center: tuple[float, float, float], radius_mm: float = 45.0) -> sitk.Image:
    """An ellipsoid at a place given as a share of the image's extent."""
    k, j, i = np.ogrid[tuple(slice(0, size) for size in image.GetSize()[::-1])]
    squares = [
        ((index - share * (size - 1)) * spacing) ** 2
        for index, share, size, spacing in zip(
            (i, j, k), center, image.GetSize(), image.GetSpacing(), strict=True
        )
    ]
    mask = sitk.GetImageFromArray((squares[0] + squares[1] + squares[2] <= radius_mm**2).astype(np.uint8))
    mask.CopyInformation(image)
    return mask


def with_heart(blood_hu: float, share: float = 1.0, noise_hu: float = 25.0) -> tuple[sitk.Image, sitk.Image]:
    """A scan with muscle of 45 HU in the heart, of which the given share is blood of the given HU."""
    image = thorax((3.0, 3.0, 5.0))
    mask = heart(image, (0.5, 0.5, 0.5), 55.0)
    array, inside = sitk.GetArrayFromImage(image), sitk.GetArrayFromImage(mask) > 0
    k, j, i = np.nonzero(inside)
    array[inside] = 45 + np.random.default_rng(0).normal(0, noise_hu, inside.sum())
    pool = i >= np.quantile(i, 1 - share)
    array[k[pool], j[pool], i[pool]] += blood_hu - 45
    changed = sitk.GetImageFromArray(array)
    changed.CopyInformation(image)
    return changed, mask


def test_an_ordinary_chest_ct_passes_without_notice() -> None:
    assert inspect_scan(thorax((1.4, 1.4, 3.0), (60, 200, 220))) == []


@pytest.mark.parametrize(
    ("spacing", "shape", "code", "value"),
    [
        ((1.0, 1.0, 8.0), (30, 200, 200), "thick_slices", "8.00 mm"),
        ((1.0, 1.0, 5.1), (30, 200, 200), "thick_slices", "5.10 mm"),
        ((2.0, 2.0, 3.0), (40, 100, 100), "coarse_pixels", "2.00 mm"),
        ((1.0, 1.0, 3.0), (40, 120, 200), "narrow_field", "120 mm"),
        ((1.0, 1.0, 3.0), (25, 200, 200), "short_stack", "75 mm"),
    ],
)
def test_what_lies_at_the_edge_of_the_domain_is_named_with_its_value(
    spacing: tuple[float, float, float], shape: tuple[int, int, int], code: str, value: str
) -> None:
    notices = inspect_scan(thorax(spacing, shape))
    assert codes(notices) == [code]
    assert value in notices[0].message


def test_slices_of_five_millimetres_are_not_yet_thick() -> None:
    assert inspect_scan(thorax((1.0, 1.0, 5.0), (30, 200, 200))) == []


@pytest.mark.parametrize(
    ("spacing", "shape", "code", "value"),
    [
        ((1.0, 1.0, 20.0), (20, 200, 200), "slices_too_thick", "20.00 mm"),
        ((4.0, 4.0, 5.0), (40, 64, 80), "pixels_too_coarse", "4.00 mm"),
        ((0.4, 0.4, 3.0), (40, 200, 200), "field_too_small", "80 mm"),
        ((3.0, 3.0, 3.0), (40, 100, 300), "field_too_large", "900 mm"),
        ((1.0, 1.0, 3.0), (10, 200, 200), "stack_too_short", "30 mm"),
    ],
)
def test_what_lies_outside_the_domain_is_refused_with_its_value(
    spacing: tuple[float, float, float], shape: tuple[int, int, int], code: str, value: str
) -> None:
    with pytest.raises(InputRefused, match=value) as refusal:
        inspect_scan(thorax(spacing, shape))
    assert refusal.value.code == code
    assert refusal.value.remedy


def test_values_that_are_not_hu_are_refused() -> None:
    image = thorax((1.4, 1.4, 3.0), (60, 200, 220))
    with pytest.raises(InputRefused) as refusal:
        inspect_scan(sitk.Clamp(image + 1024, sitk.sitkFloat32, 0, 255))
    assert refusal.value.code == "not_hu"
    image[3, 3, 3] = float("nan")
    with pytest.raises(InputRefused) as refusal:
        inspect_scan(image)
    assert refusal.value.code == "not_finite"


def test_every_axis_order_of_a_scan_gets_the_same_verdict() -> None:
    image, mask = with_heart(120)
    image.SetSpacing((3.0, 3.0, 6.0))
    mask.SetSpacing((3.0, 3.0, 6.0))
    expected_scan, expected_heart = inspect_scan(image), inspect_heart(image, mask)
    assert codes(expected_scan) == ["thick_slices", "coarse_pixels"]
    for axes, signs in ALL_48[::5]:
        assert inspect_scan(reordered(image, axes, signs)) == expected_scan
        assert inspect_heart(reordered(image, axes, signs), reordered(mask, axes, signs)) == expected_heart


@pytest.mark.parametrize("blood_hu", [25, 45, 65])
def test_blood_without_contrast_is_not_taken_for_contrast(blood_hu: float) -> None:
    assert inspect_heart(*with_heart(blood_hu)) == []


@pytest.mark.parametrize(("blood_hu", "share"), [(100, 1.0), (350, 0.8), (350, 0.3)])
def test_contrast_is_detected_in_all_or_some_chambers(blood_hu: float, share: float) -> None:
    notices = inspect_heart(*with_heart(blood_hu, share))
    assert codes(notices) == ["contrast_present"]
    assert "HU" in notices[0].message


def test_calcium_and_leads_are_not_taken_for_contrast() -> None:
    assert inspect_heart(*with_heart(1500, 0.01)) == []


@pytest.mark.parametrize("radius_mm", [0.0, 20.0])
def test_an_absent_heart_is_refused(radius_mm: float) -> None:
    image = thorax((1.4, 1.4, 3.0), (60, 100, 100))
    with pytest.raises(InputRefused) as refusal:
        inspect_heart(image, heart(image, (0.501, 0.501, 0.501), radius_mm))
    assert refusal.value.code == "heart_absent"


@pytest.mark.parametrize("center", [(0.5, 0.5, 0.0), (0.5, 0.5, 0.95), (0.02, 0.5, 0.5), (0.5, 0.98, 0.5)])
def test_a_heart_that_is_cut_off_is_refused(center: tuple[float, float, float]) -> None:
    image = thorax((2.5, 3.0, 5.0))
    with pytest.raises(InputRefused, match="%") as refusal:
        inspect_heart(image, heart(image, center))
    assert refusal.value.code == "heart_cut_off"


@pytest.mark.parametrize(
    ("center", "radius_mm", "reason"),
    [((0.5, 0.5, 0.0), 45.0, "it is cut off."), ((0.5, 0.5, 0.5), 0.0, "No heart was found in the scan.")],
)
def test_contrast_is_named_first_where_it_keeps_the_heart_from_being_found(
    center: tuple[float, float, float], radius_mm: float, reason: str
) -> None:
    """The find in a CTA: a part of the liver that the scan cuts off, or nothing."""
    for blood_hu, names_it in ((350, True), (45, False)):
        image, _ = with_heart(blood_hu, 0.8)
        with pytest.raises(InputRefused) as refusal:
            inspect_heart(image, heart(image, center, radius_mm))
        assert refusal.value.message.endswith(reason)
        assert refusal.value.message.startswith("The scan seems to hold contrast agent") == names_it
        assert refusal.value.remedy.startswith("Give the CT without contrast agent.") == names_it


def test_vertebrae_are_not_taken_for_contrast() -> None:
    array = chest((40, 64, 80)).astype(np.float32)
    array[:, 46:58, 34:46] = 250
    image = image_of(array, (3.0, 3.0, 5.0))
    assert bright_blood_ml(image) == 0
    array[10:30, 18:30, 34:46] = 250
    assert bright_blood_ml(image_of(array, (3.0, 3.0, 5.0))) > LEAST_ML
    assert bright_blood_ml(image_of(np.full((20, 40, 40), 250, np.float32), (3.0, 3.0, 5.0))) == 0, "no lungs"


def test_a_heart_that_barely_touches_the_edge_is_named() -> None:
    image = thorax((2.5, 3.0, 5.0))
    notices = inspect_heart(image, heart(image, (0.5, 0.5, 42 / 195)))
    assert "heart_touches_edge" in codes(notices)
    assert "foot-head" in notices[codes(notices).index("heart_touches_edge")].message


def test_a_heart_beyond_a_round_field_is_named_or_refused() -> None:
    image, mask = with_heart(45)
    array = sitk.GetArrayFromImage(image)
    i = np.nonzero(sitk.GetArrayFromImage(mask))[2]
    array[:, :, : int(np.quantile(i, 0.06))] = -1024
    cut = sitk.GetImageFromArray(array)
    cut.CopyInformation(image)
    assert codes(inspect_heart(cut, mask)) == ["heart_beyond_field"]
    array[:, :, : int(np.quantile(i, 0.3))] = -1024
    cut = sitk.GetImageFromArray(array)
    cut.CopyInformation(image)
    with pytest.raises(InputRefused) as refusal:
        inspect_heart(cut, mask)
    assert refusal.value.code == "heart_cut_off"


def test_a_mask_of_another_grid_is_an_error_of_the_caller() -> None:
    with pytest.raises(ValueError, match="size"):
        inspect_heart(thorax(), heart(thorax(shape=(20, 30, 30)), (0.5, 0.5, 0.5)))


@needs_real
@pytest.mark.parametrize(
    ("name", "center", "scan_codes", "heart_codes"),
    [
        ("lungdx_a0001_native_dicom", (0.571, 0.462, 0.349), [], []),
        ("lungdx_a0002_native_thick/ct.nrrd", (0.501, 0.384, 0.414), ["thick_slices"], []),
        ("cptac_c3n00249_late/ct.nrrd", (0.564, 0.446, 0.406), [], ["contrast_present"]),
    ],
)
def test_real_scans_get_the_right_warnings(
    name: str, center: tuple[float, float, float], scan_codes: list[str], heart_codes: list[str]
) -> None:
    """The hearts are balls of 36 mm radius set by eye well inside the real ones."""
    image = read_scan(DATA / name).image
    assert codes(inspect_scan(image)) == scan_codes
    found = codes(inspect_heart(image, heart(image, center, 36.0)))
    assert [code for code in found if code != "heart_size"] == heart_codes


@needs_real
def test_the_real_arterial_scan_is_said_to_hold_contrast_though_its_heart_is_not_found() -> None:
    image = read_scan(DATA / "lidc_0001_cta" / "ct.nrrd").image
    with pytest.raises(InputRefused, match=r"hold contrast agent: .* No heart was found"):
        inspect_heart(image, image * 0)


@needs_real
@pytest.mark.parametrize(
    ("path", "expected"),
    [(DATA / "lidc_0001_cta" / "ct.nrrd", ["contrast_present"]), (REFERENCE / "virtual_native.nrrd", [])],
    ids=["arterial", "virtual native"],
)
def test_the_real_arterial_scan_and_its_native_partner_are_told_apart(
    path: Path, expected: list[str]
) -> None:
    image, mask = read_scan(path).image, sitk.ReadImage(str(REFERENCE / "heart_mask.nrrd"))
    assert codes(inspect_scan(image)) == []
    assert codes(inspect_heart(image, mask)) == expected
