"""Numbers by name, where a number that does not exist leaves its reason instead."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from .no_value import NoValue


@dataclass
class Figures:
    """Numbers by key; one without value is ``None`` in ``values`` and has its reason in ``reasons``."""

    values: dict[str, float | None] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)

    def add(self, key: str, compute: Callable[..., float], *arguments: object) -> None:
        """Store what ``compute(*arguments)`` returns, or, when it raises `NoValue`, why it has no value."""
        try:
            self.values[key] = float(compute(*arguments))
        except NoValue as why:
            self.leave_out((key,), str(why))

    def leave_out(self, keys: Iterable[str], reason: str) -> None:
        """Record that these have no value, all for one reason."""
        for key in keys:
            self.values[key] = None
            self.reasons[key] = reason

    def update(self, other: Figures) -> None:
        """Take over all of another's figures."""
        self.values.update(other.values)
        self.reasons.update(other.reasons)
