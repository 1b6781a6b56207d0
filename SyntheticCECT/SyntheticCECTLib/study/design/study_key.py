"""The coordinator's part of a study: the plan, the readers' tokens, and what each label stands for."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...core.errors import InputRefused
from ..study_folder import FORMAT, read_json, write_json
from .blinding import KeyEntry
from .plan import StudyPlan

DESIGN_JSON, KEY_JSON = "design.json", "key.json"


@dataclass(frozen=True)
class CaseFiles:
    """Where a case's images lie, relative to the study's folder.

    Attributes:
        image: One of its images under a blinded name.
        truth: In the coordinator's folder, or None.
        network: In the coordinator's folder, or None.
    """

    image: str
    truth: str | None = None
    network: str | None = None


@dataclass(frozen=True)
class StudyKey:
    """Everything that unblinds.

    Attributes:
        study_id: The study.
        plan: As it was carried out.
        tokens: Reader -> token.
        cases: Case -> its files.
        entries: Label by label.
        provenance: Software version, seeds, whether anything is simulated.
    """

    study_id: str
    plan: StudyPlan
    tokens: dict[str, str]
    cases: dict[str, CaseFiles]
    entries: list[KeyEntry]
    provenance: dict[str, Any] = field(default_factory=dict)

    def by_label(self) -> dict[str, KeyEntry]:
        """Label -> what it stands for."""
        return {entry.label: entry for entry in self.entries}

    def slices_of(self, case_id: str) -> tuple[int, ...]:
        """The axial slices that are read of a case; empty for all."""
        return next((entry.slices for entry in self.entries if entry.case_id == case_id), ())


def write_key(folder: Path, key: StudyKey) -> None:
    """Write ``design.json`` and ``key.json`` into the coordinator's folder."""
    design = {
        "format": FORMAT,
        "study_id": key.study_id,
        "plan": key.plan.as_dict(),
        "cases": {case_id: vars(files) for case_id, files in key.cases.items()},
        "provenance": key.provenance,
    }
    unblinding = {
        "format": FORMAT,
        "study_id": key.study_id,
        "tokens": key.tokens,
        "labels": [entry.as_dict() for entry in key.entries],
    }
    write_json(folder / DESIGN_JSON, design)
    write_json(folder / KEY_JSON, unblinding)


def read_key(folder: Path, study_id: str) -> StudyKey:
    """Read the coordinator's folder.

    Args:
        folder: Where ``design.json`` and ``key.json`` lie.
        study_id: The study that they must belong to.

    Raises:
        InputRefused: ``not_a_study`` or ``other_study``.
    """
    design = read_json(folder / DESIGN_JSON, "the design, which the coordinator keeps")
    unblinding = read_json(folder / KEY_JSON, "the key, which the coordinator keeps")
    if {design.get("study_id"), unblinding.get("study_id")} != {study_id}:
        raise InputRefused(
            "other_study", f"The key in '{folder}' belongs to another study.", "Give the key of this study."
        )
    try:
        return StudyKey(
            study_id,
            StudyPlan.from_dict(design["plan"]),
            dict(unblinding["tokens"]),
            {case_id: CaseFiles(**files) for case_id, files in design["cases"].items()},
            [KeyEntry.from_dict(entry) for entry in unblinding["labels"]],
            dict(design["provenance"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise InputRefused(
            "not_a_study", f"The key in '{folder}' cannot be used ({error}).", "Use a backup copy."
        ) from error
