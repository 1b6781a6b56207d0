"""What the core raises, and what it reports without stopping."""

from __future__ import annotations

from dataclasses import asdict, dataclass


class InputRefused(ValueError):
    """An input that cannot be used.

    Args:
        code: Stable machine-readable word, such as ``not_ct``.
        message: What is wrong, with the value that is wrong.
        remedy: What the user can do about it.
    """

    def __init__(self, code: str, message: str, remedy: str = "") -> None:
        super().__init__(f"{message} {remedy}".strip())
        self.code, self.message, self.remedy = code, message, remedy

    def __reduce__(self) -> tuple[type[InputRefused], tuple[str, str, str]]:
        """For pickle, which carries it out of a worker process: it would rebuild it of the joined text alone."""
        return type(self), (self.code, self.message, self.remedy)


class Cancelled(RuntimeError):
    """Raised out of ``on_progress`` by a caller who no longer wants the result."""


@dataclass(frozen=True)
class Notice:
    """Something the user should know about a result that exists nevertheless."""

    code: str
    message: str

    def as_dict(self) -> dict[str, str]:
        return asdict(self)
