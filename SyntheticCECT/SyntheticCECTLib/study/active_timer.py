"""Measures how long somebody works on a case: a coffee does not count."""

from __future__ import annotations

import time
from collections.abc import Callable

IDLE_LIMIT_S = 60.0


class ActiveTimer:
    """Adds up the time between interactions that are not too far apart.

    Of a longer gap nothing counts: whoever did nothing for that long was away, and nobody knows since when.

    Args:
        idle_limit_s: Gaps longer than this do not count.
        clock: Seconds that never run backwards.
        spent_s: Time spent earlier.
    """

    def __init__(
        self,
        idle_limit_s: float = IDLE_LIMIT_S,
        clock: Callable[[], float] = time.monotonic,
        spent_s: float = 0.0,
    ) -> None:
        self._idle_limit_s, self._clock = idle_limit_s, clock
        self._spent_s = spent_s
        self._last: float | None = None

    def touch(self) -> float:
        """Something was done: a stroke, a scroll, a key. Starts the timer, or resumes it after `pause`.

        Returns:
            Seconds spent so far.
        """
        now = self._clock()
        if self._last is not None and now - self._last <= self._idle_limit_s:
            self._spent_s += now - self._last
        self._last = now
        return self._spent_s

    def pause(self) -> float:
        """Stop until the next `touch`; what came before counts as for `touch`."""
        spent = self.touch() if self._last is not None else self._spent_s
        self._last = None
        return spent

    @property
    def running(self) -> bool:
        return self._last is not None

    @property
    def seconds(self) -> float:
        """Spent up to the last interaction."""
        return self._spent_s
