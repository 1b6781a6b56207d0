"""The timer counts work and leaves out absence."""

from __future__ import annotations

from SyntheticCECTLib.study.active_timer import ActiveTimer


def timer_at(steps: list[float], spent: float = 0.0) -> ActiveTimer:
    """A timer with a limit of 60 s whose clock shows these times, one at each look."""
    return ActiveTimer(60.0, iter(steps).__next__, spent)


def test_time_between_interactions_counts() -> None:
    timer = timer_at([0, 10, 70])
    assert [timer.touch() for _ in range(3)] == [0, 10, 70]


def test_absence_does_not_count_at_all() -> None:
    timer = timer_at([0, 10, 71, 75])
    assert [timer.touch() for _ in range(4)] == [0, 10, 10, 14]


def test_pause_counts_what_came_before_it_and_nothing_after() -> None:
    timer = timer_at([0, 5, 30, 31])
    timer.touch()
    assert timer.pause() == 5 and not timer.running
    assert timer.touch() == 5 and timer.running
    assert timer.touch() == 6


def test_pause_without_work_changes_nothing() -> None:
    assert timer_at([], spent=7.0).pause() == 7.0


def test_earlier_work_is_added_to() -> None:
    timer = timer_at([100, 103], spent=40.0)
    timer.touch()
    assert timer.touch() == 43.0
