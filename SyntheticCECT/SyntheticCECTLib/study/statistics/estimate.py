"""A statistic with its interval, or the reason why it has none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, fields, replace
from functools import wraps
from typing import Any, ParamSpec, Protocol, TypeVar

from ...core.metrics.no_value import NoValue

CONFIDENCE = 0.95
Interval = tuple[float, float]

Given = ParamSpec("Given")


@dataclass(frozen=True)
class Estimate:
    """One number, its confidence interval, what it rests on.

    Attributes:
        value: The estimate; ``None`` where the reads do not support one, never NaN.
        low: Lower end of the interval, ``None`` where there is none.
        high: Upper end.
        p: Two-sided p value, where the statistic has a test.
        n: What it rests on: cases, pairs or reads, as the statistic says.
        reason: Why there is no value; empty where there is one.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    p: float | None = None
    n: int = 0
    reason: str = ""

    @classmethod
    def without(cls, reason: str) -> Estimate:
        """An estimate that has no value."""
        return cls(None, reason=reason)

    @classmethod
    def within(cls, value: float, interval: Interval, n: int, p: float | None = None) -> Estimate:
        """Plain floats from numpy's."""
        low, high = interval
        return cls(float(value), float(low), float(high), None if p is None else float(p), int(n))

    def scaled(self, factor: float) -> Estimate:
        """The estimate of ``factor`` times the quantity; factor > 0."""

        def times(x: float | None) -> float | None:
            return None if x is None else x * factor

        return Estimate(times(self.value), times(self.low), times(self.high), self.p, self.n, self.reason)

    def cut(self, least: float, most: float) -> Estimate:
        """The same with an interval that stays within what is possible, such as a Dice of at most 1."""
        if self.low is None or self.high is None:
            return self
        return replace(self, low=max(self.low, least), high=min(self.high, most))

    def covers(self, truth: float) -> bool:
        """Whether the interval holds ``truth``; an estimate without interval covers nothing."""
        return self.low is not None and self.high is not None and self.low <= truth <= self.high

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


class EstimateGroup:
    """Base of dataclasses whose fields are all `Estimate`."""

    @classmethod
    def without(cls, reason: str) -> Any:
        """All fields without value, for one reason."""
        return cls(**{field.name: Estimate.without(reason) for field in fields(cls)})  # type: ignore[arg-type]

    def estimates(self) -> dict[str, Estimate]:
        """The estimates by name, in the order of the fields."""
        return {field.name: getattr(self, field.name) for field in fields(self)}  # type: ignore[arg-type]


class _HasWithout(Protocol):
    @classmethod
    def without(cls, reason: str) -> Any: ...


Result = TypeVar("Result", bound=_HasWithout)


def reason_instead(
    kind: type[Result],
) -> Callable[[Callable[Given, Result]], Callable[Given, Result]]:
    """Makes a function that raises `NoValue` return ``kind`` without value and with the reason instead."""

    def decorate(compute: Callable[Given, Result]) -> Callable[Given, Result]:
        @wraps(compute)
        def run(*arguments: Given.args, **named: Given.kwargs) -> Result:
            try:
                return compute(*arguments, **named)
            except NoValue as why:
                return kind.without(str(why))

        return run

    return decorate


def require(n: int, needs: int, what: str = "reads") -> None:
    """Refuses to compute from too little.

    Raises:
        NoValue: ``not enough reads (n = 3, needs 5)``.
    """
    if n < needs:
        raise NoValue(f"not enough {what} (n = {n}, needs {needs})")
