"""Do the intervals hold the truth as often as they say?

As the demo study: 20 cases, 3 readers drawn from a population, the first 5 cases read twice by each.
"""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from SyntheticCECTLib.study.simulated_readers import (
    KnownErrors,
    draw_readers,
    normal_cases,
    simulated_records,
)
from SyntheticCECTLib.study.statistics.estimate import Estimate
from SyntheticCECTLib.study.statistics.inter_observer import inter_observer
from SyntheticCECTLib.study.statistics.intra_observer import intra_observer
from SyntheticCECTLib.study.statistics.read_table import ReadTable

MEAN_ML, CASE_SD_ML = 160.0, 30.0
ERRORS = KnownErrors()
TRUTH = ERRORS.known_truth(CASE_SD_ML, MEAN_ML)
FEW, MANY = 50, 120


def estimates(seed: int, cases: int = 20, readers: int = 3) -> dict[str, Estimate]:
    """Every estimate of the demo study of one seed, by the name of its truth."""
    truths = normal_cases(cases, MEAN_ML, CASE_SD_ML, seed)
    records = simulated_records(truths, draw_readers(readers, ERRORS, seed), repeats=5)
    table = ReadTable.of(records, "volume_ml", "unaided")
    groups = {"intra": intra_observer(table), "inter": inter_observer(table)}
    return {
        f"{key}.{name}": estimate
        for key, group in groups.items()
        for name, estimate in group.estimates().items()
    }


@pytest.fixture(scope="module")
def covered() -> list[set[str]]:
    """For each seed the estimates whose interval holds the truth."""
    return [
        {name for name, estimate in estimates(seed).items() if estimate.covers(TRUTH[name])}
        for seed in range(MANY)
    ]


def test_there_is_a_truth_for_every_estimate() -> None:
    found = estimates(0)
    assert set(found) == set(TRUTH)
    assert all(estimate.value is not None for estimate in found.values())


def test_over_fifty_seeds_the_intervals_cover_90_to_98_percent(covered: list[set[str]]) -> None:
    share = sum(len(names) for names in covered[:FEW]) / (FEW * len(TRUTH))
    assert 0.90 <= share <= 0.98


@pytest.mark.parametrize("name", sorted(TRUTH))
def test_each_interval_covers_its_truth_over_many_seeds(name: str, covered: list[set[str]]) -> None:
    share = Counter(found for names in covered for found in names)[name] / MANY
    # 2000 seeds give 92 to 95.5 % for each; 120 scatter around that with an SD of 2 %.
    assert 0.88 <= share <= 0.995


def test_more_cases_and_readers_bring_the_estimates_to_the_truth() -> None:
    found = estimates(1, cases=150, readers=30)
    for name, estimate in found.items():
        assert estimate.value == pytest.approx(TRUTH[name], rel=0.3), name
    # 30 readers repeat 5 cases each: 150 degrees of freedom.
    assert found["intra.sd"].value == pytest.approx(TRUTH["intra.sd"], rel=0.15)
    assert np.isclose(found["inter.rho"].value or 0, TRUTH["inter.rho"], atol=0.03)
