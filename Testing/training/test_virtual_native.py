"""Contrast taken out: on blocks with known truth, and on a real CTA beside its careful reference."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from scipy import ndimage

from SyntheticCECTLib.core.errors import InputRefused
from training.virtual_native import tone, virtual_native

REAL = Path(__file__).parents[3] / "shared" / "data" / "lidc_0001_cta"
SPACING = (0.8, 0.8, 2.5)


def grown(mask: np.ndarray, structure: np.ndarray | None = None, iterations: int = 1) -> np.ndarray:
    return np.asarray(ndimage.binary_dilation(mask, structure, iterations), bool)


def shrunk(mask: np.ndarray, structure: np.ndarray | None = None, iterations: int = 1) -> np.ndarray:
    return np.asarray(ndimage.binary_erosion(mask, structure, iterations), bool)


def image_of(array: np.ndarray) -> sitk.Image:
    image = sitk.GetImageFromArray(array)
    image.SetSpacing(SPACING)
    return image


@pytest.fixture(scope="module")
def chest() -> dict[str, np.ndarray]:
    """Two blood pools in muscle and fat, an aorta with calcium in its wall, a vertebra; the same without contrast."""
    shape = (14, 120, 120)
    _, j, i = np.indices(shape)

    def disc(y: int, x: int, r: int) -> np.ndarray:
        return (j - y) ** 2 + (i - x) ** 2 < r * r

    native, cect = np.full(shape, -90.0), np.full(shape, -90.0)
    muscle, la, lv, aorta = disc(50, 55, 38), disc(60, 42, 12), disc(42, 66, 14), disc(98, 40, 9)
    other = disc(33, 42, 7)  # enhanced, and nobody labelled it
    for region, without, enhanced in (
        (muscle, 46, 115),
        (la, 40, 380),
        (lv, 40, 400),
        (other, 40, 350),
        (aorta, 40, 390),
    ):
        native[region], cect[region] = without, enhanced
    spine = disc(100, 75, 14)
    bone = np.random.default_rng(1).normal(280, 130, shape)
    native[spine] = cect[spine] = bone[spine]
    blurred = [ndimage.gaussian_filter(a, (0, 0.9, 0.9)) for a in (native, cect)]
    calcium = disc(98, 48, 3) & (np.abs(np.arange(14) - 7) < 3)[:, None, None]
    for a in blurred:
        a[calcium] = 900
    noise = ndimage.gaussian_filter(np.random.default_rng(2).normal(0, 1, shape), (0, 0.5, 0.5))
    noise *= 15 / noise.std()
    native, cect = (np.rint(a + noise).astype(np.int16) for a in blurred)
    return {"native": native, "cect": cect, "la": la, "lv": lv, "muscle": muscle & ~(la | lv | other), "other": other,
            "aorta": aorta & ~grown(calcium, iterations=3), "spine": disc(100, 75, 11),
            "calcium": calcium}  # fmt: skip


@pytest.fixture(scope="module")
def made(chest: dict[str, np.ndarray]) -> np.ndarray:
    labels = (chest["la"] | chest["lv"]).astype(np.uint8)
    return sitk.GetArrayFromImage(virtual_native(image_of(chest["cect"]), image_of(labels)).image).astype(
        float
    )


@pytest.mark.parametrize("tissue", ["la", "lv", "other", "aorta", "muscle"])
def test_tissue_measures_what_it_does_without_contrast(
    chest: dict[str, np.ndarray], made: np.ndarray, tissue: str
) -> None:
    mask = chest[tissue]
    assert made[mask].mean() == pytest.approx(chest["native"][mask].mean(), abs=6)


def test_noise_stays_as_strong_as_it_was(chest: dict[str, np.ndarray], made: np.ndarray) -> None:
    inner = shrunk(chest["lv"], np.ones((1, 3, 3)), iterations=4)
    assert made[inner].std() == pytest.approx(chest["native"][inner].std(), rel=0.2)
    assert np.corrcoef(made[inner], chest["native"][inner])[0, 1] > 0.7, "it is the scan's own noise"


def test_bone_and_calcium_in_a_wall_stay(chest: dict[str, np.ndarray], made: np.ndarray) -> None:
    assert np.abs(made - chest["cect"])[chest["spine"]].mean() < 10
    assert made[chest["calcium"]].mean() > 500


def test_swirl_of_dense_contrast_is_not_taken_for_calcium(chest: dict[str, np.ndarray]) -> None:
    """In the right heart contrast meets blood without any, which is as dark as a wall."""
    k, j, i = np.indices(chest["cect"].shape)
    across = np.hypot(j - 33, i - 42)
    swirl = 350 + 700 * np.exp(-(((k - 7) / 2.0) ** 2)) / (1 + (across / 4.0) ** 2)
    pool = across < 11
    cect = np.where(pool, np.where(i > 44, 60, swirl), chest["cect"]).astype(np.int16)
    labels = image_of((chest["la"] | chest["lv"]).astype(np.uint8))
    made = sitk.GetArrayFromImage(virtual_native(image_of(cect), labels).image)
    assert cect[pool].max() > 1000 and made[pool].max() < 150
    assert made[chest["calcium"]].mean() > 500, "calcium in the wall of the aorta stays"


def test_border_between_blood_and_fat_has_no_bright_rim(
    chest: dict[str, np.ndarray], made: np.ndarray
) -> None:
    around = grown(chest["aorta"], np.ones((1, 3, 3)), iterations=3) & ~chest["calcium"]
    rim = around & ~shrunk(chest["aorta"], np.ones((1, 3, 3)), iterations=2)
    rim &= ~grown(chest["calcium"], iterations=4)
    assert abs((made - chest["native"])[rim].mean()) < 12
    assert np.percentile(made[rim], 99) < 110


def test_what_is_far_from_blood_is_untouched(chest: dict[str, np.ndarray], made: np.ndarray) -> None:
    far = (slice(None), slice(108, None), slice(0, 22))  # 28 mm from the labels, 9 mm from the aorta
    assert np.array_equal(made[far], chest["cect"][far])


def test_curve_is_smooth_and_brings_all_blood_to_one_value() -> None:
    hu = np.arange(-1000, 900, 1.0)
    curve = tone(hu, 380.0)
    assert np.array_equal(curve[hu <= 20], hu[hu <= 20])
    assert np.abs(np.diff(curve)).max() <= 1.001 and np.allclose(curve[hu > 300], 40)


def test_image_without_contrast_and_other_grids_are_refused(chest: dict[str, np.ndarray]) -> None:
    labels = image_of(chest["la"].astype(np.uint8))
    with pytest.raises(InputRefused, match="contrast needs") as refusal:
        virtual_native(image_of(chest["native"]), labels)
    assert refusal.value.code == "no_contrast"
    with pytest.raises(InputRefused, match="size"):
        virtual_native(image_of(chest["cect"][:5]), labels)
    with pytest.raises(InputRefused, match="No blood"):
        virtual_native(image_of(chest["cect"]), labels * 0)


@pytest.mark.skipif(not (REAL / "reference").is_dir(), reason="needs ../shared/data/lidc_0001_cta/reference")
def test_real_cta_comes_close_to_its_reference() -> None:
    cect, labels, heart, reference = (
        sitk.ReadImage(str(REAL / name))
        for name in (
            "ct.nrrd",
            "reference/labels.nrrd",
            "reference/heart_mask.nrrd",
            "reference/virtual_native.nrrd",
        )
    )
    labelled = sitk.GetArrayFromImage(labels)
    inside = sitk.GetArrayFromImage(heart) > 0
    k, j, i = ndimage.find_objects(inside.astype(np.uint8))[0]
    # The heart with 30 mm around, so that the test takes seconds.
    j, i = (slice(max(0, part.start - 42), part.stop + 42) for part in (j, i))
    box = [image[i, j, k] for image in (cect, labels, heart, reference)]
    blood = sitk.Cast((box[1] == 1) | (box[1] == 2), sitk.sitkUInt8)
    result = virtual_native(box[0], blood, box[2])
    made, wanted = (sitk.GetArrayFromImage(image).astype(np.float32) for image in (result.image, box[3]))
    labelled, inside = labelled[k, j, i], inside[k, j, i]
    for chamber in (1, 2):
        mask = labelled == chamber
        assert made[mask].mean() == pytest.approx(wanted[mask].mean(), abs=5)
        core = shrunk(mask, iterations=2)
        assert made[core].std() == pytest.approx(wanted[core].std(), rel=0.35)
    assert made[labelled == 3].mean() == pytest.approx(wanted[labelled == 3].mean(), abs=9)
    before = np.abs(sitk.GetArrayFromImage(box[0]) - wanted)[inside].mean()
    assert np.abs(made - wanted)[inside].mean() < 0.1 * before, (
        "27 of 269 HU; two different noises alone make 19"
    )
