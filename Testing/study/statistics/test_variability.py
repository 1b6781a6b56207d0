"""Variance components and what is made of them, against statsmodels, published figures and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from SyntheticCECTLib.study.statistics.crossed_anova import crossed_anova
from SyntheticCECTLib.study.statistics.inter_observer import inter_observer, pairwise_correlations
from SyntheticCECTLib.study.statistics.intra_observer import (
    intra_observer,
    intra_observer_of,
    repeat_correlation,
)
from SyntheticCECTLib.study.statistics.quantiles import chi2_quantile, f_quantile, t_quantile, t_two_sided_p
from SyntheticCECTLib.study.statistics.read_table import ReadTable
from SyntheticCECTLib.study.statistics.reader_limits import (
    crossed_mean,
    limit_with_mean,
    limits_against_reference,
)
from SyntheticCECTLib.study.statistics.variance_interval import (
    difference_interval,
    satterthwaite_df,
    sum_interval,
    variance_interval,
)


def table_with(sigma_reader: float, sigma_rest: float, cases: int, readers: int, seed: int = 0) -> np.ndarray:
    """A (cases, readers) table whose variance components come out at exactly these values."""
    random = np.random.default_rng(seed)
    rest = random.normal(size=(cases, readers))
    rest -= rest.mean(axis=1, keepdims=True)
    rest -= rest.mean(axis=0, keepdims=True)
    rest *= sigma_rest / np.sqrt((rest**2).sum() / ((cases - 1) * (readers - 1)))
    bias = random.normal(size=readers)
    bias -= bias.mean()
    bias *= np.sqrt((sigma_reader**2 + sigma_rest**2 / cases) / ((bias**2).sum() / (readers - 1)))
    return 100 + random.normal(0, 20, (cases, 1)) + bias + rest


def reads(first: np.ndarray, again: np.ndarray) -> ReadTable:
    """First reads (cases, readers) and repeats of the first len(again) cases."""
    names = [f"r{n}" for n in range(first.shape[1])]
    cases = [f"c{n:02}" for n in range(len(first))]
    cells = {
        (r, c): (first[i, j], again[i, j]) if i < len(again) else (first[i, j],)
        for j, r in enumerate(names)
        for i, c in enumerate(cases)
    }
    return ReadTable(tuple(names), tuple(cases), cells)


@pytest.fixture
def a_study() -> ReadTable:
    """20 cases, 3 readers, the first 5 cases read twice."""
    random = np.random.default_rng(3)
    first = random.normal(100, 25, (20, 1)) + [-4.0, 0.0, 5.0] + random.normal(0, 5, (20, 3))
    return reads(first, first[:5] + random.normal(0, 4, (5, 3)))


def test_mean_squares_are_those_of_statsmodels() -> None:
    smf = pytest.importorskip("statsmodels.formula.api", reason="statsmodels is the oracle of this test")
    anova_lm = pytest.importorskip("statsmodels.stats.anova").anova_lm
    pandas = pytest.importorskip("pandas", reason="statsmodels takes a data frame")
    table = np.random.default_rng(1).normal(size=(7, 3)) + [0.0, 1.0, 2.0]
    case, reader = np.indices(table.shape)
    data = pandas.DataFrame({"y": table.ravel(), "case": case.ravel(), "reader": reader.ravel()})
    oracle = anova_lm(smf.ols("y ~ C(case) + C(reader)", data).fit())["mean_sq"]
    found = crossed_anova(table)
    assert (found.ms_case, found.ms_reader, found.ms_rest) == pytest.approx(tuple(oracle))


def test_quantiles_are_those_of_scipy_stats() -> None:
    for q, a, b in ((0.025, 2, 38.0), (0.975, 14.6, 3), (0.5, 1, 1)):
        assert chi2_quantile(q, a) == pytest.approx(stats.chi2.ppf(q, a))
        assert f_quantile(q, a, b) == pytest.approx(stats.f.ppf(q, a, b))
        assert t_quantile(q, a) == pytest.approx(stats.t.ppf(q, a), abs=1e-12)
    assert t_two_sided_p(-2.1, 7.3) == pytest.approx(2 * stats.t.sf(2.1, 7.3))


def test_the_interval_of_one_mean_square_is_the_chi_square_one() -> None:
    assert sum_interval([(1.0, 4.0, 15)]) == pytest.approx(variance_interval(4.0, 15))
    assert variance_interval(4.0, 15) == pytest.approx(tuple(60 / stats.chi2.ppf([0.975, 0.025], 15)))


def test_the_interval_of_a_difference_with_a_certain_second_part_is_the_chi_square_one() -> None:
    low, high = difference_interval((1.0, 9.0, 20), (1.0, 4.0, 10_000_000))
    expected = np.array(variance_interval(9.0, 20)) - 4.0
    assert (low, high) == pytest.approx(expected, abs=0.02)
    assert difference_interval((1.0, 1.0, 5), (1.0, 50.0, 5)) == (0.0, 0.0)


def test_equal_mean_squares_add_their_degrees_of_freedom() -> None:
    assert satterthwaite_df([(0.5, 3.0, 8), (0.5, 3.0, 8)]) == pytest.approx(16)


def test_limit_with_the_mean_is_the_published_one() -> None:
    # Jones et al. 2011, 40 images by 5 observers: sigma_B 0.285, sigma_E 0.579 give a LOAM of 1.131 with the interval
    # 1.010 to 1.816 (documentation of Christensen's loamr; the components are printed to three digits).
    found = limit_with_mean(table_with(0.285, 0.579, 40, 5))
    assert (found.value, found.low, found.high) == pytest.approx((1.131, 1.010, 1.816), abs=0.006)


def test_within_reader_sd_is_half_the_mean_squared_difference(a_study: ReadTable) -> None:
    found, pairs = intra_observer(a_study), np.array(a_study.repeated())
    sd = np.sqrt(((pairs[:, 0] - pairs[:, 1]) ** 2).mean() / 2)
    assert found.sd.value == pytest.approx(sd) and found.sd.n == 15
    assert found.repeatability.value == pytest.approx(1.96 * np.sqrt(2) * sd)
    assert (found.sd.low, found.sd.high) == pytest.approx(
        np.sqrt(15 / stats.chi2.ppf([0.975, 0.025], 15)) * sd
    )


def test_rho_of_one_reader_without_other_cases_is_one_minus_noise_over_variance() -> None:
    random = np.random.default_rng(6)
    first = random.normal(100, 20, (30, 1))
    table = reads(first, first + random.normal(0, 6, (30, 1)))
    found = intra_observer(table)
    pearson = repeat_correlation(table, "r0")
    assert found.rho.value == pytest.approx(pearson.value, abs=0.03)
    assert found.rho.covers(pearson.value or 0)


def test_a_reader_s_own_figures_rest_on_his_own_repeats(a_study: ReadTable) -> None:
    found = intra_observer_of(a_study, "r1")
    pairs = np.array(a_study.repeated("r1"))
    assert found.sd.value == pytest.approx(np.sqrt(((pairs[:, 0] - pairs[:, 1]) ** 2).mean() / 2))
    assert found.sd.n == 5


def test_between_reader_sd_adds_up_from_its_components(a_study: ReadTable) -> None:
    between, within = inter_observer(a_study), intra_observer(a_study)
    parts = (between.reader_sd.value, between.interaction_sd.value, within.sd.value)
    assert between.sd.value == pytest.approx(np.sqrt(sum((part or 0) ** 2 for part in parts)))


def test_without_repeats_the_interaction_cannot_be_told_from_chance() -> None:
    found = inter_observer(reads(table_with(3, 5, 12, 3), np.empty((0, 3))))
    assert found.interaction_sd.reason == "not enough repeated reads (n = 0, needs 5)"
    assert found.sd.value == pytest.approx(np.sqrt(3**2 + 5**2))
    assert found.reader_sd.value == pytest.approx(3)


def test_intra_observer_without_repeats_has_the_reason() -> None:
    found = intra_observer(reads(table_with(3, 5, 12, 3), np.empty((0, 3))))
    assert {e.reason for e in found.estimates().values()} == {"not enough repeated reads (n = 0, needs 5)"}


def test_pairs_of_readers_are_compared_on_the_cases_both_have_read(a_study: ReadTable) -> None:
    cells = dict(a_study.cells)
    del cells["r2", "c00"]
    table = ReadTable(a_study.readers, a_study.cases, cells)
    assert {pair: rho.n for pair, rho in pairwise_correlations(table).items()} == {
        ("r0", "r1"): 20,
        ("r0", "r2"): 19,
        ("r1", "r2"): 19,
    }
    assert len(table.complete_cases()) == 19


def test_the_mean_of_one_noise_has_the_interval_of_the_larger_part() -> None:
    cases_only = np.repeat(np.random.default_rng(0).normal(5, 2, (10, 1)), 3, axis=1)
    found = crossed_mean(cases_only)
    oracle = stats.ttest_1samp(cases_only[:, 0], 0).confidence_interval()
    assert (found.low, found.high) == pytest.approx((oracle.low, oracle.high))


def test_limits_against_a_reference_hold_all_sources_of_variance() -> None:
    found = limits_against_reference(table_with(3, 5, 200, 12, seed=5) - 100)
    # Cases 20, readers 3, rest 5; 200 cases of a normal population.
    assert found.sd.value == pytest.approx(np.sqrt(400 + 9 + 25), rel=0.1)
    assert found.lower.value == pytest.approx((found.bias.value or 0) - 1.96 * (found.sd.value or 0))
