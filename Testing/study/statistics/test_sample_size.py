"""Sample sizes against published figures and against the intervals that they promise."""

from __future__ import annotations

import numpy as np
import pytest

from SyntheticCECTLib.core.errors import InputRefused
from SyntheticCECTLib.study.statistics.bland_altman import limits_of_agreement
from SyntheticCECTLib.study.statistics.intraclass import icc_3_1
from SyntheticCECTLib.study.statistics.sample_size import (
    cases_for_icc,
    cases_for_limits,
    repeats_for_within_sd,
)


def test_icc_is_bonetts_example() -> None:
    # Bonett, Stat Med 21:1331 (2002): 4 raters, ICC 0.85, width 0.2 gives 19.2, so 20.
    assert cases_for_icc(0.85, readers=4, width=0.2) == 20


def test_two_readers_of_high_icc_get_bonetts_correction() -> None:
    plain = 8 * 1.959964**2 * (1 - 0.8) ** 2 * 1.8**2 / (2 * 0.2**2) + 1
    assert cases_for_icc(0.8, readers=2, width=0.2) == int(np.ceil(plain + 5 * 0.8))


@pytest.mark.parametrize(("n", "half_width_in_sd"), [(100, 0.34), (200, 0.24)])
def test_limits_are_blands_figures(n: int, half_width_in_sd: float) -> None:
    # Bland: 100 cases give +-0.34 s, 200 give +-0.24 s (1.96 sqrt(3 / n) s).
    wanted = cases_for_limits(half_width_in_sd, 1.0)
    assert wanted == pytest.approx(n, rel=0.06)


def test_the_wanted_limit_is_just_reached() -> None:
    n, random = cases_for_limits(3.0, 8.0), np.random.default_rng(1)

    def half_width(count: int) -> float:
        values = random.normal(size=count)
        values = 8.0 * (values - values.mean()) / values.std(ddof=1)
        upper = limits_of_agreement(values, np.zeros(count)).upper
        assert upper.high is not None and upper.value is not None
        return upper.high - upper.value

    assert half_width(n) <= 3.0 < half_width(n - 1)


def test_the_wanted_icc_interval_is_about_reached() -> None:
    n, random = cases_for_icc(0.9, readers=3, width=0.1), np.random.default_rng(7)
    widths = []
    for _ in range(60):
        table = random.normal(0, 3, (n, 1)) + random.normal(0, 1, (n, 3))
        found = icc_3_1(table)
        assert found.low is not None and found.high is not None
        widths.append(found.high - found.low)
    assert np.mean(widths) == pytest.approx(0.1, rel=0.15)


def test_repeats_are_blands_figure() -> None:
    # Bland: to know the within-subject SD to 10 %, n (m - 1) = 192... 193 when rounded up.
    assert repeats_for_within_sd(0.10) in (192, 193)


@pytest.mark.parametrize(
    "refused",
    [
        lambda: cases_for_limits(0.0, 1.0),
        lambda: cases_for_limits(1.0, float("inf")),
        lambda: cases_for_limits(1e-9, 1.0),
        lambda: cases_for_icc(1.0, 3, 0.1),
        lambda: cases_for_icc(0.9, 1, 0.1),
        lambda: repeats_for_within_sd(-1.0),
    ],
)
def test_what_cannot_be_planned_is_refused_with_a_remedy(refused) -> None:
    with pytest.raises(InputRefused) as why:
        refused()
    assert why.value.remedy
