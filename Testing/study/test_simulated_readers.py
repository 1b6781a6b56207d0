"""Simulated readers make the errors that they are said to make."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from SyntheticCECTLib.core.metrics import overlap
from SyntheticCECTLib.study.records import CaseTruth, Condition
from SyntheticCECTLib.study.simulated_readers import (
    KnownErrors,
    SimulatedReader,
    draw_readers,
    normal_cases,
    simulated_records,
)

SPACING = (3.0, 1.0, 1.0)
VOXEL_ML = 0.003
ERRORS = KnownErrors(reader_sd_ml=4.0, interaction_sd_ml=2.0, within_sd_ml=1.0)
ROW, COLUMN = np.indices((120, 120))
RADIUS_MM = np.hypot(ROW - 60, COLUMN - 60)


def discs(slices: int = 3) -> np.ndarray:
    """LA a disc of radius 25 mm, LV a ring of 10 mm around it."""
    one = np.where(RADIUS_MM <= 25, 1, np.where(RADIUS_MM <= 35, 2, 0)).astype(np.uint8)
    return np.stack([one] * slices)


def side_by_side(slices: int = 3) -> np.ndarray:
    """LA and LV as two discs that touch, of radius 14 and 20 mm."""
    la, lv = (np.hypot(ROW - 60, COLUMN - c) <= r for c, r in ((36, 14), (70, 20)))
    return np.stack([np.where(la, 1, np.where(lv, 2, 0)).astype(np.uint8)] * slices)


def disc_alone(slices: int = 3) -> np.ndarray:
    return np.stack([(RADIUS_MM <= 25).astype(np.uint8)] * slices)


def reader(**changes: Any) -> SimulatedReader:
    fields: dict[str, Any] = dict(name="r", bias_ml=1.5, errors=ERRORS, seed=4)
    return SimulatedReader(**(fields | changes))


def test_errors_have_the_bias_and_spread_they_should() -> None:
    one = reader()
    reads = np.array([[one.error_ml(f"case-{n}", repeat) for repeat in range(4)] for n in range(600)])
    assert reads.mean() == pytest.approx(1.5, abs=0.3)
    within = np.sqrt(reads.var(axis=1, ddof=1).mean())
    assert within == pytest.approx(1.0, rel=0.06)
    assert np.sqrt(reads.mean(axis=1).var(ddof=1) - within**2 / 4) == pytest.approx(2.0, rel=0.1)


def test_a_read_does_not_depend_on_the_order_of_asking() -> None:
    one, other = reader(), reader()
    one.error_ml("a")
    assert one.error_ml("b", 1) == other.error_ml("b", 1)
    assert other.error_ml("b", 1) != other.error_ml("b", 0)


def test_readers_and_seeds_differ() -> None:
    errors = {reader(name="x").error_ml("a"), reader(name="y").error_ml("a"), reader(seed=5).error_ml("a")}
    assert len(errors) == 3


def test_biases_are_drawn_from_the_population() -> None:
    biases = [r.bias_ml for r in draw_readers(2000, ERRORS, seed=1)]
    assert np.std(biases) == pytest.approx(4.0, rel=0.06) and np.mean(biases) == pytest.approx(0, abs=0.3)
    assert [r.name for r in draw_readers(3, ERRORS)] == ["reader-1", "reader-2", "reader-3"]


@pytest.mark.parametrize("bias_ml", [-9.0, 0.0, 6.0])
@pytest.mark.parametrize("truth", [discs(), side_by_side()], ids=["LA inside LV", "LA beside LV"])
def test_the_drawn_volume_is_the_true_one_plus_the_error_to_the_voxel(
    truth: np.ndarray, bias_ml: float
) -> None:
    one = reader(bias_ml=bias_ml)
    for repeat in range(2):
        drawn = one.chambers(truth, SPACING, "c", repeat)
        error = (np.count_nonzero(drawn) - np.count_nonzero(truth)) * VOXEL_ML
        assert error == pytest.approx(one.error_ml("c", repeat), abs=VOXEL_ML)


def test_both_chambers_share_the_error() -> None:
    truth = side_by_side()
    drawn = reader(bias_ml=3.0).chambers(truth, SPACING, "c")
    grown = [np.count_nonzero(drawn == n) / np.count_nonzero(truth == n) for n in (1, 2)]
    assert grown[0] == pytest.approx(grown[1], abs=0.001) and grown[0] > 1


def test_the_border_is_displaced_by_the_known_sd() -> None:
    errors = KnownErrors(0.0, 0.0, 0.0)
    displaced = []
    for case in range(12):
        one = SimulatedReader("r", 0.0, errors, roughness_mm=2.0, unevenness=0.0, smoothness_mm=10.0)
        drawn = one.chambers(disc_alone(), SPACING, f"case-{case}")
        for ray in np.linspace(0, 2 * np.pi, 36, endpoint=False):
            steps = np.arange(0, 50, 0.25)
            j, i = (np.rint(60 + steps * f(ray)).astype(int) for f in (np.sin, np.cos))
            displaced += [steps[np.flatnonzero(drawn[k, j, i])[-1]] - 25 for k in range(3)]
    assert np.std(displaced) == pytest.approx(2.0, rel=0.15)


def test_some_cases_lie_worse_to_his_hand_than_others() -> None:
    errors, truth = KnownErrors(0.0, 0.0, 0.0), disc_alone()

    def spread_of_dice(unevenness: float) -> float:
        one = SimulatedReader("r", 0.0, errors, unevenness=unevenness)
        return float(np.std([overlap.dice(one.chambers(truth, SPACING, f"c{n}"), truth) for n in range(30)]))

    assert spread_of_dice(0.5) > 1.5 * spread_of_dice(0.0)


def test_readers_of_the_demo_agree_about_as_the_papers_do() -> None:
    k, j, i = np.indices((26, 80, 100)) * np.array([5.0, 1.6, 1.6])[:, None, None, None]

    def ball(j_mm: float, i_mm: float, radius_mm: float) -> np.ndarray:
        return (k - 65) ** 2 + (j - j_mm) ** 2 + (i - i_mm) ** 2 <= radius_mm**2

    dices = []
    for case, size in enumerate(np.random.default_rng(3).normal(1.0, 0.06, 8)):
        lv, la = ball(48, 64, 28 * size), ball(84, 92, 25 * size)
        truth = np.where(lv, 2, np.where(la, 1, 0)).astype(np.uint8)
        for one in draw_readers(3, KnownErrors(), seed=1):
            drawn = one.chambers(truth, (5.0, 1.6, 1.6), f"case-{case}")
            dices.append(np.mean(list(overlap.dice_per_slice(drawn > 0, truth > 0).values())))
    # Santini et al. 2018: Dice 0.85 +- 0.05, intra-observer rho 0.99, inter-observer rho 0.85.
    assert np.mean(dices) == pytest.approx(0.85, abs=0.03) and np.std(dices) == pytest.approx(0.05, abs=0.025)
    known = KnownErrors().known_truth(case_sd_ml=30.0)
    assert (round(known["intra.rho"], 2), round(known["inter.rho"], 2)) == (0.99, 0.85)


def test_without_errors_the_truth_is_drawn() -> None:
    perfect = SimulatedReader("r", 0.0, KnownErrors(0.0, 0.0, 0.0), roughness_mm=0.0)
    assert (perfect.chambers(discs(), SPACING, "c") == discs()).all()


def test_a_repeat_is_like_the_first_read_and_not_equal_to_it() -> None:
    errors, truth = KnownErrors(0.0, 0.0, 0.0), disc_alone()
    one, two = (SimulatedReader(name, 0.0, errors, roughness_mm=2.0) for name in "ab")
    with_himself, with_other = [], []
    for case in range(8):
        first, again = (one.chambers(truth, SPACING, f"c{case}", repeat) for repeat in (0, 1))
        with_himself.append(overlap.dice(first, again))
        with_other.append(overlap.dice(first, two.chambers(truth, SPACING, f"c{case}")))
    assert 1 > np.mean(with_himself) > np.mean(with_other)


def test_the_overlay_makes_errors_smaller() -> None:
    one = reader()
    assert abs(one.error_ml("c", 0, Condition.OVERLAY.value)) != abs(one.error_ml("c"))
    unaided, aided = (
        np.std([one.error_ml(f"c{n}", 0, c) - 1.5 * f for n in range(400)])
        for c, f in ((Condition.UNAIDED.value, 1.0), (Condition.OVERLAY.value, 0.6))
    )
    assert aided == pytest.approx(0.6 * unaided, rel=0.15)
    assert one.seconds("c", 0, Condition.OVERLAY.value) < 2 * one.typical_seconds


def test_slices_without_chambers_stay_empty() -> None:
    truth = discs()
    truth[1] = 0
    drawn = reader().chambers(truth, SPACING, "c")
    assert not drawn[1].any() and drawn[0].any()
    assert not reader().chambers(np.zeros_like(truth), SPACING, "c").any()


def test_ratings_follow_the_quality_of_what_is_rated() -> None:
    ratings = [np.mean([reader().rating(dice, f"c{n}") for n in range(50)]) for dice in (0.7, 0.85, 0.95)]
    assert ratings[0] < ratings[1] < ratings[2]
    assert all(1 <= reader().rating(d, "c") <= 5 for d in (0.0, 1.0))


def test_records_hold_every_read_once() -> None:
    truths = normal_cases(20, 100.0, 20.0, seed=2)
    records = simulated_records(truths, draw_readers(3, ERRORS, 2), repeats=5)
    assert len(records) == 3 * 25 and len({r.read_id for r in records}) == 75
    assert sum(r.repeat for r in records) == 15
    first = records[0]
    assert isinstance(truths[0], CaseTruth) and first.la_ml is not None and first.lv_ml is not None
    assert first.la_ml / first.lv_ml == pytest.approx(2 / 3)
