"""Who reads what, when: each reader in a random order of his own, conditions balanced, repeats apart and unannounced."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ..records import Condition
from .plan import StudyPlan
from .seeded_draw import SeededDraw

_TRIES = 200


@dataclass(frozen=True)
class PlannedRead:
    """One presentation of a case to one reader.

    Attributes:
        reader: Who.
        position: From 1 over all of his sessions.
        session: From 1.
        case_id: Which case.
        condition: What he is asked for.
        repeat: 0 for the first presentation of the case under this condition, then 1.
        sighting: How often this reader has seen the case before under any condition.
    """

    reader: str
    position: int
    session: int
    case_id: str
    condition: Condition
    repeat: int
    sighting: int


_Showing = tuple[str, Condition]


def reading_order(plan: StudyPlan, case_ids: Sequence[str]) -> list[PlannedRead]:
    """All presentations, reader by reader in his order.

    Case number n (in a random order of the reader's own) is read under condition c in session n + c, counted
    around: a Latin square, so that every session holds every condition equally often (but for remainders), and that
    no case comes twice in a session when there are at least as many sessions as conditions. A repeat comes in the
    session after the first presentation, in the same one where there is but one session.

    The repeated cases are the same for all readers, so that their variability is measured on the same cases.
    """
    repeated = SeededDraw(plan.seed, "repeats").shuffled(sorted(case_ids))[: plan.repeats]
    return [
        planned
        for number, reader in enumerate(plan.readers)
        for planned in _order_of(plan, reader, number, sorted(case_ids), set(repeated))
    ]


def smallest_gap(order: Sequence[PlannedRead]) -> int | None:
    """How many other cases lie at least between two reads of one case by one reader in one session; None if none does."""
    gaps = []
    last: dict[tuple[str, int, str], int] = {}
    for planned in order:
        key = (planned.reader, planned.session, planned.case_id)
        if key in last:
            gaps.append(planned.position - last[key] - 1)
        last[key] = planned.position
    return min(gaps, default=None)


def _order_of(
    plan: StudyPlan, reader: str, number: int, case_ids: list[str], repeated: set[str]
) -> list[PlannedRead]:
    draw = SeededDraw(plan.seed, "order", reader)
    sessions: list[list[_Showing]] = [[] for _ in range(plan.sessions)]
    for place, case_id in enumerate(draw.shuffled(case_ids)):
        for index, condition in enumerate(plan.conditions):
            # Readers start the square at different places: no condition is always the first that a case is read under.
            session = (place + index + number) % plan.sessions
            sessions[session].append((case_id, condition))
            if case_id in repeated:
                sessions[(session + 1) % plan.sessions].append((case_id, condition))
    order: list[PlannedRead] = []
    seen: Counter[_Showing] = Counter()
    sightings: Counter[str] = Counter()
    for session, showings in enumerate(sessions, start=1):
        for showing in _apart(showings, plan.repeat_gap, draw):
            case_id, condition = showing
            order.append(
                PlannedRead(
                    reader, len(order) + 1, session, case_id, condition, seen[showing], sightings[case_id]
                )
            )
            seen[showing] += 1
            sightings[case_id] += 1
    return order


def _apart(showings: list[_Showing], gap: int, draw: SeededDraw) -> list[_Showing]:
    """A random order in which two showings of one case have at least ``gap`` others between them, or as many as can be."""
    gap = min(gap, len({case_id for case_id, _ in showings}) - 1)
    while gap > 0:
        for _ in range(_TRIES):
            order = _one_try(showings, gap, draw)
            if order is not None:
                return order
        gap -= 1
    return draw.shuffled(showings)


def _one_try(showings: list[_Showing], gap: int, draw: SeededDraw) -> list[_Showing] | None:
    """Picks one after the other at random among those whose case was not shown lately; None at a dead end."""
    left = draw.shuffled(showings)
    order: list[_Showing] = []
    while left:
        lately = {case_id for case_id, _ in order[-gap:]}
        waiting = Counter(case_id for case_id, _ in left)
        free = [showing for showing in left if showing[0] not in lately]
        # What must still come several times cannot wait until the others are used up.
        urgent = [
            s for s in free if waiting[s[0]] > 1 and (waiting[s[0]] - 1) * (gap + 1) >= len(left) - gap - 1
        ]
        if not free:
            return None
        order.append(draw.one_of(urgent or free))
        left.remove(order[-1])
    return order
