"""What a person decided about each case, in a table beside the results."""

from __future__ import annotations

import csv
import io
from dataclasses import astuple, dataclass, fields
from datetime import datetime, timezone
from enum import Enum
from pathlib import Path

from ..core.errors import InputRefused

FILE = "quality.csv"


class Verdict(Enum):
    """What becomes of a case."""

    PASS = "pass"
    FIX = "fix"
    FAIL = "fail"


@dataclass(frozen=True)
class Decision:
    """One verdict.

    Attributes:
        case_id: Of which case.
        verdict: ``pass``, ``fix`` or ``fail``.
        comment: In one line.
        decided_at: UTC, ISO 8601.
    """

    case_id: str
    verdict: str
    comment: str
    decided_at: str


class QualityCheck:
    """The decisions of one results folder; the last one of a case counts.

    Args:
        folder: Of the results.

    Raises:
        InputRefused: ``bad_verdicts`` where a program has saved the table in a way that loses some.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self.decisions: dict[str, Decision] = {}
        if self._path.is_file():
            for row in _rows(self._path):
                known = {one.name: row.get(one.name) or "" for one in fields(Decision)}
                self.decisions[known["case_id"]] = Decision(**known)

    def decide(self, case_id: str, verdict: Verdict, comment: str) -> None:
        """Keeps a verdict, in the file too.

        Raises:
            OSError: The folder cannot be written.
        """
        now = datetime.now(timezone.utc).isoformat(timespec="seconds")
        line = " ".join(comment.split())
        self.decisions[case_id] = Decision(case_id, verdict.value, line, now)
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow([one.name for one in fields(Decision)])
        writer.writerows(astuple(decision) for decision in self.decisions.values())
        fresh = self._path.with_name(f".{FILE}.partial")
        fresh.write_text(text.getvalue(), encoding="utf-8")
        fresh.replace(self._path)

    def next_undecided(self, case_ids: list[str], after: str | None) -> str | None:
        """The next case without a verdict.

        Args:
            case_ids: In the order of the table.
            after: The case that is looked at; the search goes on behind it and then from the start.
        """
        start = case_ids.index(after) + 1 if after in case_ids else 0
        return next((one for one in case_ids[start:] + case_ids[:start] if one not in self.decisions), None)


def _rows(path: Path) -> list[dict[str, str]]:
    """Of the table, also as a spreadsheet saves it."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise _bad(path, f"it is not in UTF-8 ({error})") from None
    # Where a comma is the decimal sign, spreadsheets separate by semicolons.
    heading = text.partition("\n")[0]
    separator = ";" if ";" in heading and "," not in heading else ","
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=separator)
    if heading and "case_id" not in (reader.fieldnames or ()):
        raise _bad(path, "it has no column 'case_id'")
    return list(reader)


def _bad(path: Path, why: str) -> InputRefused:
    return InputRefused(
        "bad_verdicts",
        f"The verdicts in '{path}' cannot be read: {why}.",
        "Save the table as 'CSV UTF-8', or put it elsewhere to begin anew.",
    )
