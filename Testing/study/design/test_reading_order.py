"""Each reader's order: his own, repeatable, balanced, and with repeats apart."""

from __future__ import annotations

from collections import Counter

import pytest

from SyntheticCECTLib.study.design.reading_order import PlannedRead, reading_order, smallest_gap
from SyntheticCECTLib.study.records import Condition
from Testing.study.small_study import plan

CASES = [f"case-{number}" for number in range(1, 21)]
BOTH = (Condition.UNAIDED, Condition.OVERLAY)


def of(order: list[PlannedRead], reader: str) -> list[PlannedRead]:
    return [planned for planned in order if planned.reader == reader]


def test_each_reader_reads_every_case_once_in_an_order_of_his_own() -> None:
    order = reading_order(plan(readers=("A", "B", "C")), CASES)
    orders = [[planned.case_id for planned in of(order, reader)] for reader in "ABC"]
    assert all(sorted(cases) == sorted(CASES) for cases in orders)
    assert len({tuple(cases) for cases in [*orders, CASES]}) == 4
    assert [planned.position for planned in of(order, "B")] == list(range(1, 21))


def test_same_seed_gives_the_same_order_whatever_the_order_of_the_cases() -> None:
    assert reading_order(plan(), CASES) == reading_order(plan(), CASES[::-1])
    assert reading_order(plan(), CASES) != reading_order(plan(seed=5), CASES)


def test_later_versions_draw_the_same_order() -> None:
    first = [
        planned.case_id for planned in reading_order(plan(seed=1), CASES[:6]) if planned.reader == "Anna"
    ]
    assert first == ["case-4", "case-3", "case-1", "case-2", "case-5", "case-6"]


def test_conditions_are_balanced_and_no_case_comes_twice_in_a_session() -> None:
    order = reading_order(plan(readers=("A", "B", "C"), conditions=BOTH, sessions=2), CASES)
    for reader in "ABC":
        own = of(order, reader)
        assert {(p.case_id, p.condition) for p in own} == {(c, k) for c in CASES for k in BOTH}
        for session in (1, 2):
            here = [planned for planned in own if planned.session == session]
            assert Counter(planned.condition for planned in here) == dict.fromkeys(BOTH, 10)
            assert len({planned.case_id for planned in here}) == 20
    first = Counter(p.condition for p in order if p.sighting == 0)
    assert first == dict.fromkeys(BOTH, 30), "no condition is always the first to be read"


@pytest.mark.parametrize("seed", range(20))
def test_repeats_are_the_same_cases_for_all_and_far_from_their_first_read(seed: int) -> None:
    order = reading_order(plan(repeats=5, repeat_gap=5, seed=seed), CASES)
    again = {reader: {p.case_id for p in of(order, reader) if p.repeat == 1} for reader in ("Anna", "Ben")}
    assert again["Anna"] == again["Ben"] and len(again["Anna"]) == 5
    gap = smallest_gap(order)
    assert gap is not None and gap >= 5
    for planned in order:
        earlier = [
            p for p in of(order, planned.reader)[: planned.position - 1] if p.case_id == planned.case_id
        ]
        assert planned.repeat == planned.sighting == len(earlier)


def test_repeats_come_in_another_session_where_there_is_one() -> None:
    order = reading_order(plan(repeats=4, sessions=2), CASES)
    by_case = Counter((p.reader, p.session, p.case_id) for p in order)
    assert max(by_case.values()) == 1 and sum(p.repeat for p in order) == 8
    assert smallest_gap(order) is None


def test_gap_gives_way_where_there_are_too_few_cases() -> None:
    order = reading_order(plan(repeats=3, repeat_gap=5), CASES[:3])
    assert len(order) == 12
    gap = smallest_gap(order)
    assert gap is not None and 1 <= gap <= 2
