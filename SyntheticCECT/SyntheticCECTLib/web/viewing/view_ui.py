"""What lies over a view: its name, its slice slider, and a button that fits it."""

from __future__ import annotations

from typing import Any

from trame.widgets import html
from trame.widgets.vuetify3 import VBtn
from trame_server import Server
from trame_slicer.app.logic import connect_slice_view_slider_to_state
from trame_slicer.app.ui.slider import Slider

from ..element import marked, named

MARKED = "synthetic_marked"
CAPTIONS = "view_captions"


def fill_slice_view(server: Server, view_id: str, view: Any) -> None:
    """Name in the upper left, slider through the slices at the lower edge."""
    _caption(server, view_id, view)
    with html.Div(classes="room-slice-slider"):
        Slider(
            typed_state=connect_slice_view_slider_to_state(server, view), density="compact", color="primary",
            track_size=2, thumb_size=12, raw_attrs=named(f"Slice of the {view_id.lower()} view"),
        )  # fmt: skip


def fill_solid_view(server: Server, view_id: str, view: Any) -> None:
    """Name in the upper left."""
    _caption(server, view_id, view)


def _caption(server: Server, view_id: str, view: Any) -> None:
    server.state.setdefault(MARKED, [])
    server.state.setdefault(CAPTIONS, {})
    with html.Div(classes="room-caption"):
        html.Span(f"{{{{ {CAPTIONS}['{view_id}'] || '{view_id}' }}}}")
        VBtn(
            icon="mdi-fit-to-screen-outline", size="x-small", variant="text", click=view.reset_view,
            raw_attrs=named(f"Fit the {view_id.lower()} view", fit=view_id),
        )  # fmt: skip
    # The mark itself is in the pixels; this is for those who hear the page.
    html.Span(
        "SYNTHETIC, research use", classes="room-heard", v_if=(f"{MARKED}.includes('{view_id}')",),
        raw_attrs=marked(synthetic=view_id),
    )  # fmt: skip
