"""Random names that say nothing, and the key that says what they stand for."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ..records import Condition
from .reading_order import PlannedRead

# No vowels, so that no word comes about; nothing that is mistaken for something else.
_SIGNS = "BCDFGHJKMNPQRTVWXZ23456789"


@dataclass(frozen=True)
class KeyEntry:
    """What a label stands for; for the coordinator only.

    Attributes:
        label: What the reader sees.
        reader: His name.
        case_id: The case.
        condition: What he is asked for.
        session: From 1.
        position: In his order, from 1.
        repeat: 0 for the first presentation.
        slices: Axial slices to read; empty for all.
        image: Name of the image's file.
    """

    label: str
    reader: str
    case_id: str
    condition: Condition
    session: int
    position: int
    repeat: int
    slices: tuple[int, ...]
    image: str

    def as_dict(self) -> dict[str, Any]:
        """Plain types for JSON."""
        return asdict(self) | {"condition": self.condition.value, "slices": list(self.slices)}

    @classmethod
    def from_dict(cls, entries: dict[str, Any]) -> KeyEntry:
        """The inverse of `as_dict`."""
        changed = {"condition": Condition(entries["condition"]), "slices": tuple(entries["slices"])}
        return cls(**(entries | changed))


class BlindNames:
    """Hands out random names, none of them twice."""

    def __init__(self) -> None:
        self._given: set[str] = set()

    def label(self) -> str:
        """Short enough to be read aloud, such as ``K7Q-4MX``."""
        return self._new(lambda: f"{_signs(3)}-{_signs(3)}")

    def file(self, ending: str) -> str:
        """Of a file, such as ``m4tqz7hx2w.nrrd``."""
        return self._new(lambda: _signs(10).lower()) + ending

    def _new(self, draw: Callable[[], str]) -> str:
        name = draw()
        while name in self._given:
            name = draw()
        self._given.add(name)
        return name


def new_token() -> str:
    """What a reader says who he is with: 144 random bits."""
    return secrets.token_urlsafe(18)


def blind(
    order: Sequence[PlannedRead],
    slices: dict[str, tuple[int, ...]],
    image_of: Callable[[str, int], str],
    names: BlindNames,
) -> list[KeyEntry]:
    """A label for each presentation.

    Args:
        order: All presentations.
        slices: Of each case.
        image_of: File name of a case's image for the reader's n-th sight of it: a new name each time, so that
            nobody recognises a repeat by it.
        names: Source of labels.
    """
    return [
        KeyEntry(
            names.label(), planned.reader, planned.case_id, planned.condition, planned.session, planned.position,
            planned.repeat, slices[planned.case_id], image_of(planned.case_id, planned.sighting),
        )
        for planned in order
    ]  # fmt: skip


def _signs(count: int) -> str:
    return "".join(secrets.choice(_SIGNS) for _ in range(count))
