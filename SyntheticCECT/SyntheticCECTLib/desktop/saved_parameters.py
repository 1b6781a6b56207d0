"""Parameters that a scene was saved with and that cannot be read: written by a newer version, or damaged."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from textwrap import shorten
from typing import Any

UNREADABLE = (ValueError, TypeError, KeyError)
"""What Slicer's serializers and validators raise; validators are asked to raise the first."""
LONGEST = 60
"""So many characters of a value are shown."""


def mend(node: Any, parameters: Mapping[str, Any], readers: Mapping[str, Callable[[Any], None]]) -> list[str]:
    """Puts the default where a value cannot be read, or lies outside its limits.

    Slicer reads every value when a parameter node is wrapped, and nothing is wrapped where one of them cannot be read.

    Args:
        node: The parameter node, before it is wrapped.
        parameters: ``allParameters`` of the wrapper.
        readers: Raise ValueError for what is in a parameter and means nothing, by its name.

    Returns:
        What was replaced by what, a sentence each.
    """
    said = []
    modifying = node.StartModify()  # who follows the node reads all of it again at each word
    try:
        for name, parameter in parameters.items():
            if _can_be_read(node, name, parameter.serializer, readers.get(name)):
                continue
            found = node.GetParameter(name) or node.GetNodeReferenceID(name) or ""
            default = parameter.default.value
            parameter.serializer.remove(node, name)
            parameter.serializer.write(node, name, default)
            said.append(
                f"The saved value '{shorten(found, LONGEST, placeholder='…')}' of '{_title(name)}' cannot be read; "
                f"{_words(default)} is used instead."
            )
    finally:
        node.EndModify(modifying)
    return said


def _can_be_read(node: Any, name: str, serializer: Any, reader: Callable[[Any], None] | None) -> bool:
    if not serializer.isIn(node, name):
        return True  # and is the default
    try:
        value = serializer.read(node, name)
        serializer.validate(value)
        if reader is not None:
            reader(value)
    except UNREADABLE:
        return False
    return not isinstance(value, bool) or str(value) == node.GetParameter(name)  # else Slicer takes it for no


def _title(name: str) -> str:
    """For people: ``view preset`` of ``viewPreset``."""
    return re.sub("(?=[A-Z])", " ", name).lower()


def _words(default: Any) -> str:
    """As the panel shows it."""
    if default is None or default == "":
        return "nothing"
    if isinstance(default, bool):
        return "yes" if default else "no"
    return f"'{default.label() if hasattr(default, 'label') else default}'"
