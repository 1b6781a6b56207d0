"""What a coordinator decides about a study."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ...core.errors import InputRefused
from ..active_timer import IDLE_LIMIT_S
from ..records import Condition

ALL, PER_PATIENT, PER_STUDY = "all", "per patient", "per study"


@dataclass(frozen=True)
class SliceChoice:
    """Which axial slices are read.

    Attributes:
        kind: ``all`` slices of each case, ``count`` random ones ``per patient``, or ``count`` ``per study``, as the
            paper's 10 images of its test set.
        count: How many; 0 for all.
    """

    kind: str = ALL
    count: int = 0


@dataclass(frozen=True)
class StudyPlan:
    """All decisions that, with the cases, make a study.

    Attributes:
        name: Of the study; readers see it.
        readers: Their names.
        conditions: What is asked for; each reader reads each case once under each condition.
        slices: Which axial slices.
        sessions: In how many sittings; with as many as conditions, no case comes twice in a session.
        washout_days: At least between the end of a session and the beginning of the next.
        repeats: How many of the cases each reader reads a second time under each condition, unknowingly.
        repeat_gap: At least so many other cases lie between two reads of one case, where there are enough.
        seed: Of the choice of slices, of the repeated cases and of each reader's order.
        instructions: What readers shall know.
        rating_scale: Ratings and confidence run from 1 to this.
        idle_limit_s: A gap between two interactions that is longer than this counts as absence.
    """

    name: str
    readers: tuple[str, ...]
    conditions: tuple[Condition, ...] = (Condition.UNAIDED,)
    slices: SliceChoice = SliceChoice()
    sessions: int = 1
    washout_days: float = 0.0
    repeats: int = 0
    repeat_gap: int = 5
    seed: int = 1
    instructions: str = ""
    rating_scale: int = 5
    idle_limit_s: float = IDLE_LIMIT_S

    def as_dict(self) -> dict[str, Any]:
        """Plain types for JSON."""
        return asdict(self) | {"conditions": [condition.value for condition in self.conditions]}

    @classmethod
    def from_dict(cls, entries: dict[str, Any]) -> StudyPlan:
        """The inverse of `as_dict`."""
        changed = {
            "readers": tuple(entries["readers"]),
            "conditions": tuple(Condition(word) for word in entries["conditions"]),
            "slices": SliceChoice(**entries["slices"]),
        }
        return cls(**(entries | changed))


def check_plan(plan: StudyPlan, case_ids: Sequence[str]) -> None:
    """Refuse a plan that cannot be carried out, naming everything that is wrong with it.

    Raises:
        InputRefused: ``bad_study_plan``.
    """
    problems = [problem for wrong, problem in _problems(plan, case_ids) if wrong]
    if problems:
        raise InputRefused(
            "bad_study_plan", f"The study cannot be made: {'; '.join(problems)}.", "Change that."
        )


def _problems(plan: StudyPlan, case_ids: Sequence[str]) -> list[tuple[bool, str]]:
    twice = {name for name in case_ids if list(case_ids).count(name) > 1}
    readers_twice = {name for name in plan.readers if plan.readers.count(name) > 1}
    return [
        (not case_ids, "it has no cases"),
        (bool(twice), f"these cases come twice: {', '.join(sorted(twice))}"),
        (not plan.readers, "it has no readers"),
        (bool(readers_twice), f"these readers come twice: {', '.join(sorted(readers_twice))}"),
        (
            any(not name.strip() or len(name) > 100 for name in plan.readers),
            "a reader's name is empty or too long",
        ),
        (not plan.name.strip(), "it has no name"),
        (not plan.conditions, "it has no conditions"),
        (len(set(plan.conditions)) < len(plan.conditions), "a condition comes twice"),
        (
            plan.slices.kind not in (ALL, PER_PATIENT, PER_STUDY),
            f"'{plan.slices.kind}' is no choice of slices",
        ),
        (
            plan.slices.kind != ALL and plan.slices.count < 1,
            f"{plan.slices.count} slices cannot be read",
        ),
        (plan.sessions < 1, f"{plan.sessions} sessions are fewer than 1"),
        (
            plan.sessions > max(len(case_ids), 1) * max(len(plan.conditions), 1),
            f"{plan.sessions} sessions are more than there are reads",
        ),
        (plan.washout_days < 0, f"a wash-out of {plan.washout_days:g} days is negative"),
        (
            not 0 <= plan.repeats <= len(case_ids),
            f"{plan.repeats} cases cannot be repeated, there are {len(case_ids)}",
        ),
        (plan.repeat_gap < 1, f"a gap of {plan.repeat_gap} cases before a repeat is less than 1"),
        (not 2 <= plan.rating_scale <= 100, f"a scale from 1 to {plan.rating_scale} is none from 2 to 100"),
        (plan.idle_limit_s <= 0, f"an idle limit of {plan.idle_limit_s:g} s is not positive"),
    ]
