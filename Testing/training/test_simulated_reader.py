"""A simulated reader errs as much as the paper's people did, and repeats himself better than he agrees with others."""

from __future__ import annotations

import numpy as np
import pytest

from SyntheticCECTLib.core.metrics.overlap import dice
from training.paper_report.simulated_reader import SimulatedReader

SPACING = (0.8, 0.8)


def chambers(number: int) -> np.ndarray:
    """An atrium and a ventricle of a size that differs between patients."""
    size = np.random.default_rng(number).uniform(0.75, 1.25)
    j, i = np.indices((160, 160))
    la = ((j - 105) / 24 / size) ** 2 + ((i - 65) / 30 / size) ** 2 < 1
    lv = ((j - 60) / 27 / size) ** 2 + ((i - 100) / 36 / size) ** 2 < 1
    return la | lv


@pytest.fixture(scope="module")
def drawings() -> dict[str, np.ndarray]:
    """Areas of 30 patients, by two readers twice; and the Dice of the first drawings."""
    areas, dices = [], []
    for number in range(30):
        truth = chambers(number)
        pairs = [[SimulatedReader(r).draw(truth, SPACING, number, s) for s in (0, 1)] for r in (1, 2)]
        areas.append([[drawing.sum() for drawing in pair] for pair in pairs])
        dices += [dice(pair[0], truth) for pair in pairs]
    return {"areas": np.array(areas, float), "dice": np.array(dices)}


def test_dice_is_that_of_the_papers_radiologists(drawings: dict[str, np.ndarray]) -> None:
    assert drawings["dice"].mean() == pytest.approx(0.85, abs=0.05)


def test_reader_agrees_better_with_himself_than_with_another(drawings: dict[str, np.ndarray]) -> None:
    areas = drawings["areas"]
    intra = np.corrcoef(areas[:, 0, 0], areas[:, 0, 1])[0, 1]
    inter = np.corrcoef(areas[:, 0, 0], areas[:, 1, 0])[0, 1]
    assert intra > 0.97 and inter == pytest.approx(0.85, abs=0.1)


def test_same_reader_patient_and_session_give_the_same_drawing() -> None:
    truth = chambers(0)
    one, again, later = (SimulatedReader(3).draw(truth, SPACING, 5, session) for session in (0, 0, 1))
    assert np.array_equal(one, again) and not np.array_equal(one, later)


def test_reader_without_error_draws_the_truth_and_nothing_where_nothing_is() -> None:
    truth = chambers(0)
    perfect = SimulatedReader(1, habit_mm=0, doubt_mm=0, reading_mm=0, hand_mm=0)
    assert np.array_equal(perfect.draw(truth, SPACING, 0), truth)
    assert not SimulatedReader(1).draw(truth & False, SPACING, 0).any()
