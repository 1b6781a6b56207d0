"""Slices are drawn by chance, as many as wanted, the same ones from the same seed."""

from __future__ import annotations

from collections import Counter

import pytest

from SyntheticCECTLib.core.errors import InputRefused
from SyntheticCECTLib.study.design.plan import PER_PATIENT, PER_STUDY, SliceChoice
from SyntheticCECTLib.study.design.slice_choice import choose_slices

CANDIDATES = {"a": list(range(10, 20)), "b": list(range(5)), "c": [7, 8]}


def test_all_slices_means_the_whole_scan() -> None:
    assert choose_slices(CANDIDATES, SliceChoice(), 1) == {"a": (), "b": (), "c": ()}


def test_so_many_slices_of_each_patient() -> None:
    chosen = choose_slices(CANDIDATES, SliceChoice(PER_PATIENT, 2), 1)
    assert all(len(slices) == 2 and set(slices) <= set(CANDIDATES[case]) for case, slices in chosen.items())
    assert chosen["c"] == (7, 8)
    assert chosen == choose_slices(CANDIDATES, SliceChoice(PER_PATIENT, 2), 1)
    assert chosen != choose_slices(CANDIDATES, SliceChoice(PER_PATIENT, 2), 2)


def test_so_many_slices_of_the_whole_study_and_no_case_without_one() -> None:
    for seed in range(50):
        chosen = choose_slices(CANDIDATES, SliceChoice(PER_STUDY, 3), seed)
        assert sum(len(slices) for slices in chosen.values()) == 3
        assert all(slices == tuple(sorted(set(slices))) and slices for slices in chosen.values())


def test_every_slice_is_as_likely_as_the_next() -> None:
    seen: Counter[tuple[str, int]] = Counter()
    for seed in range(1700):
        for case, slices in choose_slices(CANDIDATES, SliceChoice(PER_STUDY, 3), seed).items():
            seen.update((case, k) for k in slices)
    # 17 candidates, 300 expected each with a standard deviation of 15.7; five of them on either side.
    assert len(seen) == 17 and min(seen.values()) > 220 and max(seen.values()) < 380


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        (SliceChoice(PER_PATIENT, 3), "Case 'c' has 2 slices"),
        (SliceChoice(PER_STUDY, 18), "together have 17 slices"),
    ],
)
def test_too_few_slices_are_refused_with_their_number(choice: SliceChoice, said: str) -> None:
    with pytest.raises(InputRefused, match=said):
        choose_slices(CANDIDATES, choice, 1)
