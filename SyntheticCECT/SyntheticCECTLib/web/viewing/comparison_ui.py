"""Panel with the figures of agreement and the notices of a case."""

from __future__ import annotations

from dataclasses import dataclass, field

from trame.widgets import html
from trame_server import Server

from ..element import marked
from ..typed_state import names_of


@dataclass
class ComparisonState:
    """Figures and notices."""

    rows: list[dict] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)


class ComparisonUI:
    """The panel; build it inside the drawer.

    Args:
        server: trame's.
    """

    def __init__(self, server: Server) -> None:
        name = names_of(server, ComparisonState)
        with html.Div(
            classes="room-section", v_if=(f"{name.notices}.length",), raw_attrs=marked(panel="notices")
        ):
            html.H3("Please note")
            html.P("{{ one }}", v_for=f"one in {name.notices}", key="one", classes="room-notice")
        with html.Div(
            classes="room-section", v_if=(f"{name.rows}.length",), raw_attrs=marked(panel="agreement")
        ):
            html.H3("Agreement with the reference")
            with (
                html.Table(classes="room-table"),
                html.Tbody(),
                html.Tr(v_for=f"row in {name.rows}", key="row.key", raw_attrs=[':title="row.region"']),
            ):
                html.Td("{{ row.label }}")
                html.Td(
                    "{{ row.value }}",
                    classes="number",
                    raw_attrs=[':data-figure="row.key"', ':title="row.reason"'],
                )
