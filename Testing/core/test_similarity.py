"""Image figures against values worked out by hand and against scikit-image."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from SyntheticCECTLib.core.metrics.no_value import NoValue
from SyntheticCECTLib.core.metrics.similarity import (
    entropies,
    mae_hu,
    nmi,
    nmi_skimage,
    psnr_db,
    ssim,
    ssim_map,
)


@pytest.fixture
def two_noisy_images() -> tuple[np.ndarray, np.ndarray]:
    """Two related images of 3 slices, in HU."""
    rng = np.random.default_rng(11)
    truth = 300 * (rng.random((3, 24, 30)) > 0.5) + rng.normal(0, 20, (3, 24, 30))
    return truth.astype(np.float32), (truth + rng.normal(0, 40, truth.shape)).astype(np.float32)


def test_nmi_of_identical_images_is_one_and_of_independent_ones_zero() -> None:
    x, y = np.repeat([0, 100, 200, 300], 4), np.tile([0, 100, 200, 300], 4)
    assert nmi(x, x) == pytest.approx(1.0)
    assert nmi_skimage(x, x) == pytest.approx(2.0)
    assert nmi(x, y) == pytest.approx(0.0, abs=1e-12)
    assert nmi_skimage(x, y) == pytest.approx(1.0)


def test_nmi_of_a_small_table_is_what_paper_and_pencil_give() -> None:
    # Joint table: (0,0) twice, (0,1) once, (1,1) once.
    x, y = np.array([0, 0, 0, 1]), np.array([0, 0, 1, 1])
    h_x = -(0.75 * np.log(0.75) + 0.25 * np.log(0.25))
    h_y = np.log(2)
    h_xy = -(0.5 * np.log(0.5) + 2 * 0.25 * np.log(0.25))
    assert entropies(x, y) == pytest.approx((h_x, h_y, h_xy))
    assert nmi(x, y) == pytest.approx(2 * (h_x + h_y - h_xy) / (h_x + h_y))
    assert nmi_skimage(x, y) == pytest.approx((h_x + h_y) / h_xy)


def test_nmi_does_not_change_when_grey_values_are_relabelled(
    two_noisy_images: tuple[np.ndarray, np.ndarray],
) -> None:
    x, y = two_noisy_images
    assert nmi(x, 1000 - 2 * y) == pytest.approx(nmi(x, y), rel=1e-3)


@pytest.mark.parametrize("bins", [16, 256])
def test_nmi_equals_what_scikit_image_computes(
    two_noisy_images: tuple[np.ndarray, np.ndarray], bins: int
) -> None:
    metrics = pytest.importorskip("skimage.metrics")
    x, y = two_noisy_images
    expected = metrics.normalized_mutual_information(x, y, bins=bins)
    assert nmi_skimage(x, y, bins) == pytest.approx(expected, abs=1e-4)
    # Both forms hold the same information: I = H(X) + H(Y) - H(X, Y).
    assert nmi(x, y, bins) == pytest.approx(2 * (1 - 1 / expected), abs=1e-4)


def test_psnr_of_a_constant_offset_is_what_the_formula_gives() -> None:
    x = np.zeros(1000)
    assert psnr_db(x, x + 4096 / 100, 4096) == pytest.approx(40.0)
    assert psnr_db(x, x + 20, 2000) == pytest.approx(40.0)


def test_psnr_shifts_with_its_data_range(two_noisy_images: tuple[np.ndarray, np.ndarray]) -> None:
    wide, narrow = (psnr_db(*two_noisy_images, data_range) for data_range in (4096.0, 2000.0))
    assert wide - narrow == pytest.approx(20 * np.log10(4096 / 2000))


def test_psnr_of_the_paper_means_16_hu_rms_at_12_bits() -> None:
    rms = 4096 / 10 ** (48.30 / 20)
    assert rms == pytest.approx(15.75, abs=0.01)
    assert psnr_db(np.zeros(10), np.full(10, rms)) == pytest.approx(48.30)


def test_psnr_equals_what_scikit_image_computes(two_noisy_images: tuple[np.ndarray, np.ndarray]) -> None:
    metrics = pytest.importorskip("skimage.metrics")
    x, y = two_noisy_images
    assert psnr_db(x, y) == pytest.approx(metrics.peak_signal_noise_ratio(x, y, data_range=4096), rel=1e-5)


@pytest.mark.parametrize("kind", [np.int16, np.float32, np.float64])
def test_integers_do_not_overflow(kind: type) -> None:
    x, y = np.full(4, -1024, dtype=kind), np.full(4, 32000, dtype=kind)
    assert mae_hu(x, y) == pytest.approx(33024)
    assert psnr_db(x, y) == pytest.approx(20 * np.log10(4096 / 33024))


def test_mae_is_the_mean_of_absolute_differences() -> None:
    assert mae_hu(np.array([0, 10, -10]), np.array([3, 4, -10])) == pytest.approx(3.0)


def test_psnr_of_identical_images_has_no_value() -> None:
    with pytest.raises(NoValue, match="infinite"):
        psnr_db(np.arange(5), np.arange(5))


@pytest.mark.parametrize("data_range", [0.0, -1.0, float("nan")])
def test_psnr_refuses_a_data_range_that_is_not_positive(data_range: float) -> None:
    with pytest.raises(ValueError, match="data range"):
        psnr_db(np.zeros(3), np.ones(3), data_range)


@pytest.mark.parametrize("measure", [nmi, nmi_skimage, psnr_db, mae_hu])
def test_bad_images_are_refused(measure) -> None:
    with pytest.raises(ValueError, match=r"\(3,\) and \(4,\)"):
        measure(np.zeros(3), np.zeros(4))
    with pytest.raises(ValueError, match="second image holds NaN"):
        measure(np.arange(3), np.array([1, np.nan, 3]))
    with pytest.raises(NoValue, match="mask is empty"):
        measure(np.zeros(0), np.zeros(0))


def test_a_constant_image_has_no_nmi() -> None:
    with pytest.raises(NoValue, match="constant"):
        nmi(np.arange(9), np.full(9, 40))


def test_ssim_in_the_middle_of_a_slice_is_the_formula_of_wang_2004(
    two_noisy_images: tuple[np.ndarray, np.ndarray],
) -> None:
    pytest.importorskip("skimage.metrics")
    x, y = two_noisy_images
    mask = np.zeros(x.shape, bool)
    mask[1, 12, 14] = True
    a, b = (image[1, 9:16, 11:18].astype(float).ravel() for image in (x, y))
    c1, c2 = (0.01 * 4096) ** 2, (0.03 * 4096) ** 2
    covariance = np.cov(a, b, ddof=1)
    expected = ((2 * a.mean() * b.mean() + c1) * (2 * covariance[0, 1] + c2)) / (
        (a.mean() ** 2 + b.mean() ** 2 + c1) * (covariance[0, 0] + covariance[1, 1] + c2)
    )
    assert ssim(x, y, mask) == pytest.approx(expected, abs=1e-4)


def test_ssim_is_one_for_identical_images_and_blank_outside_the_mask(
    two_noisy_images: tuple[np.ndarray, np.ndarray],
) -> None:
    pytest.importorskip("skimage.metrics")
    x, y = two_noisy_images
    mask = np.zeros(x.shape, bool)
    mask[1:, 8:20, 5:25] = True
    assert ssim(x, x, mask) == pytest.approx(1.0)
    values = ssim_map(x, y, mask)
    assert np.isfinite(values[mask]).all() and np.isnan(values[~mask]).all()


def test_ssim_does_not_depend_on_what_lies_far_from_the_mask(
    two_noisy_images: tuple[np.ndarray, np.ndarray],
) -> None:
    pytest.importorskip("skimage.metrics")
    x, y = two_noisy_images
    mask = np.zeros(x.shape, bool)
    mask[1, 4:8, 4:8] = True
    elsewhere = y.copy()
    elsewhere[0], elsewhere[1, 14:] = 9999, 9999
    assert ssim(x, elsewhere, mask) == pytest.approx(ssim(x, y, mask), abs=1e-6)


def test_without_scikit_image_ssim_has_no_value_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "skimage.metrics", None)
    with pytest.raises(NoValue, match="scikit-image is not installed"):
        ssim_map(np.zeros((1, 9, 9)), np.zeros((1, 9, 9)), np.ones((1, 9, 9), bool))


def test_ssim_refuses_what_it_cannot_window() -> None:
    pytest.importorskip("skimage.metrics")
    image = np.zeros((2, 9, 9))
    with pytest.raises(NoValue, match="mask is empty"):
        ssim_map(image, image, np.zeros(image.shape, bool))
    with pytest.raises(NoValue, match="smaller than"):
        ssim_map(image[:, :5], image[:, :5], np.ones((2, 5, 9), bool))
    with pytest.raises(ValueError, match="NaN"):
        ssim_map(image, np.full(image.shape, np.nan), np.ones(image.shape, bool))
    with pytest.raises(ValueError, match="shapes differ"):
        ssim_map(image, image, np.ones((9, 9), bool))
