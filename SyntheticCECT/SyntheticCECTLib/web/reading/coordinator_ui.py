"""The coordinator's page: who has read what, and the report."""

from __future__ import annotations

from dataclasses import dataclass, field

from trame.widgets import html
from trame.widgets.vuetify3 import VBtn, VProgressLinear
from trame_server import Server
from undo_stack import Signal

from ..element import marked
from ..typed_state import names_of


@dataclass
class CoordinatorState:
    """How far the readers are."""

    study: str = ""
    rows: list[dict] = field(default_factory=list)
    report: str = ""
    working: bool = False


class CoordinatorUI:
    """The page; build it inside the main area.

    Args:
        server: trame's.
    """

    refresh_clicked = Signal()
    analyse_clicked = Signal()

    def __init__(self, server: Server) -> None:
        name = names_of(server, CoordinatorState)
        with html.Div(classes="room-start", raw_attrs=marked(page="coordinator")):
            html.H1(f"{{{{ {name.study} }}}}")
            html.P("Who has read what", classes="room-lead")
            with html.Table(classes="room-table room-readers"):
                with html.Thead(), html.Tr():
                    for heading in ("Reader", "Read", "", "Corrections", "Last read (UTC)"):
                        html.Th(heading)
                with (
                    html.Tbody(),
                    html.Tr(
                        v_for=f"row in {name.rows}", key="row.reader", raw_attrs=[':data-reader="row.reader"']
                    ),
                ):
                    html.Td("{{ row.reader }}")
                    html.Td("{{ row.done }} of {{ row.of }}")
                    with html.Td(style="min-width: 12rem"):
                        VProgressLinear(
                            model_value=("100 * row.done / Math.max(1, row.of)",), color="success", height=6
                        )
                    html.Td("{{ row.corrections }}")
                    html.Td("{{ row.last }}")
            with html.Div(classes="room-row mt-6", style="justify-content: center"):
                VBtn("Refresh", variant="outlined", click=self.refresh_clicked)
                VBtn(
                    "Make the report", color="primary", click=self.analyse_clicked, loading=(name.working,),
                    raw_attrs=marked(action="analyse"),
                )  # fmt: skip
                html.A("Open the report", v_if=(name.report,), raw_attrs=[
                    f':href="{name.report}"', 'target="_blank"', *marked(action="report")])  # fmt: skip
