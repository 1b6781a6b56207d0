"""A known movement is found again; what cannot be one patient is not believed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from numpy.typing import NDArray

from SyntheticCECTLib.core.alignment.mutual_information import MutualInformation, Rigid
from SyntheticCECTLib.core.alignment.registration import Registration, register, reslice
from SyntheticCECTLib.core.alignment.registration_quality import Limits, judge
from SyntheticCECTLib.core.alignment.working_copy import working_copy
from SyntheticCECTLib.core.errors import Cancelled, InputRefused

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "lidc_0001_cta"

# Ellipsoids of a schematic thorax: centre and half axes in mm (LPS), HU without and with contrast. Later
# ones lie on top.
_ORGANS = (
    ((0, 0, 0), (170, 110, 400), 30, 45),
    ((0, 0, 0), (150, 92, 400), -90, -85),
    ((0, 0, 0), (145, 88, 400), 45, 60),
    ((-75, -5, 10), (55, 70, 90), -850, -850),
    ((80, 0, 15), (48, 68, 95), -850, -850),
    ((0, 75, 0), (22, 20, 400), 250, 260),
    ((15, -15, -20), (52, 42, 50), 40, 120),
    ((28, -22, -28), (24, 22, 32), 42, 380),
    ((10, 15, 0), (26, 18, 20), 42, 350),
    ((25, 40, 0), (12, 12, 400), 42, 360),
    ((-55, 5, -95), (70, 60, 45), 60, 80),
)


def _thorax(points: NDArray[np.float64], contrast: bool) -> NDArray[np.float64]:
    hu = np.full(points.shape[:-1], -1000.0)
    for centre, half_axes, native, enhanced in _ORGANS:
        # A soft border of about 2 mm, as blur makes it.
        depth = (1 - np.linalg.norm((points - np.array(centre)) / half_axes, axis=-1)) * min(half_axes)
        share = np.clip(depth / 2 + 0.5, 0, 1)
        hu += share * ((enhanced if contrast else native) - hu)
    return hu


def _scan(
    contrast: bool,
    movement: sitk.Transform,
    size: tuple[int, int, int] = (120, 90, 44),
    spacing: tuple[float, float, float] = (3.0, 3.0, 5.0),
    seed: int = 0,
) -> sitk.Image:
    """The thorax after ``movement``, sampled where the voxels are: no interpolation."""
    grid = sitk.Image(size, sitk.sitkFloat32)
    grid.SetSpacing(spacing)
    grid.SetOrigin([-(n - 1) * s / 2 + 3.0 for n, s in zip(size, spacing, strict=True)])
    k, j, i = np.indices(size[::-1])
    points = np.stack([i, j, k], axis=-1) * np.array(spacing) + np.array(grid.GetOrigin())
    back = sitk.Euler3DTransform(movement.GetInverse())
    matrix, centre = np.array(back.GetMatrix()).reshape(3, 3), np.array(back.GetCenter())
    points = (points - centre) @ matrix.T + centre + np.array(back.GetTranslation())
    hu = _thorax(points, contrast) + np.random.default_rng(seed).normal(0, 12, size[::-1])
    image = sitk.GetImageFromArray(hu.astype(np.float32))
    image.CopyInformation(grid)
    return image


def _movement(shift_mm: tuple[float, ...], angles_deg: tuple[float, ...]) -> sitk.Euler3DTransform:
    transform = sitk.Euler3DTransform()
    transform.SetRotation(*np.deg2rad(angles_deg).tolist())
    transform.SetTranslation(shift_mm)
    return transform


def _error_mm(found: sitk.Transform, truth: sitk.Transform, points: list[tuple[float, ...]]) -> float:
    return max(
        float(np.linalg.norm(np.subtract(found.TransformPoint(p), truth.TransformPoint(p)))) for p in points
    )


HEART_POINTS = [(15.0 + x, -15.0 + y, -20.0 + z) for x in (-40, 40) for y in (-30, 30) for z in (-40, 40)]
STILL = _movement((0, 0, 0), (0, 0, 0))


@pytest.fixture(scope="module")
def native_ct() -> sitk.Image:
    return _scan(contrast=False, movement=STILL, seed=1)


@pytest.fixture(scope="module")
def cect() -> sitk.Image:
    return _scan(contrast=True, movement=_movement((12, -9, 18), (4, -5, 7)), seed=2)


@pytest.fixture(scope="module")
def registration(cect: sitk.Image, native_ct: sitk.Image) -> Registration:
    return register(cect, native_ct)


@pytest.mark.parametrize(
    ("shift_mm", "angles_deg"),
    [((12, -9, 18), (4, -5, 7)), ((-20, 20, -20), (-8, 8, -8)), ((0, 0, 0), (0, 0, 0))],
)
def test_a_known_movement_is_found(
    native_ct: sitk.Image, shift_mm: tuple[float, ...], angles_deg: tuple[float, ...]
) -> None:
    truth = _movement(shift_mm, angles_deg)
    found = register(_scan(contrast=True, movement=truth, seed=3), native_ct)
    assert found.plausible, found.reasons
    assert _error_mm(found.cect_to_native, truth, HEART_POINTS) < 0.5


@pytest.mark.parametrize(
    ("size", "spacing"),
    [((60, 56, 40), (3.0, 3.0, 4.0)), ((100, 75, 26), (3.6, 3.6, 8.0)), ((120, 90, 90), (3.0, 3.0, 1.5))],
    ids=["narrow field", "thick slices", "short and thin slices"],
)
def test_field_of_view_and_slice_thickness_may_differ(
    native_ct: sitk.Image, size: tuple[int, int, int], spacing: tuple[float, float, float]
) -> None:
    truth = _movement((8, 10, -15), (-3, 2, 6))
    found = register(_scan(True, truth, size, spacing, seed=4), native_ct)
    assert found.plausible, found.reasons
    assert _error_mm(found.cect_to_native, truth, HEART_POINTS) < 1.0


@pytest.mark.parametrize("shift_mm", [(14.0, -6.0, 12.0), (-10.0, 8.0, -14.0)])
def test_lungs_that_two_small_fields_cut_count_as_lungs(shift_mm: tuple[float, ...]) -> None:
    truth = _movement(shift_mm, (3, -2, 4))
    native, cect = (
        _scan(contrast, movement, (60, 60, 40), (3.0, 3.0, 4.0), seed=6)
        for contrast, movement in ((False, STILL), (True, truth))
    )
    native[0:2, 28:32, 10:30] = -995.0  # a bulla at the field's edge is as dark as the air outside
    copy = working_copy(native, "CT")
    lungs = sitk.GetArrayFromImage(copy.lungs) > 0
    dark = sitk.GetArrayFromImage(copy.image) < -700
    assert lungs[dark].mean() > 0.98 and dark[:, 20, 0].any()
    found = register(cect, native)
    assert found.plausible, found.reasons
    assert found.quality["lung_dice"] is not None and found.quality["lung_dice"] > 0.9


def test_padding_outside_the_scanners_circle_does_no_harm(native_ct: sitk.Image) -> None:
    truth = _movement((8, 10, -15), (-3, 2, 6))
    cect = _scan(contrast=True, movement=truth, seed=5)
    hu = sitk.GetArrayFromImage(cect)
    _, j, i = np.indices(hu.shape)
    hu[np.hypot(j - 44.5, i - 59.5) > 50] = -2048
    padded = sitk.GetImageFromArray(hu)
    padded.CopyInformation(cect)
    found = register(padded, native_ct)
    assert _error_mm(found.cect_to_native, truth, HEART_POINTS) < 0.7
    assert sitk.GetArrayFromImage(reslice(padded, native_ct, found)).min() >= -1024


def test_the_transform_carries_native_points_into_the_cect(
    cect: sitk.Image, native_ct: sitk.Image, registration: Registration
) -> None:
    moved = sitk.Resample(cect, native_ct, registration.cect_to_native, sitk.sitkLinear, -1024.0)
    expected = _scan(contrast=True, movement=STILL)
    inside = sitk.GetArrayViewFromImage(moved) > -1023
    difference = sitk.GetArrayFromImage(moved) - sitk.GetArrayFromImage(expected)
    assert np.abs(difference[inside]).mean() < 25  # noise of both is 12 HU


def test_quality_tells_how_far_and_how_well(registration: Registration) -> None:
    quality = {name: value for name, value in registration.quality.items() if value is not None}
    assert quality["mutual_information_after"] > 2 * quality["mutual_information_before"]
    assert quality["rotation_deg"] == pytest.approx(np.sqrt(4**2 + 5**2 + 7**2), abs=0.5)
    assert 0.25 < quality["normalized_mutual_information"] <= 1
    assert quality["body_dice"] > 0.97 and quality["lung_dice"] > 0.95
    assert 0.5 < quality["overlap"] <= 1


def test_the_same_input_gives_the_same_transform(
    cect: sitk.Image, native_ct: sitk.Image, registration: Registration
) -> None:
    again = register(cect, native_ct)
    assert again.cect_to_native.GetParameters() == registration.cect_to_native.GetParameters()


def test_a_heart_mask_makes_the_heart_fit_when_the_ribs_do_not(native_ct: sitk.Image) -> None:
    """The chest wall stays; the heart and what is near it has gone down with the diaphragm."""
    truth = _movement((0, 0, 6), (0, 0, 0))
    still, moved = _scan(True, STILL, seed=6), _scan(True, truth, seed=6)
    where = np.indices(sitk.GetArrayFromImage(still).shape)
    near = np.hypot((where[2] - 64.5) * 3 / 80, (where[1] - 39.5) * 3 / 70) < 1
    cect = sitk.GetImageFromArray(
        np.where(near, sitk.GetArrayFromImage(moved), sitk.GetArrayFromImage(still))
    )
    cect.CopyInformation(still)
    heart = sitk.GetImageFromArray((near & (np.abs(where[0] - 17.5) < 10)).astype(np.uint8))
    heart.CopyInformation(native_ct)
    plain = _error_mm(register(cect, native_ct).cect_to_native, truth, HEART_POINTS)
    focused = _error_mm(register(cect, native_ct, heart_mask=heart).cect_to_native, truth, HEART_POINTS)
    assert focused < 2.0 and focused < plain


def test_an_empty_heart_mask_changes_nothing(
    cect: sitk.Image, native_ct: sitk.Image, registration: Registration
) -> None:
    empty = sitk.Image(native_ct.GetSize(), sitk.sitkUInt8)
    empty.CopyInformation(native_ct)
    found = register(cect, native_ct, heart_mask=empty)
    assert found.cect_to_native.GetParameters() == registration.cect_to_native.GetParameters()


def test_another_body_is_not_plausible(native_ct: sitk.Image) -> None:
    shape = sitk.GetArrayViewFromImage(native_ct).shape
    noise = sitk.GetImageFromArray(np.random.default_rng(0).normal(0, 200, shape).astype(np.float32))
    noise.CopyInformation(native_ct)
    found = register(noise, native_ct)
    assert not found.plausible
    assert any("explains" in reason for reason in found.reasons)


def test_a_turn_that_no_patient_makes_is_not_plausible(native_ct: sitk.Image) -> None:
    found = register(_scan(True, _movement((0, 0, 0), (0, 0, 24)), seed=7), native_ct)
    assert not found.plausible
    assert any("turned by 24 degrees" in reason for reason in found.reasons)


@pytest.mark.parametrize(
    ("information", "lung_dice", "refused"),
    [(0.16, 0.78, True), (0.52, 0.78, False), (0.16, 0.95, False), (0.16, None, False)],
)
def test_lungs_do_not_count_where_one_scan_tells_half_of_the_other(
    registration: Registration, information: float, lung_dice: float | None, refused: bool
) -> None:
    quality = registration.quality | {
        "normalized_mutual_information": information, "lung_dice": lung_dice,
    }  # fmt: skip
    reasons = judge(quality, Limits())
    assert len(reasons) == refused and all("lungs is 0.78" in reason for reason in reasons)


def test_scans_that_lie_apart_are_refused(cect: sitk.Image, native_ct: sitk.Image) -> None:
    elsewhere = sitk.Image(cect)
    elsewhere.SetOrigin((900.0, 0.0, 2000.0))
    with pytest.raises(InputRefused, match="do not overlap") as refusal:
        register(elsewhere, native_ct)
    assert refusal.value.code == "registration_no_overlap"


@pytest.mark.parametrize("hu", [-1024.0, -2048.0, 0.0, 300.0])
def test_a_flat_image_is_refused_whichever_it_is(native_ct: sitk.Image, hu: float) -> None:
    flat = sitk.Image(native_ct.GetSize(), sitk.sitkFloat32) + hu
    flat.CopyInformation(native_ct)
    for cect, native, name in ((flat, native_ct, "CECT"), (native_ct, flat, "native CT")):
        with pytest.raises(InputRefused, match=name) as refusal:
            register(cect, native)
        assert refusal.value.code == "registration_flat"


def test_progress_rises_and_raising_from_it_cancels(cect: sitk.Image, native_ct: sitk.Image) -> None:
    fractions: list[float] = []
    register(cect, native_ct, on_progress=lambda fraction, _: fractions.append(fraction))
    assert fractions == sorted(fractions) and fractions[0] == 0.0 and fractions[-1] == 1.0

    def stop(fraction: float, message: str) -> None:
        if fraction > 0.6:
            raise Cancelled(message)

    with pytest.raises(Cancelled):
        register(cect, native_ct, on_progress=stop)


def test_reslicing_averages_thin_slices_into_thick_ones() -> None:
    thin = np.zeros((60, 4, 4), np.float32)
    thin[30] = 600.0
    cect = sitk.GetImageFromArray(thin)
    native = sitk.Image(4, 4, 10, sitk.sitkFloat32)
    native.SetSpacing((1.0, 1.0, 6.0))
    kept = Registration(STILL, {}, True, ())
    profile = sitk.GetArrayFromImage(reslice(cect, native, kept))[:, 1, 1]
    # A 1 mm sheet of 600 HU within 6 mm is 100 HU; a sample at its centre would say 600.
    assert 70 < profile[5] < 200
    assert profile.sum() == pytest.approx(100, rel=0.5)


def test_reslicing_keeps_a_grid_that_is_not_coarser_as_it_is(cect: sitk.Image) -> None:
    kept = Registration(STILL, {}, True, ())
    np.testing.assert_allclose(
        sitk.GetArrayFromImage(reslice(cect, cect, kept)),
        np.maximum(sitk.GetArrayFromImage(cect), -1024),
        atol=0.01,
    )


def test_reslicing_outside_the_cect_gives_air_on_the_native_grid(native_ct: sitk.Image) -> None:
    short = _scan(True, STILL, size=(120, 90, 10))
    result = reslice(short, native_ct, Registration(STILL, {}, True, ()))
    assert result.GetSize() == native_ct.GetSize() and result.GetOrigin() == native_ct.GetOrigin()
    assert (sitk.GetArrayViewFromImage(result)[0] == -1024).all()
    assert result.GetPixelID() == sitk.sitkFloat32


def test_gradient_of_mutual_information_agrees_with_finite_differences(
    cect: sitk.Image, native_ct: sitk.Image
) -> None:
    random = np.random.default_rng(0)
    points = random.uniform((-120, -80, -70), (120, 80, 70), (5000, 3))
    values = np.clip(_thorax(points, False) / 2000 + 0.5, 0, 1)
    information = MutualInformation(points, values, cect)
    movement = Rigid(np.array([3.0, 4.0, 5.0]), np.array([9.0, -6.0, 12.0, 5.0, -3.0, 8.0]))
    value, gradient = information.with_gradient(movement)
    assert value == pytest.approx(information(movement)[0])
    for number, step in enumerate(np.eye(6) * 1e-3):
        ahead, _ = information(movement.moved(movement.parameters + step))
        behind, _ = information(movement.moved(movement.parameters - step))
        assert gradient[number] == pytest.approx((ahead - behind) / 2e-3, abs=2e-4)


def test_mutual_information_of_an_image_with_itself_is_largest_at_rest(native_ct: sitk.Image) -> None:
    points = np.random.default_rng(0).uniform((-120, -80, -70), (120, 80, 70), (5000, 3))
    values = np.clip((_thorax(points, False) + 1024) / 2000, 0, 1)
    information = MutualInformation(points, values, native_ct)
    at_rest = Rigid(np.zeros(3), np.zeros(6))
    assert information(at_rest)[0] > 1.2 * information(at_rest.moved(np.array([0, 0, 0, 5.0, 0, 0])))[0]
    assert information(at_rest)[0] <= information.entropy(at_rest)


@pytest.mark.skipif(not DATA.exists(), reason="no real scans here (../shared/data/lidc_0001_cta)")
@pytest.mark.parametrize("seed", [11, 12])
def test_real_scan_moved_by_a_known_amount_is_found_within_half_a_millimetre(seed: int) -> None:
    random = np.random.default_rng(seed)
    cect = sitk.ReadImage(str(DATA / "ct.nrrd"), sitk.sitkFloat32)
    native_ct = sitk.ReadImage(str(DATA / "reference" / "virtual_native.nrrd"), sitk.sitkFloat32)
    heart = sitk.ReadImage(str(DATA / "reference" / "heart_mask.nrrd"))
    index_kji = np.argwhere(sitk.GetArrayViewFromImage(heart) > 0)[::2000]
    points = [heart.TransformIndexToPhysicalPoint(p[::-1].tolist()) for p in index_kji]
    truth = _movement(tuple(random.uniform(-20, 20, 3)), tuple(random.uniform(-8, 8, 3)))
    truth.SetCenter(np.mean(points, axis=0).tolist())
    # A grid of its own: another slice thickness, field and position.
    grid = sitk.Image(380, 380, 140, sitk.sitkFloat32)
    grid.SetSpacing((0.9, 0.9, 1.5))
    middle = np.array(cect.TransformContinuousIndexToPhysicalPoint([(n - 1) / 2 for n in cect.GetSize()]))
    grid.SetOrigin((middle - np.array(grid.GetSpacing()) * (np.array(grid.GetSize()) - 1) / 2 + 4.0).tolist())
    moved = sitk.Resample(cect, grid, truth.GetInverse(), sitk.sitkLinear, -2048.0)
    found = register(moved, native_ct)
    assert found.plausible, found.reasons
    assert _error_mm(found.cect_to_native, truth, points) < 0.5
