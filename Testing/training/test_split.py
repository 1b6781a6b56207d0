import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from SyntheticCECTLib.core.errors import InputRefused
from training.prepare.split import draw_split, same_patients

PAPER_CASES = {f"case{n:03}": f"case{n:03}" for n in range(150)}


def test_paper_has_120_10_and_20_patients() -> None:
    split = draw_split(PAPER_CASES, seed=2018)
    assert [len(cases) for cases in split.values()] == [120, 10, 20]


def test_same_seed_gives_the_same_split_whatever_the_order_of_the_list() -> None:
    backwards = dict(reversed(PAPER_CASES.items()))
    assert draw_split(PAPER_CASES, 1) == draw_split(backwards, 1) != draw_split(PAPER_CASES, 2)


@given(st.lists(st.integers(0, 12), min_size=1, max_size=40), st.integers(0, 5))
def test_nobody_is_in_two_splits_and_nobody_is_lost(patients: list[int], seed: int) -> None:
    groups = {f"c{n}": f"p{patient}" for n, patient in enumerate(patients)}
    split = draw_split(groups, seed, (3, 1, 1))
    assert sorted(case for cases in split.values() for case in cases) == sorted(groups)
    of = [{groups[case] for case in cases} for cases in split.values()]
    assert not (of[0] & of[1] or of[0] & of[2] or of[1] & of[2])
    if len(set(patients)) >= 3:
        assert all(split.values())


def test_splits_that_the_list_gives_are_kept() -> None:
    fixed = {"case000": "test", "case001": "test", "case002": "validation"}
    split = draw_split(PAPER_CASES, 7, fixed=fixed)
    assert {"case000", "case001"} <= set(split["test"]) and "case002" in split["validation"]


def test_cases_that_are_alike_become_one_patient() -> None:
    joined = same_patients({"a": "1", "b": "2", "c": "3", "d": "4"}, [("a", "b"), ("b", "c")])
    assert joined["a"] == joined["b"] == joined["c"] != joined["d"]


@pytest.mark.parametrize("shares", [(0, 0, 0), (1, 1), (1, -1, 1), (math.nan, 1, 1), (math.inf, 1, 1)])
def test_shares_that_make_no_sense_are_refused(shares: tuple[float, ...]) -> None:
    with pytest.raises(InputRefused, match="three numbers"):
        draw_split(PAPER_CASES, 1, shares)
