"""Chooses the axial slices that are read, by chance and without regard to what anybody will make of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ...core.errors import InputRefused
from .plan import ALL, PER_PATIENT, SliceChoice
from .seeded_draw import SeededDraw


def choose_slices(
    candidates: Mapping[str, Sequence[int]], choice: SliceChoice, seed: int
) -> dict[str, tuple[int, ...]]:
    """The slices of each case; a case without any is left out of the study.

    Args:
        candidates: Slices of each case that may be read: those with both chambers in the reference, as in the
            paper, or all where there is none.
        choice: How many, and of what.
        seed: Of the study.

    Returns:
        Case -> slices in ascending order; an empty tuple means the whole scan.

    Raises:
        InputRefused: ``too_few_slices`` when the cases have fewer than asked for.
    """
    if choice.kind == ALL:
        return dict.fromkeys(candidates, ())
    if choice.kind == PER_PATIENT:
        return {
            case_id: _drawn(case_id, list(slices), choice.count, SeededDraw(seed, "slices", case_id))
            for case_id, slices in candidates.items()
        }
    everything = [(case_id, k) for case_id in sorted(candidates) for k in candidates[case_id]]
    if len(everything) < choice.count:
        raise _too_few("The cases together have", len(everything), choice.count)
    drawn = SeededDraw(seed, "slices").shuffled(everything)[: choice.count]
    chosen = {case_id: tuple(sorted(k for case, k in drawn if case == case_id)) for case_id in candidates}
    return {case_id: slices for case_id, slices in chosen.items() if slices}


def _drawn(case_id: str, slices: list[int], count: int, draw: SeededDraw) -> tuple[int, ...]:
    if len(slices) < count:
        raise _too_few(f"Case '{case_id}' has", len(slices), count)
    return tuple(sorted(draw.shuffled(slices)[:count]))


def _too_few(who: str, there: int, wanted: int) -> InputRefused:
    return InputRefused(
        "too_few_slices",
        f"{who} {there} slices to read; {wanted} are wanted.",
        "Ask for fewer slices, or add cases.",
    )
