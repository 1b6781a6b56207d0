"""Cohort statistics against published examples."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from SyntheticCECTLib.core.metrics.statistics import bland_altman, icc_2_1, pearson

# Peak expiratory flow of 17 people by two meters, l/min: Bland & Altman, Lancet 327:307 (1986), table,
# first measurement of each meter.
WRIGHT = np.array([494, 395, 516, 434, 476, 557, 413, 442, 650, 433, 417, 656, 267, 478, 178, 423, 427])
MINI_WRIGHT = np.array([512, 430, 520, 428, 500, 600, 364, 380, 658, 445, 432, 626, 260, 477, 259, 350, 451])

# Six targets rated by four judges: Shrout & Fleiss, Psychol Bull 86:420 (1979), table 2.
JUDGES = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]])


def test_pearson_gives_the_published_correlation_of_the_flow_meters() -> None:
    result = pearson(WRIGHT, MINI_WRIGHT)
    assert round(result.rho, 2) == 0.94  # Bland & Altman 1986: "r = 0.94 (p < 0.001)"
    assert result.p < 0.001
    assert result.n == 17


def test_pearson_p_and_interval_follow_their_formulas() -> None:
    result = pearson(WRIGHT, MINI_WRIGHT)
    t = result.rho * np.sqrt(15 / (1 - result.rho**2))
    assert result.p == pytest.approx(2 * stats.t.sf(t, 15))
    half = 1.959964 / np.sqrt(17 - 3)
    expected = np.tanh([np.arctanh(result.rho) - half, np.arctanh(result.rho) + half])
    assert result.rho_ci == pytest.approx(expected, abs=1e-6)


def test_bland_altman_gives_the_published_bias_and_limits() -> None:
    result = bland_altman(WRIGHT, MINI_WRIGHT)
    assert round(result.bias, 1) == -2.1
    assert round(result.sd, 1) == 38.8
    # The paper: 95 % interval of the bias -22.0 to 17.8 l/min.
    assert [round(end, 1) for end in result.bias_ci] == [-22.0, 17.8]
    # The paper rounds 1.96 to 2 (-79.7 and 75.5); with 1.96 SD the limits are -78.1 and 73.9.
    assert (round(result.lower, 1), round(result.upper, 1)) == (-78.1, 73.9)


def test_intervals_of_the_limits_are_those_of_bland_and_altman() -> None:
    result = bland_altman(WRIGHT, MINI_WRIGHT)
    # The paper gives -114.3 to -45.1 about -79.7, a half width of 34.6, with SE = sqrt(3 s^2 / n);
    # the fuller formula of their 1999 paper is 0.7 % wider.
    for low, high in (result.lower_ci, result.upper_ci):
        assert (high - low) / 2 == pytest.approx(34.6, rel=0.01)
    assert sum(result.lower_ci) / 2 == pytest.approx(result.lower)
    assert sum(result.upper_ci) / 2 == pytest.approx(result.upper)


def test_bland_altman_of_equal_measurements_is_zero_throughout() -> None:
    result = bland_altman(WRIGHT, WRIGHT)
    assert (result.bias, result.sd, result.lower, result.upper) == (0, 0, 0, 0)
    assert result.lower_ci == (0, 0)


def test_icc_gives_the_value_of_shrout_and_fleiss() -> None:
    result = icc_2_1(JUDGES)
    assert round(result.icc, 2) == 0.29  # their table 4
    # Interval as published for the same data by the R packages psych and irr: 0.02 to 0.76.
    assert [round(end, 2) for end in result.icc_ci] == [0.02, 0.76]
    assert (result.targets, result.raters) == (6, 4)


def test_icc_asks_for_absolute_agreement_where_pearson_does_not() -> None:
    reference = np.arange(40.0, 100.0, 5.0)
    predicted = reference + 20
    assert pearson(predicted, reference).rho == pytest.approx(1.0)
    assert icc_2_1(np.stack([predicted, reference], axis=1)).icc < 0.75


def test_icc_of_equal_measurements_is_one_with_a_closed_interval() -> None:
    assert icc_2_1(np.stack([WRIGHT, WRIGHT], axis=1)).icc_ci == (1.0, 1.0)


def test_icc_interval_contains_the_coefficient_and_narrows_with_more_patients() -> None:
    rng = np.random.default_rng(0)
    truth = rng.normal(80, 20, 200)
    ratings = truth[:, None] + rng.normal(0, 8, (200, 2))
    few, many = icc_2_1(ratings[:20]), icc_2_1(ratings)
    for result in (few, many):
        assert result.icc_ci[0] < result.icc < result.icc_ci[1]
    assert np.diff(many.icc_ci) < np.diff(few.icc_ci)
    assert many.icc == pytest.approx(400 / (400 + 64), abs=0.04)  # variance between over total


@pytest.mark.parametrize("measure", [pearson, bland_altman])
def test_bad_pairs_are_refused(measure) -> None:
    with pytest.raises(ValueError, match=r"\(5,\) and \(6,\)"):
        measure(np.arange(5.0), np.arange(6.0))
    with pytest.raises(ValueError, match="2 pairs"):
        measure(np.arange(2.0), np.arange(2.0))
    with pytest.raises(ValueError, match="NaN"):
        measure(np.array([1, 2, 3, np.nan]), np.arange(4.0))


def test_pearson_refuses_values_that_are_all_equal() -> None:
    with pytest.raises(ValueError, match="all reference values are 7"):
        pearson(np.arange(5.0), np.full(5, 7.0))


@pytest.mark.parametrize(
    ("ratings", "message"),
    [
        (np.ones(5), "shape"),
        (np.ones((2, 2)), "at least 3 targets"),
        (np.ones((5, 1)), "2 raters"),
        (np.full((5, 2), np.nan), "NaN"),
        (np.ones((5, 2)), "all ratings are 1"),
    ],
)
def test_icc_refuses_bad_ratings(ratings: np.ndarray, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        icc_2_1(ratings)
