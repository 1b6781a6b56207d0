"""A statistic that the reads do not support has a reason, and never a NaN."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from SyntheticCECTLib.core.metrics.no_value import NoValue
from SyntheticCECTLib.study.statistics.bland_altman import Limits, limits_of_agreement
from SyntheticCECTLib.study.statistics.by_reader import summary
from SyntheticCECTLib.study.statistics.correlation import correlation
from SyntheticCECTLib.study.statistics.estimate import Estimate, EstimateGroup, reason_instead, require
from SyntheticCECTLib.study.statistics.intraclass import icc_2_1, icc_3_1
from SyntheticCECTLib.study.statistics.non_inferiority import non_inferiority
from SyntheticCECTLib.study.statistics.paired_difference import paired_difference
from SyntheticCECTLib.study.statistics.reader_limits import limit_with_mean, limits_against_reference
from SyntheticCECTLib.study.statistics.weighted_kappa import weighted_kappa

THREE = np.array([1.0, 2.0, 4.0])


def test_the_reason_names_what_there_is_and_what_is_needed() -> None:
    with pytest.raises(NoValue, match=r"^not enough reads \(n = 3, needs 5\)$"):
        require(3, 5)
    require(5, 5)


@pytest.mark.parametrize(
    "compute",
    [
        lambda: correlation(THREE, THREE + 1),
        lambda: limits_of_agreement(THREE, THREE + 1),
        lambda: icc_2_1(np.stack([THREE, THREE + 1], axis=1)),
        lambda: icc_3_1(np.stack([THREE, THREE + 1], axis=1)),
        lambda: paired_difference(THREE, THREE + 1),
        lambda: non_inferiority(THREE, THREE + 1, margin=1.0).difference,
        lambda: weighted_kappa([1, 2, 3], [1, 2, 2]),
        lambda: limits_against_reference(np.stack([THREE, THREE + 1], axis=1)),
        lambda: limit_with_mean(np.stack([THREE, THREE + 1], axis=1)),
    ],
)
def test_three_reads_give_the_reason_instead_of_a_number(compute: Callable[[], Any]) -> None:
    found = compute()
    estimates = found.estimates().values() if isinstance(found, EstimateGroup) else [found]
    for estimate in estimates:
        assert estimate.value is estimate.low is estimate.high is None
        assert estimate.reason.startswith("not enough") and "(n = 3, needs 5)" in estimate.reason


def test_two_reads_have_no_mean_with_interval() -> None:
    assert summary(THREE[:2]).mean.reason == "not enough reads (n = 2, needs 3)"


def test_values_that_do_not_vary_have_no_correlation() -> None:
    assert "equal" in correlation(np.ones(8), np.arange(8.0)).reason
    assert icc_3_1(np.ones((8, 3))).reason == "all reads are equal"


def test_one_reader_has_no_agreement_with_others() -> None:
    assert icc_3_1(np.arange(8.0)[:, None]).reason == "not enough readers (n = 1, needs 2)"


def test_an_error_that_is_no_lack_of_data_is_not_hidden() -> None:
    @reason_instead(Estimate)
    def broken() -> Estimate:
        raise ValueError("a bug")

    with pytest.raises(ValueError, match="a bug"):
        broken()


def test_a_group_without_value_says_so_in_every_estimate() -> None:
    nothing = Limits.without("nobody read")
    assert [e.reason for e in nothing.estimates().values()] == ["nobody read"] * 4


def test_an_interval_is_cut_at_what_is_possible() -> None:
    assert Estimate.within(0.98, (0.95, 1.01), 5).cut(0, 1) == Estimate(0.98, 0.95, 1.0, None, 5)
    assert Estimate(0.98).cut(0, 1) == Estimate(0.98)


def test_an_estimate_covers_its_interval_and_nothing_else() -> None:
    estimate = Estimate.within(2.0, (1.0, 3.0), 7)
    assert estimate.covers(1.0) and estimate.covers(3.0) and not estimate.covers(3.1)
    assert not Estimate(2.0).covers(2.0)
    assert estimate.scaled(2.0) == Estimate(4.0, 2.0, 6.0, None, 7)
