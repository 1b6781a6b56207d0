"""Chambers that a person corrected are not replaced without a question."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..mrml.result_nodes import find_result
from .desk import Desk

if TYPE_CHECKING:
    import SimpleITK as sitk


def may_replace(desk: Desk, native: Any, kept: sitk.Image | None = None) -> bool:
    """Whether the chambers of a CT may be replaced: a person is asked where they were corrected.

    Args:
        desk: What all tabs share.
        native: The CT, or ``None``.
        kept: Chambers that are on disk as well, so that they are not lost.

    Raises:
        InputRefused: As for `CaseSession.corrected`.
    """
    from ..core.formats.label_file import same_labels

    nodes, corrected = find_result(desk.session.scene, native), desk.session.corrected(native)
    if nodes is None or corrected is None:
        return True
    if kept is not None and same_labels(kept, corrected):
        return True
    name = nodes.chambers.GetName()
    return desk.application.ask(f"Your corrections of '{name}' would be replaced. Continue?")
