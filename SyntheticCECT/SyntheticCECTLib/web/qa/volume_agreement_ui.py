"""Panel with the agreement of volumes over the whole folder."""

from __future__ import annotations

from dataclasses import dataclass, field

from trame.widgets import html
from trame_server import Server

from ..element import marked
from ..typed_state import names_of


@dataclass
class VolumeAgreementState:
    """Bland-Altman of the folder; nothing where it has too few references."""

    cases: int = 0
    svg: str = ""
    rows: list[dict] = field(default_factory=list)


class VolumeAgreementUI:
    """The panel; build it inside the drawer.

    Args:
        server: trame's.
    """

    def __init__(self, server: Server) -> None:
        name = names_of(server, VolumeAgreementState)
        with html.Div(classes="room-section", v_if=(name.cases,), raw_attrs=marked(panel="volume-agreement")):
            html.H3("Volumes against the references")
            html.Small(f"{{{{ {name.cases} }}}} results with a reference; bias with its 95 % interval")
            html.Div(v_html=(name.svg,), classes="room-agreement")
            with html.Div(v_for=f"row in {name.rows}", key="row.key", classes="room-volume"):
                html.Span(classes="room-dot", style=("{background: row.color}",))
                html.Span("{{ row.name }}")
                html.Span("{{ row.bias }}", raw_attrs=[':data-bias="row.key"'])
                html.Small("{{ row.limits }}", v_if=("row.limits",), raw_attrs=[':data-limits="row.key"'])
                html.Small("{{ row.reason }}", v_if=("row.reason",), classes="room-reason")
