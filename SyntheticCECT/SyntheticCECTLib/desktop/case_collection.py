"""Several cases whose volumes are compared with their references."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..core.errors import InputRefused

HEADINGS = ("Case", "Estimate mL", "Reference mL", "dV %", "Dice")


@dataclass(frozen=True)
class ComparedCase:
    """One case.

    Attributes:
        case_id: Its name.
        predicted_ml: Left atrium and left ventricle together, as estimated.
        reference_ml: The same of the reference.
        dice: Mean of slices; ``None`` where it has no value.
    """

    case_id: str
    predicted_ml: float
    reference_ml: float
    dice: float | None

    def row(self) -> tuple[str, ...]:
        """Columns `HEADINGS`."""
        error = (
            abs(self.predicted_ml - self.reference_ml) / self.reference_ml * 100
            if self.reference_ml
            else None
        )
        return (
            self.case_id, f"{self.predicted_ml:.1f}", f"{self.reference_ml:.1f}",
            "no value" if error is None else f"{error:.1f}", "no value" if self.dice is None else f"{self.dice:.3f}",
        )  # fmt: skip


def joined(earlier: Sequence[ComparedCase], later: Sequence[ComparedCase]) -> list[ComparedCase]:
    """Both lists; of two cases of one name the later one, at the place of the earlier."""
    return list({case.case_id: case for case in (*earlier, *later)}.values())


def cases_text(cases: Sequence[ComparedCase]) -> str:
    """The cases as text, to be kept in a scene; empty for none."""
    return json.dumps([asdict(case) for case in cases]) if cases else ""


def cases_from(text: str) -> list[ComparedCase]:
    """The cases of `cases_text`; none of text that is something else."""
    try:
        return [
            ComparedCase(
                str(one["case_id"]),
                float(one["predicted_ml"]),
                float(one["reference_ml"]),
                None if one["dice"] is None else float(one["dice"]),
            )
            for one in json.loads(text or "[]")
        ]
    except (ValueError, KeyError, TypeError):
        return []


def require_cases(text: str) -> None:
    """Raises ValueError for text that `cases_text` did not write."""
    if text and not cases_from(text):
        raise ValueError("not a list of compared cases")


def compared_case(case_id: str, agreement: Mapping[str, Any] | None) -> ComparedCase:
    """From what ``agreement`` of metrics.json holds.

    Raises:
        InputRefused: ``no_reference`` where there was none to compare with.
    """
    predicted, reference = ((agreement or {}).get(key) for key in ("predicted_ml", "reference_ml"))
    if not predicted or not reference:
        raise InputRefused(
            "no_reference",
            f"'{case_id}' was not compared with reference chambers.",
            "Choose a reference segmentation and press Compare.",
        )
    assert agreement is not None
    return ComparedCase(case_id, float(predicted["union"]), float(reference["union"]), agreement.get("dice"))


def cases_in(folder: Path) -> tuple[list[ComparedCase], list[str]]:
    """Every result in a folder, or in folders right below it.

    Returns:
        Cases that can be compared, and why others cannot.
    """
    from ..core.case_folder import METRICS_JSON

    cases, problems = [], []
    for path in sorted([*folder.glob(METRICS_JSON), *folder.glob(f"*/{METRICS_JSON}")]):
        name = path.parent.name
        try:
            metrics = json.loads(path.read_text(encoding="utf-8"))
            cases.append(compared_case(name, metrics.get("agreement")))
        except InputRefused as refusal:
            problems.append(refusal.message)
        except (OSError, ValueError, AttributeError, KeyError, TypeError) as error:
            problems.append(f"'{name}' cannot be read ({error}).")
    return cases, problems
