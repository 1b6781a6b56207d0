"""The comparison of one patient: hand-computed figures, missing inputs, other orientations."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk

from SyntheticCECTLib.core.agreement import CSV_COLUMNS, compare
from SyntheticCECTLib.core.metrics.metric_catalogue import CHAMBER_KEYS, IMAGE_KEYS, METRICS

SPACING = (2.0, 1.0, 5.0)
SHAPE = (6, 20, 24)


def image_of(array_kji: np.ndarray) -> sitk.Image:
    image = sitk.GetImageFromArray(array_kji)
    image.SetSpacing(SPACING)
    image.SetOrigin((10.0, -20.0, 300.0))
    return image


@pytest.fixture
def reference() -> np.ndarray:
    """LA on slices 1 to 3, LV on slices 2 to 4; 40 pixels each on a slice."""
    labels = np.zeros(SHAPE, np.uint8)
    labels[1:4, 2:7, 2:10] = 1
    labels[2:5, 10:15, 2:10] = 2
    return labels


@pytest.fixture
def predicted(reference: np.ndarray) -> np.ndarray:
    """Half of the LA on slice 1, nothing on slice 4, an invented LV of 40 pixels on slice 5."""
    labels = reference.copy()
    labels[1, 2:7, 6:10] = 0
    labels[4] = 0
    labels[5, 10:15, 2:10] = 2
    return labels


@pytest.fixture
def images(reference: np.ndarray) -> dict[str, Any]:
    """Synthetic CECT, a real one that is 20 HU above it, and a heart mask on slices 1 to 4."""
    rng = np.random.default_rng(5)
    synthetic = np.where(reference > 0, 350.0, 50.0) + rng.normal(0, 30, SHAPE)
    heart = np.zeros(SHAPE, np.uint8)
    heart[1:5, 1:17, 1:18] = 1
    return {
        "synthetic_cect": image_of(synthetic.astype(np.float32)),
        "cect": image_of((synthetic + 20).astype(np.float32)),
        "heart_mask": image_of(heart),
    }


def test_overlap_figures_are_those_worked_out_by_hand(predicted: np.ndarray, reference: np.ndarray) -> None:
    figures = compare(image_of(predicted), image_of(reference)).as_dict()
    dices = [2 * 20 / (20 + 40), 1.0, 1.0, 0.0]  # slices 1 to 4; slice 5 has no reference
    assert [entry["dice"] for entry in figures["dice_per_slice"]] == pytest.approx(dices)
    assert [entry["slice"] for entry in figures["dice_per_slice"]] == [1, 2, 3, 4]
    assert [entry["z_mm"] for entry in figures["dice_per_slice"]] == [305.0, 310.0, 315.0, 320.0]
    assert figures["dice"] == pytest.approx(np.mean(dices))
    assert figures["dice_sd"] == pytest.approx(np.std(dices, ddof=1))
    assert figures["dice_both_chambers"] == pytest.approx(1.0)
    assert figures["dice_volume"] == pytest.approx(2 * 180 / (220 + 240))
    assert figures["dice_la"] == pytest.approx(2 * 100 / (100 + 120))
    assert figures["dice_lv"] == pytest.approx(2 * 80 / (120 + 120))
    assert figures["dv_percent"] == pytest.approx(100 * 20 / 240)
    assert figures["dv_percent_la"] == pytest.approx(100 * 20 / 120)
    assert figures["dv_percent_lv"] == pytest.approx(0.0)


def test_volumes_are_in_millilitres(predicted: np.ndarray, reference: np.ndarray) -> None:
    agreement = compare(image_of(predicted), image_of(reference))
    assert agreement.predicted_ml == pytest.approx({"la": 1.0, "lv": 1.2, "union": 2.2})  # voxel 0.01 mL
    assert agreement.reference_ml == pytest.approx({"la": 1.2, "lv": 1.2, "union": 2.4})


def test_surface_distance_is_in_millimetres_of_the_right_axis(reference: np.ndarray) -> None:
    along_i = np.roll(reference, 4, axis=2)  # 4 pixels of 2 mm
    figures = compare(image_of(along_i), image_of(reference)).as_dict()
    assert figures["hd95_mm_la"] == figures["hd95_mm_lv"] == pytest.approx(8.0)


def test_image_figures_are_computed_inside_the_heart_mask(
    predicted: np.ndarray, reference: np.ndarray, images: dict[str, Any]
) -> None:
    outside = sitk.GetArrayFromImage(images["cect"])
    outside[sitk.GetArrayViewFromImage(images["heart_mask"]) == 0] += 5000
    images["cect"] = image_of(outside)
    figures = compare(image_of(predicted), image_of(reference), **images).as_dict()
    assert figures["mae_hu"] == pytest.approx(20.0, abs=1e-4)
    assert figures["psnr_db"] == pytest.approx(20 * np.log10(4096 / 20), abs=1e-4)
    assert figures["psnr_db_range_2000"] == pytest.approx(40.0, abs=1e-4)
    assert figures["nmi"] > 0.95  # a constant offset loses no information but for the bins' rounding
    assert figures["nmi_skimage"] == pytest.approx(1 / (1 - figures["nmi"] / 2))
    assert figures["cect_covers_heart_percent"] == figures["reference_in_heart_percent"] == 100.0


def test_region_and_data_range_stand_beside_each_figure(
    predicted: np.ndarray, reference: np.ndarray, images: dict[str, Any]
) -> None:
    agreement = compare(image_of(predicted), image_of(reference), **images)
    figures = agreement.as_dict()
    assert set(figures["regions"]) == set(METRICS)
    assert figures["regions"]["psnr_db"] == "heart mask"
    assert figures["data_ranges_hu"]["psnr_db"] == 4096
    assert figures["data_ranges_hu"]["psnr_db_range_2000"] == 2000
    for row in agreement.rows():
        assert tuple(row) == CSV_COLUMNS
        assert row["region"]
        assert (row["value"] is None) == bool(row["reason"])


def test_every_slice_has_its_own_rows(
    predicted: np.ndarray, reference: np.ndarray, images: dict[str, Any]
) -> None:
    rows = compare(image_of(predicted), image_of(reference), **images).rows()
    mae = {row["slice"]: row["value"] for row in rows if row["metric"] == "mae_hu"}
    assert mae == pytest.approx({None: 20.0, 1: 20.0, 2: 20.0, 3: 20.0, 4: 20.0}, abs=1e-4)
    lv_on_1 = next(r for r in rows if (r["slice"], r["metric"]) == (1, "dice_lv"))
    assert lv_on_1["value"] is None and lv_on_1["reason"] == "the reference is empty"


def test_a_heart_mask_that_misses_chamber_does_not_flatter_the_dice(
    predicted: np.ndarray, reference: np.ndarray, images: dict[str, Any]
) -> None:
    narrow = sitk.GetArrayFromImage(images["heart_mask"])
    narrow[3:] = 0  # leaves 120 of the 240 reference voxels
    images["heart_mask"] = image_of(narrow)
    figures = compare(image_of(predicted), image_of(reference), **images).as_dict()
    assert figures["reference_in_heart_percent"] == pytest.approx(50.0)
    assert figures["dice_volume"] == pytest.approx(2 * 180 / (220 + 240))


def test_where_the_cect_does_not_reach_nothing_is_compared(
    predicted: np.ndarray, reference: np.ndarray, images: dict[str, Any]
) -> None:
    short = sitk.GetArrayFromImage(images["cect"])
    short[3:] = -1024
    figures = compare(
        image_of(predicted), image_of(reference), **{**images, "cect": image_of(short)}
    ).as_dict()
    assert figures["cect_covers_heart_percent"] == pytest.approx(50.0)
    assert figures["mae_hu"] == pytest.approx(20.0, abs=1e-4)
    short[:] = -1024
    figures = compare(
        image_of(predicted), image_of(reference), **{**images, "cect": image_of(short)}
    ).as_dict()
    assert figures["psnr_db"] is None
    assert "does not reach" in figures["reasons"]["psnr_db"]


def test_what_was_not_given_is_null_with_the_reason(
    predicted: np.ndarray, reference: np.ndarray, images: dict[str, Any]
) -> None:
    figures = compare(image_of(predicted), None).as_dict()
    assert all(figures[key] is None and figures["reasons"][key] for key in METRICS)
    assert figures["reasons"]["dice"] == "no reference chambers were given"
    assert figures["reasons"]["nmi"] == "no synthetic CECT and no real CECT and no heart mask was given"
    assert figures["dice_per_slice"] == [] and figures["predicted_ml"] is None
    figures = compare(image_of(predicted), None, **images).as_dict()
    assert all(figures[key] is None for key in CHAMBER_KEYS)
    assert all(figures[key] is not None for key in IMAGE_KEYS if key != "ssim")
    del images["cect"]
    figures = compare(image_of(predicted), image_of(reference), **images).as_dict()
    assert figures["reasons"]["ssim"] == "no real CECT was given"


def test_empty_chambers_and_masks_give_reasons_instead_of_numbers(
    predicted: np.ndarray, reference: np.ndarray, images: dict[str, Any]
) -> None:
    nothing = image_of(np.zeros(SHAPE, np.uint8))
    figures = compare(nothing, image_of(reference)).as_dict()
    assert (figures["dice"], figures["dv_percent"]) == (0.0, 100.0)
    assert figures["reasons"]["hd95_mm"] == "the prediction is empty"
    figures = compare(image_of(predicted), nothing).as_dict()
    assert all(figures[key] is None and figures["reasons"][key] for key in CHAMBER_KEYS)
    figures = compare(nothing, nothing, images["synthetic_cect"], images["cect"], nothing).as_dict()
    assert all(figures["reasons"][key] == "the heart mask is empty" for key in IMAGE_KEYS)


def test_identical_images_have_no_psnr_but_no_error(
    predicted: np.ndarray, reference: np.ndarray, images: dict[str, Any]
) -> None:
    images["cect"] = images["synthetic_cect"]
    figures = compare(image_of(predicted), image_of(reference), **images).as_dict()
    assert figures["mae_hu"] == 0.0 and figures["nmi"] == pytest.approx(1.0)
    assert figures["psnr_db"] is None and "identical" in figures["reasons"]["psnr_db"]


def test_the_dictionary_is_strict_json(
    predicted: np.ndarray, reference: np.ndarray, images: dict[str, Any]
) -> None:
    figures = compare(image_of(predicted), image_of(reference), **images).as_dict()
    assert json.loads(json.dumps(figures, allow_nan=False)) == figures


def test_labels_other_than_la_and_lv_are_ignored(predicted: np.ndarray, reference: np.ndarray) -> None:
    expected = compare(image_of(predicted), image_of(reference)).as_dict()
    predicted[0, 0], reference[5, 19] = 3, 7
    assert compare(image_of(predicted), image_of(reference)).as_dict() == expected


@pytest.mark.parametrize("orientation", ["RAS", "PIR", "ASL", "LIP"])
def test_axial_slices_are_found_in_any_orientation(
    predicted: np.ndarray, reference: np.ndarray, images: dict[str, Any], orientation: str
) -> None:
    given = [image_of(predicted), image_of(reference), *images.values()]
    straight = compare(*given).as_dict()
    turned = compare(*[sitk.DICOMOrient(image, orientation) for image in given]).as_dict()
    for key in METRICS:
        assert turned[key] == pytest.approx(straight[key], abs=1e-5), key
    by_z = [{e["z_mm"]: e["dice"] for e in figures["dice_per_slice"]} for figures in (straight, turned)]
    assert by_z[0] == pytest.approx(by_z[1])


def test_images_of_different_grids_are_refused_by_name(predicted: np.ndarray, reference: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"reference has size .* but predicted has"):
        compare(image_of(predicted), image_of(reference[:, :-1]))
    moved = image_of(reference)
    moved.SetOrigin((10.0, -20.0, 301.5))
    with pytest.raises(ValueError, match=r"reference and predicted .* 1\.5 mm apart"):
        compare(image_of(predicted), moved)
    with pytest.raises(ValueError, match="heart mask has 2 dimensions"):
        compare(image_of(predicted), None, heart_mask=sitk.Image(4, 4, sitk.sitkUInt8))


def test_rounding_in_a_header_is_forgiven(predicted: np.ndarray, reference: np.ndarray) -> None:
    rounded = image_of(reference)
    rounded.SetOrigin((10.0000004, -20.0, 300.0))
    assert compare(image_of(predicted), rounded).patient.values["dice"] is not None


def test_nan_inside_the_heart_is_refused(
    predicted: np.ndarray, reference: np.ndarray, images: dict[str, Any]
) -> None:
    broken = sitk.GetArrayFromImage(images["cect"])
    broken[2, 5, 5] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        compare(image_of(predicted), image_of(reference), **{**images, "cect": image_of(broken)})
