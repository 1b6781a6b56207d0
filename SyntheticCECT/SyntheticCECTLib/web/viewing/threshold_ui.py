"""Panel with the threshold slider, its chart, and the volumes."""

from __future__ import annotations

from dataclasses import dataclass, field

from trame.widgets import html
from trame.widgets.vuetify3 import VBtn, VSlider
from trame_server import Server
from undo_stack import Signal

from ..element import marked, named
from ..typed_state import names_of


@dataclass
class ThresholdState:
    """Threshold and what comes of it."""

    ready: bool = False
    value: float = 0.0
    low: float = 0.0
    high: float = 1.0
    model_hu: float = 0.0
    chart: str = ""
    rows: list[dict] = field(default_factory=list)
    milliseconds: float = 0.0
    by_hand: bool = False


class ThresholdUI:
    """The panel; build it inside the drawer.

    Args:
        server: trame's.
    """

    reset_clicked = Signal()

    def __init__(self, server: Server) -> None:
        name = names_of(server, ThresholdState)
        with html.Div(classes="room-section", v_if=(name.ready,), raw_attrs=marked(panel="threshold")):
            html.H3("Chambers")
            with html.Div(v_for=f"row in {name.rows}", key="row.key", classes="room-volume"):
                html.Span(classes="room-dot", style=("{background: row.color}",))
                html.Span("{{ row.name }}", classes="room-volume-name")
                html.Strong("{{ row.ml }}", raw_attrs=[':data-volume="row.key"'])
                html.Small("{{ row.interval }}", v_if=("row.interval",))
                html.Small("{{ row.reason }}", v_if=("row.reason",), classes="room-reason")
            html.Small(
                "Edited by hand: no threshold", v_if=(name.by_hand,), raw_attrs=marked(shown="by-hand")
            )
            with html.Div(classes="room-chart", v_if=(f"!{name.by_hand}",)):
                html.Div(v_html=(name.chart,))
                html.Div(
                    classes="room-chart-mark",
                    style=(
                        f"{{left: 100 * ({name.value} - {name.low}) / ({name.high} - {name.low}) + '%'}}",
                    ),
                )
            VSlider(
                v_if=(f"!{name.by_hand}",),
                v_model=(name.value,), min=(name.low,), max=(name.high,), step=1, hide_details=True, density="compact",
                color="primary", classes="room-threshold", raw_attrs=named("Threshold in HU", slider="threshold"),
            )  # fmt: skip
            with html.Div(classes="room-row", v_if=(f"!{name.by_hand}",)):
                html.Span(f"≥ {{{{ Math.round({name.value}) }}}} HU", raw_attrs=marked(shown="threshold"))
                VBtn(
                    f"Model's own: {{{{ Math.round({name.model_hu}) }}}} HU", size="small", variant="tonal",
                    disabled=(f"{name.value} === {name.model_hu}",), click=self.reset_clicked,
                    raw_attrs=named("Back to the model's own threshold", action="reset-threshold"),
                )  # fmt: skip
