"""Intervals of volumes learned from errors on virtual patients."""

from __future__ import annotations

import argparse
import math

import numpy as np
import pytest

from SyntheticCECTLib.core.errors import InputRefused
from SyntheticCECTLib.core.networks.contrast_model import Contrast
from SyntheticCECTLib.phantom.training_sample import TrainingSample
from training.calibrate import quantiles_of, run, volume_errors

SHAPE = (2, 4, 4)


class FakeModel:
    """Finds an atrium of 8 and a ventricle of 16 voxels, one of which stays dark."""

    def run(self, slices_kji: np.ndarray) -> Contrast:
        synthetic = np.full(SHAPE, 400, np.float32)
        synthetic[1, 3, 3] = 100
        atrium, ventricle = np.zeros(SHAPE, np.float32), np.zeros(SHAPE, np.float32)
        atrium[0, :2], ventricle[1] = 0.8, 1.0
        structures = {"heart": np.ones(SHAPE, np.float32), "left atrium": atrium, "left ventricle": ventricle}
        return Contrast(synthetic, None, structures)


def sample_of(labels: np.ndarray) -> TrainingSample:
    empty = np.zeros(SHAPE, np.int16)
    return TrainingSample(empty, labels, empty, empty, labels, labels * 0)


def test_errors_are_logarithms_of_true_to_measured_volume() -> None:
    labels = np.zeros(SHAPE, np.uint8)
    labels[0], labels[1, :3] = 2, 3
    errors = volume_errors(sample_of(labels), FakeModel(), 200)  # pyright: ignore[reportArgumentType]
    assert errors["la"][0] == pytest.approx(math.log(16 / 8)) and errors["la"][1] == pytest.approx(0.2)
    assert errors["lv"][0] == pytest.approx(math.log(12 / 15)) and errors["lv"][1] == pytest.approx(0.01)


def test_chamber_that_is_not_there_gives_no_error() -> None:
    labels = np.full(SHAPE, 3, np.uint8)
    assert set(volume_errors(sample_of(labels), FakeModel(), 200)) == {"lv"}  # pyright: ignore[reportArgumentType]


def test_model_without_chambers_is_refused() -> None:
    with pytest.raises(InputRefused, match="no chambers") as refusal:
        run(argparse.Namespace(model="santini2018"))
    assert "leftheart" in refusal.value.remedy


def test_quantiles_cover_95_of_100_errors() -> None:
    rows = [{"la": (n * 0.1, 0.1), "lv": (-n * 0.2, 0.1)} for n in range(1, 101)]
    found = quantiles_of(rows)
    assert found["la"] == pytest.approx([2.0, 99.0]) and found["lv"] == pytest.approx([-198.0, -4.0])


@pytest.mark.parametrize("rows", [[], [{"la": (0.1, 0.1), "lv": (0.1, 0.1)}] * 30])
def test_too_few_patients_are_refused(rows: list[dict[str, tuple[float, float]]]) -> None:
    with pytest.raises(InputRefused, match="--patients"):
        quantiles_of(rows)
