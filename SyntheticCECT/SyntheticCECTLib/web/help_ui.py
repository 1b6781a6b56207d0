"""Help: what the room does, and every key."""

from __future__ import annotations

from typing import Any

from trame.widgets import html
from trame.widgets.vuetify3 import VBtn, VCard, VCardActions, VCardText, VCardTitle, VDialog

from ..core.version import RESEARCH_USE
from .element import marked
from .room_state import RoomState
from .typed_state import names_of
from .viewing.layouts import TITLES

SHORTCUTS = (
    *((str(number), title) for number, title in enumerate(TITLES.values(), start=1)),
    ("C  S  O  E  D", "CT, synthetic CECT, overlay, enhancement, difference"),
    ("+  −  R", "threshold up, down, back to the model's own"),
    ("H  G", "chambers, cross-hair on and off"),
    ("↑  ↓", "leaf through the axial slices (or the wheel)"),
    ("Shift + mouse", "move the cross-hair, and all slices with it"),
    ("Right drag, middle drag", "zoom, move"),
    ("P  F  X  N  B", "work list: pass, fix, fail, next, back"),
    ("Ctrl+Z  Ctrl+Y", "drawing: undo, redo"),
    ("?", "this help"),
)  # fmt: skip


class HelpUI:
    """The dialog.

    Args:
        server: trame's.
    """

    def __init__(self, server: Any) -> None:
        name = names_of(server, RoomState)
        with (
            VDialog(v_model=(name.help_shown,), max_width=720),
            VCard(classes="room-help", raw_attrs=marked(panel="help")),
        ):
            VCardTitle("Help")
            with VCardText():
                html.P(
                    "Open a CT without contrast, press Synthesize, and check: is the heart found, do the contours follow the "
                    "chambers? Move the threshold until they do. Where a volume cannot be trusted, the reason stands in its "
                    "place.",
                    classes="mb-3",
                )
                html.P(RESEARCH_USE, classes="mb-4 text-warning")
                with html.Table(classes="room-table"), html.Tbody():
                    for keys, meaning in SHORTCUTS:
                        with html.Tr():
                            with html.Td(style="white-space: nowrap; width: 13rem"):
                                html.Kbd(keys)
                            html.Td(meaning)
            with VCardActions():
                VBtn("Close", click=f"{name.help_shown} = false")
