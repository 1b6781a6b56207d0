"""Paired differences, non-inferiority and reading time against scipy and by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats

from SyntheticCECTLib.core.errors import InputRefused
from SyntheticCECTLib.study.statistics.non_inferiority import non_inferiority
from SyntheticCECTLib.study.statistics.paired_difference import paired_difference
from SyntheticCECTLib.study.statistics.read_table import ReadTable
from SyntheticCECTLib.study.statistics.reading_time import time_ratio, typical_seconds


@pytest.fixture
def dices() -> tuple[np.ndarray, np.ndarray]:
    """(network, readers) of 25 cases; the network is 0.03 better, with a skewed difference."""
    random = np.random.default_rng(8)
    human = random.normal(0.85, 0.04, 25)
    return human + 0.05 - random.gamma(1.5, 0.015, 25), human


def table(values: np.ndarray) -> ReadTable:
    """(cases, readers) -> table."""
    readers, cases = [f"r{n}" for n in range(values.shape[1])], [f"c{n:02}" for n in range(values.shape[0])]
    cells = {(r, c): (float(values[i, j]),) for j, r in enumerate(readers) for i, c in enumerate(cases)}
    return ReadTable(tuple(readers), tuple(cases), cells)


def test_bootstrap_interval_is_scipys_bca(dices: tuple[np.ndarray, np.ndarray]) -> None:
    found = paired_difference(*dices, seed=3, resamples=40000).mean
    oracle = stats.bootstrap((dices[0] - dices[1],), np.mean, n_resamples=40000, method="BCa")
    assert found.value == pytest.approx((dices[0] - dices[1]).mean())
    interval = oracle.confidence_interval
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high), abs=4e-4)


def test_wilcoxon_is_scipys_with_the_hodges_lehmann_estimate(dices: tuple[np.ndarray, np.ndarray]) -> None:
    found = paired_difference(*dices).wilcoxon
    difference = dices[0] - dices[1]
    assert found.p == stats.wilcoxon(difference).pvalue  # type: ignore[union-attr]
    pairs = [(a + b) / 2 for n, a in enumerate(difference) for b in difference[n:]]
    assert found.value == pytest.approx(np.median(pairs))


def test_the_seed_fixes_the_interval(dices: tuple[np.ndarray, np.ndarray]) -> None:
    assert paired_difference(*dices, seed=1) == paired_difference(*dices, seed=1)
    assert paired_difference(*dices, seed=1).mean.low != paired_difference(*dices, seed=2).mean.low


def test_equal_methods_have_a_zero_difference_and_no_test() -> None:
    found = paired_difference(np.arange(6.0), np.arange(6.0))
    assert (found.mean.value, found.mean.low, found.mean.high) == (0, 0, 0)
    assert found.wilcoxon.reason == "all differences are zero"


def test_non_inferiority_is_the_one_sided_t_test_shifted_by_the_margin(
    dices: tuple[np.ndarray, np.ndarray],
) -> None:
    found = non_inferiority(dices[1], dices[0], margin=0.05)
    oracle: Any = stats.ttest_1samp(dices[1] - dices[0], -0.05, alternative="greater")
    assert found.difference.p == pytest.approx(oracle.pvalue)
    assert found.non_inferior is True
    assert found.difference.low is not None and found.difference.low > -0.05


def test_the_verdict_turns_with_the_margin_and_with_the_direction(
    dices: tuple[np.ndarray, np.ndarray],
) -> None:
    worse, better = dices[1], dices[0]
    assert non_inferiority(worse, better, margin=0.02).non_inferior is False
    # The same numbers as errors: then what is lower is the better one.
    assert non_inferiority(worse, better, margin=0.001, higher_is_better=False).non_inferior is True
    assert non_inferiority(worse[:3], better[:3], margin=0.02).non_inferior is None


@pytest.mark.parametrize("margin", [0.0, -1.0, float("nan")])
def test_a_margin_that_is_none_is_refused(margin: float) -> None:
    with pytest.raises(InputRefused, match="margin is"):
        non_inferiority(np.arange(6.0), np.arange(6.0), margin)


def test_typical_seconds_are_the_geometric_mean() -> None:
    seconds = np.exp(np.random.default_rng(0).normal(5, 0.3, (12, 3)))
    found = typical_seconds(table(seconds))
    assert found.value == pytest.approx(stats.gmean(seconds.ravel()))
    assert found.covers(found.value or 0) and found.n == 12


def test_twice_as_fast_is_a_ratio_of_one_half() -> None:
    random = np.random.default_rng(2)
    before = np.exp(random.normal(5, 0.4, (15, 3)))
    after = before * 0.5 * np.exp(random.normal(0, 0.1, (15, 3)))
    found = time_ratio(table(after), table(before))
    assert found.covers(0.5) and found.p is not None and found.p < 0.001
    assert found.value == pytest.approx(stats.gmean((after / before).ravel()))


def test_a_time_of_zero_was_not_measured() -> None:
    seconds = np.full((6, 2), 60.0)
    seconds[2, 1] = 0
    assert "not measured" in typical_seconds(table(seconds)).reason
