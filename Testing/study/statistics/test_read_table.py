"""Which reads count, and how they line up."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from SyntheticCECTLib.study.records import Condition, ReadRecord
from SyntheticCECTLib.study.statistics.read_table import ReadTable

UNAIDED = Condition.UNAIDED.value
READ = ReadRecord(
    1, "s", "ann", "c1", UNAIDED, 1, 0, (3, 4), 40.0, 60.0, 0.9, 0.88, 0.92, 5.0, 60.0, None, None, "", 1
)  # fmt: skip


def table(*records: ReadRecord, measure: str = "volume_ml") -> ReadTable:
    return ReadTable.of(records, measure, UNAIDED)


def test_volume_is_that_of_both_chambers() -> None:
    assert table(READ).cells == {("ann", "c1"): (100.0,)}


def test_a_correction_replaces_the_first_answer_in_any_order() -> None:
    corrected = replace(READ, la_ml=50.0, version=2)
    assert table(READ, corrected).cells == table(corrected, READ).cells == {("ann", "c1"): (110.0,)}


def test_other_conditions_do_not_count() -> None:
    assert table(replace(READ, condition="overlay")).cells == {}


def test_conditions_may_be_given_as_the_enum() -> None:
    assert table(replace(READ, condition=Condition.UNAIDED)).cells == {("ann", "c1"): (100.0,)}


def test_a_repeat_without_its_first_read_is_left_out() -> None:
    assert table(replace(READ, repeat=1)).cells == {}


def test_repeats_stand_after_the_first_read() -> None:
    found = table(replace(READ, repeat=1, la_ml=42.0), READ)
    assert found.cells["ann", "c1"] == (100.0, 102.0)
    assert found.mean_inverse_repeats() == 0.5


def test_a_rating_has_no_volume() -> None:
    assert table(replace(READ, la_ml=None)).cells == {}
    assert table(replace(READ, rating=4), measure="rating").cells["ann", "c1"] == (4.0,)


def test_crossed_tables_hold_the_cases_of_every_reader() -> None:
    found = table(
        READ,
        replace(READ, reader="bob", lv_ml=70.0),
        replace(READ, case_id="c2"),
        replace(READ, reader="bob", repeat=1),
    )
    assert found.readers == ("ann", "bob") and found.cases == ("c1", "c2")
    assert found.complete_cases() == ("c1",)
    assert np.array_equal(found.first_reads(), [[100.0, 110.0]])
    assert np.array_equal(found.cell_means(), [[100.0, 105.0]])
    assert found.case_means() == {"c1": 105.0}
    assert found.mean_inverse_repeats() == pytest.approx(0.75)
