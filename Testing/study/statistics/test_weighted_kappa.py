"""Weighted kappa against Cohen's own example and statsmodels."""

from __future__ import annotations

import numpy as np
import pytest

from SyntheticCECTLib.study.statistics.weighted_kappa import kappa_of_table, weighted_kappa

# Two judges, 200 patients, three diagnoses: Cohen, Psychol Bull 70:213 (1968), table 1.
DIAGNOSES = 200 * np.array([[0.44, 0.07, 0.09], [0.05, 0.20, 0.05], [0.01, 0.03, 0.06]])
GRAVITY = np.array([[0, 1, 3], [1, 0, 6], [3, 6, 0]], float)


def test_kappa_is_cohens() -> None:
    weighted = kappa_of_table(DIAGNOSES, GRAVITY).value
    plain = kappa_of_table(DIAGNOSES, 1 - np.eye(3)).value
    assert weighted is not None and round(weighted, 3) == 0.348
    assert plain is not None and round(plain, 3) == 0.492


@pytest.mark.parametrize("weights", ["linear", "quadratic"])
def test_kappa_and_interval_are_those_of_statsmodels(weights: str) -> None:
    inter_rater = pytest.importorskip(
        "statsmodels.stats.inter_rater", reason="statsmodels is the oracle of this test"
    )
    table = np.array([[11, 4, 1, 0], [3, 9, 5, 1], [0, 4, 12, 3], [0, 1, 2, 14]])
    oracle = inter_rater.cohens_kappa(table, wt=weights)
    found = kappa_of_table(table, weights)  # type: ignore[arg-type]
    expected = (oracle.kappa, oracle.kappa_low, oracle.kappa_upp)
    assert (found.value, found.low, found.high) == pytest.approx(expected, abs=1e-9)
    assert found.n == table.sum()


def test_ratings_are_counted_on_the_whole_scale() -> None:
    first, second = [1, 1, 3, 3, 5, 5], [1, 3, 3, 3, 5, 3]
    assert weighted_kappa(first, second).value == pytest.approx(
        weighted_kappa(first, second, categories=[1, 2, 3, 4, 5]).value
    )


def test_equal_ratings_agree_fully() -> None:
    assert weighted_kappa([1, 2, 3, 4, 5], [1, 2, 3, 4, 5]).value == pytest.approx(1.0)


def test_one_rating_throughout_is_no_agreement_beyond_chance() -> None:
    found = weighted_kappa([3] * 8, [3] * 8)
    assert found.value is None and "chance" in found.reason
