"""Size of the chambers and intervals of volumes, learned from errors on virtual patients."""

from __future__ import annotations

import argparse
import math

import numpy as np
import pytest

from SyntheticCECTLib.core.errors import InputRefused
from SyntheticCECTLib.core.networks.contrast_model import Contrast
from SyntheticCECTLib.phantom.training_sample import TrainingSample
from training.calibrate import LEVELS, MeasuredChamber, MeasuredPatient, level_of, measure, quantiles_of, run

SHAPE = (2, 4, 4)
HALF = int(np.abs(LEVELS - 0.5).argmin())


class FakeModel:
    """Finds an atrium of 8 voxels with 0.7 and a ventricle of 16 with 1, one of which stays dark."""

    def run(self, slices_kji: np.ndarray) -> Contrast:
        synthetic = np.full(SHAPE, 400, np.float32)
        synthetic[1, 3, 3] = 100
        atrium, ventricle = np.zeros(SHAPE, np.float32), np.zeros(SHAPE, np.float32)
        atrium[0, :2], ventricle[1] = 0.7, 1.0
        structures = {"heart": np.ones(SHAPE, np.float32), "left atrium": atrium, "left ventricle": ventricle}
        return Contrast(synthetic, None, structures)


def sample_of(labels: np.ndarray) -> TrainingSample:
    empty = np.zeros(SHAPE, np.int16)
    return TrainingSample(empty, labels, empty, empty, labels, labels * 0)


def measured(labels: np.ndarray) -> MeasuredPatient:
    return measure(sample_of(labels), FakeModel(), 200)  # pyright: ignore[reportArgumentType]


def patient(la: float, lv: float, softness: float = 0.1) -> MeasuredPatient:
    """Whose measured volumes fall in proportion to 1 - level, and are off by these logarithms at a level of 0.5."""
    course = 100_000 * (1 - LEVELS) / 0.5
    return MeasuredPatient(
        {
            key: MeasuredChamber(100_000, (course * math.exp(-error)).astype(int), softness)
            for key, error in (("la", la), ("lv", lv))
        }
    )


def test_chambers_are_measured_at_every_level() -> None:
    labels = np.zeros(SHAPE, np.uint8)
    labels[0], labels[1, :3] = 2, 3
    found = measured(labels).chambers
    assert (found["la"].true, found["lv"].true) == (16, 12)
    assert found["la"].measured.tolist() == np.where(LEVELS < 0.7, 8, 0).tolist()
    assert found["lv"].measured.tolist() == [15] * len(LEVELS)
    assert found["la"].softness == pytest.approx(0.3) and found["lv"].softness == pytest.approx(0.01)
    assert found["la"].log_errors()[HALF] == pytest.approx(math.log(16 / 8))
    assert found["lv"].log_errors()[HALF] == pytest.approx(math.log(12 / 15))


def test_level_sets_the_middle_patient_right() -> None:
    # The middle one is measured e^0.2 times too large at 0.5: right at 1 - 0.5 e^-0.2 = 0.591.
    patients = [patient(error, error) for error in (-0.5, -0.2, 0.3)]
    assert level_of(patients) == pytest.approx(1 - 0.5 * math.exp(-0.2), abs=0.0026)


def test_level_does_not_need_voxels_at_every_probability() -> None:
    lowest = MeasuredChamber(100, np.where(LEVELS < 0.6, 120 - 100 * (LEVELS - 0.3), 0).astype(int), 0.1)
    assert level_of([MeasuredPatient({"la": lowest, "lv": lowest})] * 3) == pytest.approx(0.5, abs=0.006)


@pytest.mark.parametrize(("error", "end"), [(-2.0, "0.80"), (2.0, "0.30")])
def test_level_at_an_end_is_no_level(error: float, end: str) -> None:
    with pytest.raises(InputRefused, match=f"At a probability of {end} the chambers are still"):
        level_of([patient(error, error)] * 3)


def test_level_needs_a_patient_with_chambers() -> None:
    nothing = MeasuredChamber(10, np.zeros(len(LEVELS)), 0.1)
    with pytest.raises(InputRefused, match="no chambers in any of 3 patients"):
        level_of([MeasuredPatient({"la": nothing, "lv": nothing})] * 3)


def test_chamber_that_is_not_there_counts_in_no_interval() -> None:
    labels = np.full(SHAPE, 3, np.uint8)
    with pytest.raises(InputRefused, match="0 patients"):
        quantiles_of([measured(labels)] * 50, 0.5)


def test_model_without_chambers_is_refused() -> None:
    with pytest.raises(InputRefused, match="no chambers") as refusal:
        run(argparse.Namespace(model="santini2018"))
    assert "leftheart" in refusal.value.remedy


def test_quantiles_cover_95_of_100_errors() -> None:
    found = quantiles_of([patient(n * 0.01, -n * 0.02) for n in range(1, 101)], 0.5)
    assert found["la"] == pytest.approx([0.2, 9.9], abs=1e-3)
    assert found["lv"] == pytest.approx([-19.8, -0.4], abs=1e-3)


def test_quantiles_are_those_of_the_level() -> None:
    found = quantiles_of([patient(0.01, 0.01)] * 50, 0.75)  # volumes half of those at 0.5
    assert found["la"] == pytest.approx([10 * (0.01 + math.log(2))] * 2, abs=1e-3)


@pytest.mark.parametrize("patients", [[], [patient(0.1, 0.1)] * 30])
def test_too_few_patients_are_refused(patients: list[MeasuredPatient]) -> None:
    with pytest.raises(InputRefused, match="--patients"):
        quantiles_of(patients, 0.5)
