"""What stands for pytest inside Slicer says no where pytest does; else the tests there would prove nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from Testing import small_pytest


@pytest.mark.parametrize(
    ("value", "expected", "equal"),
    [
        (1.0, 1.0 + 1e-9, True), (1.0, 1.01, False), ((1, 2), [1, 2], True), ([1, 2], [1, 2, 3], False),
        (np.eye(4), np.eye(4), True), (np.eye(4), np.eye(4) * 1.01, False), (np.eye(4), np.eye(3), False), (1.0, [1.0], False),
    ],
)  # fmt: skip
def test_numbers_and_arrays_are_compared_as_pytest_does(value: Any, expected: Any, equal: bool) -> None:
    assert (value == small_pytest.approx(expected)) is equal
    assert (value == pytest.approx(expected)) is equal


def test_failure_and_skip_are_told_apart() -> None:
    def test_good(number: int) -> None:
        assert number == 3

    def test_bad(number: int) -> None:
        assert number == 4

    def test_absent() -> None:
        small_pytest.skip("not here")

    module: Any = small_pytest.ModuleType("tests")
    module.number = small_pytest.fixture(lambda: 3)
    module.test_good, module.test_bad, module.test_absent = test_good, test_bad, test_absent
    outcome = small_pytest.Outcome()
    small_pytest.Runner([]).run(module, outcome)
    assert outcome.passed == ["tests.test_good"] and outcome.skipped == ["tests.test_absent"]
    assert list(outcome.failed) == ["tests.test_bad"]


def test_exception_that_does_not_come_is_a_failure() -> None:
    with pytest.raises(AssertionError), small_pytest.raises(ValueError):
        pass
    with pytest.raises(AssertionError), small_pytest.raises(ValueError, match="no such words"):
        raise ValueError("others")
