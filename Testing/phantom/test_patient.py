from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk

from SyntheticCECTLib.phantom.anatomy import Anatomy
from SyntheticCECTLib.phantom.patient import Protocol, VirtualPatient, make_patient
from SyntheticCECTLib.phantom.tissues import CONTRAST_RANGE_HU, Tissue, at_kilovolt, native_hu
from SyntheticCECTLib.phantom.training_sample import draw_training_sample

SMALL: dict[str, Any] = dict(field_mm=230.0, matrix=96, slices=30, slice_mm=5.0, cect_slice_mm=4.0)


@pytest.fixture(scope="module")
def patient() -> VirtualPatient:
    shift, turn = np.array([5.0, -4.0, 9.0]), np.array([3.0, -2.0, 4.0])
    return make_patient(7, Protocol(**SMALL, shift_mm=shift, rotation_deg=turn, breath_mm=0.3))


def test_progress_rises_to_one_and_names_both_scans() -> None:
    seen: list[tuple[float, str]] = []
    make_patient(7, Protocol(**SMALL), on_progress=lambda fraction, message: seen.append((fraction, message)))
    fractions = [fraction for fraction, _ in seen]
    assert fractions == sorted(fractions) and fractions[-1] == 1.0 and len(set(fractions)) > 6
    assert {"drawing the CT", "drawing the CECT"} <= {message for _, message in seen}


def test_an_interrupted_drawing_begins_no_further_slab(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[int] = []
    paint = Anatomy.paint

    def counted(self: Anatomy, *rest: Any) -> Any:
        begun.append(1)
        return paint(self, *rest)

    def interrupt(fraction: float, message: str) -> None:
        if fraction > 0:
            raise KeyboardInterrupt

    monkeypatch.setattr(Anatomy, "paint", counted)
    ten_slabs: dict[str, Any] = SMALL | dict(slices=120)
    with pytest.raises(KeyboardInterrupt):
        make_patient(7, Protocol(**ten_slabs), on_progress=interrupt)
    assert len(begun) <= 4


def test_the_same_seed_gives_the_same_patient(patient: VirtualPatient) -> None:
    again = make_patient(7, Protocol(**SMALL))
    assert (
        sitk.GetArrayViewFromImage(again.native_ct) == sitk.GetArrayViewFromImage(patient.native_ct)
    ).all()
    other = make_patient(8, Protocol(**SMALL))
    assert (
        sitk.GetArrayViewFromImage(other.native_ct) != sitk.GetArrayViewFromImage(patient.native_ct)
    ).mean() > 0.5


def test_true_volumes_are_those_of_the_labels(patient: VirtualPatient) -> None:
    labels = sitk.GetArrayViewFromImage(patient.labels)
    voxel_ml = np.prod(patient.labels.GetSpacing()) / 1000
    assert patient.truth["volumes_ml"]["la"] == pytest.approx((labels == 1).sum() * voxel_ml)
    assert patient.truth["volumes_ml"]["lv"] == pytest.approx((labels == 2).sum() * voxel_ml)


def test_chambers_shine_in_the_cect_and_hide_in_the_native_ct(patient: VirtualPatient) -> None:
    cect = sitk.Resample(patient.cect, patient.native_ct, patient.cect_to_native, sitk.sitkLinear, -1024.0)
    labels = sitk.GetArrayFromImage(patient.labels)
    inner = sitk.GetArrayFromImage(sitk.BinaryErode(patient.labels > 0, [2, 2, 1])) > 0
    native, bright = sitk.GetArrayFromImage(patient.native_ct), sitk.GetArrayFromImage(cect)
    heart = sitk.GetArrayFromImage(patient.heart_mask) > 0
    assert inner.any() and np.median(bright[inner]) > 220
    around = heart & (labels == 0) & (native > 0)
    assert abs(np.median(native[inner]) - np.median(native[around])) < 20


def test_true_transform_aligns_the_pair_and_nothing_else_does(patient: VirtualPatient) -> None:
    inner = sitk.GetArrayFromImage(patient.labels) > 0

    def brightness(transform: sitk.Transform) -> float:
        moved = sitk.Resample(patient.cect, patient.native_ct, transform, sitk.sitkLinear, -1024.0)
        return float(sitk.GetArrayFromImage(moved)[inner].mean())

    assert brightness(patient.cect_to_native) > brightness(sitk.Transform()) + 20
    assert brightness(patient.cect_to_native) > brightness(patient.cect_to_native.GetInverse()) + 20


def test_training_sample_is_seeded_and_on_the_working_grids() -> None:
    sample = draw_training_sample(5)
    assert sample.thorax_native.shape == (72, 128, 128) and sample.heart_native.shape[1:] == (128, 128)
    assert sample.heart_native.shape == sample.heart_cect.shape == sample.heart_labels.shape
    assert set(np.unique(sample.thorax_labels)) == set(np.unique(sample.heart_labels)) == {0, 1, 2, 3}
    again = draw_training_sample(5)
    assert (again.heart_cect == sample.heart_cect).all() and (
        again.thorax_native == sample.thorax_native
    ).all()


def test_tissues_of_a_training_sample_may_spread_less_while_all_else_stays() -> None:
    wide, realistic = draw_training_sample(8), draw_training_sample(8, tissue_variety=1)
    assert (wide.heart_structures == realistic.heart_structures).all()
    tables = [native_hu(np.random.default_rng([8, 20]), variety) for variety in (2.0, 1.0)]
    apart = (tables[0] - tables[1])[Tissue.LV]
    within = wide.heart_labels == 3
    change = wide.heart_native[within].astype(float) - realistic.heart_native[within]
    assert abs(apart) > 3 and float(np.median(change)) == pytest.approx(apart, abs=0.6)


def test_even_contrasts_of_blood_against_muscle_fill_their_range_and_change_the_muscle_alone() -> None:
    usual, even = (
        np.array([native_hu(np.random.default_rng(seed), 2.0, evenly) for seed in range(600)])
        for evenly in (False, True)
    )
    muscle = [Tissue.MYOCARDIUM, Tissue.PAPILLARY, Tissue.WALL]
    np.testing.assert_array_equal(np.delete(usual, muscle, 1), np.delete(even, muscle, 1))
    contrast = even[:, Tissue.LV] - even[:, Tissue.MYOCARDIUM]
    counts, _ = np.histogram(contrast, 6, CONTRAST_RANGE_HU)
    assert counts.sum() == 600 and counts.min() > 70, "100 are expected in each sixth"
    assert (even[:, Tissue.WALL] <= even[:, Tissue.MYOCARDIUM]).all()


def test_noise_factor_doubles_the_noise_and_nothing_else() -> None:
    quiet, loud = (
        sitk.GetArrayFromImage(make_patient(4, Protocol(**SMALL, noise_factor=factor)).native_ct).astype(
            float
        )
        for factor in (1e-6, 2.0)
    )
    usual = sitk.GetArrayFromImage(make_patient(4, Protocol(**SMALL)).native_ct).astype(float)
    lung = (quiet < -500) & (quiet > -900)
    assert (loud - quiet)[lung].std() == pytest.approx(2 * (usual - quiet)[lung].std(), rel=0.05)


def test_lower_voltage_brightens_bone_and_darkens_fat() -> None:
    table = native_hu(np.random.default_rng(1), 1.0)
    low = at_kilovolt(table, 100)
    assert low[Tissue.BONE] > table[Tissue.BONE] and low[Tissue.FAT] == pytest.approx(table[Tissue.FAT] - 11)
    assert low[Tissue.LV] == table[Tissue.LV] and (at_kilovolt(table, 120) == table).sum() == len(table)
