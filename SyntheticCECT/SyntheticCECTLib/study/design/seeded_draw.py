"""Draws that a seed repeats on any machine and with any Python."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TypeVar

Item = TypeVar("Item")


class SeededDraw:
    """Random choices that depend on nothing but what is named.

    Only ``random.Random.random`` is used: Python promises the same numbers for the same seed in later versions for
    that one alone.

    Args:
        seed: Of the study.
        purpose: What is drawn and for whom; different purposes are independent.
    """

    def __init__(self, seed: int, *purpose: object) -> None:
        self._random = random.Random("/".join(str(part) for part in (seed, *purpose)))

    def below(self, count: int) -> int:
        """A whole number from 0 to ``count - 1``."""
        return int(self._random.random() * count)

    def one_of(self, items: Sequence[Item]) -> Item:
        """One of them, each as likely as the next."""
        return items[self.below(len(items))]

    def shuffled(self, items: Sequence[Item]) -> list[Item]:
        """All of them in random order (Fisher and Yates)."""
        mixed = list(items)
        for last in range(len(mixed) - 1, 0, -1):
            other = self.below(last + 1)
            mixed[last], mixed[other] = mixed[other], mixed[last]
        return mixed
