"""What a person says of a result."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

PASS, FIX, FAIL = "pass", "fix", "fail"
VERDICTS = (PASS, FIX, FAIL)
REASONS = {
    "heart": "heart not found right",
    "leak": "chamber leaks",
    "missing": "part of a chamber missing",
    "split": "atrium and ventricle mixed up",
    "contrast": "contrast in the wrong place",
    "input": "scan not suitable",
}


@dataclass(frozen=True)
class Verdict:
    """One verdict.

    Attributes:
        verdict: One of `VERDICTS`; empty while there is none.
        reasons: Keys of `REASONS`.
        text: Free.
        edited: File with the corrected chambers, beside the original; empty for none.
        given_at: UTC, ISO 8601.
    """

    verdict: str = ""
    reasons: tuple[str, ...] = ()
    text: str = ""
    edited: str = ""
    given_at: str = ""

    def as_dict(self) -> dict[str, Any]:
        return asdict(self) | {"reasons": list(self.reasons)}

    @classmethod
    def of(cls, entry: dict[str, Any]) -> Verdict:
        """From `as_dict`.

        Raises:
            ValueError: It is none.
        """
        given: dict[str, Any] = entry | {"reasons": tuple(entry.get("reasons", ()))}
        verdict = cls(**given)
        if verdict.verdict not in ("", *VERDICTS):
            raise ValueError(f"'{verdict.verdict}' is no verdict")
        return verdict
