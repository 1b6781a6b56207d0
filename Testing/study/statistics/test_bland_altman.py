"""Limits of agreement against published examples, pingouin and simulation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from SyntheticCECTLib.study.statistics.bland_altman import exact_limit_factors, limits_of_agreement
from SyntheticCECTLib.study.statistics.correlation import correlation
from SyntheticCECTLib.study.statistics.crossed_anova import within_mean_square
from SyntheticCECTLib.study.statistics.repeated_bland_altman import (
    limits_constant_truth,
    limits_varying_truth,
)
from Testing.study.statistics.published_examples import MINI_WRIGHT, WRIGHT, WRIGHT_AGAIN, cardiac


def test_bias_and_limits_are_those_of_bland_and_altman_1986() -> None:
    found = limits_of_agreement(WRIGHT, MINI_WRIGHT)
    assert found.bias.value is not None and found.sd.value is not None
    assert round(found.bias.value, 1) == -2.1 and round(found.sd.value, 1) == 38.8
    assert [round(end or 0, 1) for end in (found.bias.low, found.bias.high)] == [-22.0, 17.8]


def test_the_bias_has_the_p_value_of_the_paired_t_test() -> None:
    found = limits_of_agreement(WRIGHT, MINI_WRIGHT)
    assert found.bias.p == pytest.approx(stats.ttest_rel(WRIGHT, MINI_WRIGHT).pvalue, abs=1e-12)


def test_limits_and_their_intervals_are_pingouins() -> None:
    pingouin = pytest.importorskip("pingouin", reason="pingouin is the oracle of this test")
    pytest.importorskip("matplotlib", reason="pingouin gives its limits as lines of a plot").use("Agg")
    axes = pingouin.plot_blandaltman(WRIGHT, MINI_WRIGHT, agreement=1.96)
    drawn = {round(float(line.get_ydata()[0]), 9) for line in axes.lines}
    found = limits_of_agreement(WRIGHT, MINI_WRIGHT)
    for estimate in (found.bias, found.lower, found.upper):
        assert estimate.value is not None
        assert min(abs(estimate.value - y) for y in drawn) < 1e-6


def test_correlation_is_scipys() -> None:
    found, oracle = correlation(WRIGHT, MINI_WRIGHT), stats.pearsonr(WRIGHT, MINI_WRIGHT)
    interval = oracle.confidence_interval()  # type: ignore[union-attr]
    assert (found.value, found.p) == pytest.approx((oracle[0], oracle[1]), abs=1e-12)
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high), abs=1e-12)


def test_within_person_variance_of_pairs_is_half_the_mean_squared_difference() -> None:
    # Bland & Altman, BMJ 312:1654 (1996): for two readings each, sw^2 = sum d^2 / 2n.
    square, df = within_mean_square(list(np.stack([WRIGHT, WRIGHT_AGAIN], axis=1)))
    assert df == 17 and square == pytest.approx(((WRIGHT - WRIGHT_AGAIN) ** 2).mean() / 2)


@pytest.mark.parametrize(("n", "factor"), [(10, 2.911), (20, 2.396), (30, 2.220)])
def test_exact_limits_end_at_the_published_tolerance_factors(n: int, factor: float) -> None:
    # One-sided, 95 % of a normal population with 95 % confidence: Natrella, NBS Handbook 91 (1963), table A-7.
    far = exact_limit_factors(n, confidence=0.90, z=float(stats.norm.ppf(0.95)))[1]
    assert round(far, 3) == factor


def test_exact_limits_hold_what_they_promise_for_few_cases() -> None:
    random, hits, runs = np.random.default_rng(4), 0, 4000
    near, far = exact_limit_factors(8)
    values = random.normal(size=(runs, 8))
    mean, sd = values.mean(axis=1), values.std(axis=1, ddof=1)
    hits = np.count_nonzero((mean + near * sd <= 1.96) & (mean + far * sd >= 1.96))
    assert hits / runs == pytest.approx(0.95, abs=0.01)


def test_exact_and_approximate_limits_differ_in_their_intervals_only() -> None:
    exact = limits_of_agreement(WRIGHT, MINI_WRIGHT, interval="exact")
    usual = limits_of_agreement(WRIGHT, MINI_WRIGHT)
    assert exact.upper.value == usual.upper.value and exact.bias == usual.bias
    assert exact.upper.high is not None and usual.upper.high is not None
    assert exact.upper.high > usual.upper.high  # few cases: the limit may lie far out


def test_varying_truth_is_bland_and_altman_2007() -> None:
    rv, ic = cardiac()
    found = limits_varying_truth([x - y for x, y in zip(rv, ic, strict=True)])
    assert found.bias.value == pytest.approx(0.6021667, abs=1e-7)
    assert found.sd.value == pytest.approx(0.99062408, abs=1e-7)
    assert found.lower.value == pytest.approx(-1.3394565, abs=1e-6)
    assert found.upper.value == pytest.approx(2.5437899, abs=1e-6)
    assert found.bias.n == 12


def test_constant_truth_is_bland_and_altman_2007() -> None:
    found = limits_constant_truth(*cardiac())
    assert found.bias.value == pytest.approx(0.6021667, abs=1e-7)
    assert found.sd.value == pytest.approx(1.0518506, abs=1e-7)
    assert found.lower.value == pytest.approx(-1.4594605, abs=1e-6)
    assert found.upper.value == pytest.approx(2.6637939, abs=1e-6)


def test_constant_truth_without_repeats_is_the_ordinary_bland_altman() -> None:
    found = limits_constant_truth(
        [WRIGHT[n : n + 1] for n in range(17)], [MINI_WRIGHT[n : n + 1] for n in range(17)]
    )
    usual = limits_of_agreement(WRIGHT, MINI_WRIGHT)
    for one, other in ((found.bias, usual.bias), (found.sd, usual.sd)):
        assert (one.value, one.low, one.high) == pytest.approx((other.value, other.low, other.high), abs=1e-9)
    assert found.upper.value == pytest.approx(usual.upper.value)


def test_constant_truth_has_no_bias_from_the_size_of_the_cases_that_were_repeated() -> None:
    truth = [np.array([50.0 + 10.0 * n]) for n in range(8)]
    measured = [np.repeat(one + (-1.0) ** n, 3 if n > 5 else 1) for n, one in enumerate(truth)]
    found = limits_constant_truth([m + 1e-6 * np.arange(len(m)) for m in measured], truth)
    assert found.bias.value == pytest.approx(0.0, abs=1e-5)


def test_varying_truth_needs_repeats() -> None:
    assert "repeated" in limits_varying_truth([np.array([float(n)]) for n in range(8)]).bias.reason


def test_limits_of_repeated_pairs_hold_what_they_promise() -> None:
    random, runs, hits = np.random.default_rng(11), 400, 0
    truth = 0.3 + 1.96 * np.hypot(0.8, 0.5)
    for _ in range(runs):
        people = random.normal(0.3, 0.8, 15)
        found = limits_varying_truth([p + random.normal(0, 0.5, random.integers(2, 5)) for p in people])
        hits += found.upper.covers(truth)
    assert 0.93 <= hits / runs <= 0.99
