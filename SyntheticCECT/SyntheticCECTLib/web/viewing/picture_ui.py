"""Panel with the choice of image, opacity, window, contours; and the buttons of the layouts."""

from __future__ import annotations

from dataclasses import dataclass, field

from trame.widgets import html
from trame.widgets.vuetify3 import VBtn, VBtnToggle, VCheckbox, VSelect, VSlider
from trame_server import Server

from ...mrml.display import WINDOWS
from ..element import named
from ..typed_state import names_of
from .case_on_screen import CT, OVERLAY
from .layouts import FOUR, ICONS, LAYOUTS, TITLES, WIPE

OWN_WINDOW = "own"
WINDOW_ITEMS = [
    {"value": OWN_WINDOW, "title": "Each image its own"},
    *({"value": key, "title": preset.name} for key, preset in WINDOWS.items()),
]


@dataclass
class PictureState:
    """What the views show."""

    image: str = CT
    images: list[dict] = field(default_factory=list)
    opacity: float = 0.5
    window: str = OWN_WINDOW
    layout: str = FOUR
    views: list[str] = field(default_factory=lambda: list(LAYOUTS[FOUR]))
    wipe: float = 50.0
    cross_hair: bool = False
    chambers: bool = True
    heart: bool = False
    reference: bool = True
    has_reference: bool = False
    rendering: bool = False
    has_result: bool = False


class PictureUI:
    """The panel; build it inside the drawer.

    Args:
        server: trame's.
    """

    def __init__(self, server: Server) -> None:
        name = names_of(server, PictureState)
        with html.Div(classes="room-section"):
            html.H3("Image")
            with html.Div(classes="room-choices", raw_attrs=['role="radiogroup"', 'aria-label="Image"']):
                VBtn(
                    "{{ one.title }}", v_for=f"one in {name.images}", key="one.value", size="small",
                    variant=(f"one.value === {name.image} ? 'flat' : 'outlined'",),
                    color=(f"one.value === {name.image} ? 'primary' : undefined",),
                    click=f"{name.image} = one.value", raw_attrs=[':data-image="one.value"', 'role="radio"'],
                )  # fmt: skip
            with html.Div(v_if=(f"['{OVERLAY}', 'enhancement', 'difference'].includes({name.image})",)):
                html.Label("Opacity of the overlay: {{ Math.round(100 * " + name.opacity + ") }} %")
                VSlider(
                    v_model=(name.opacity,), min=0, max=1, step=0.01, hide_details=True, density="compact",
                    color="primary", raw_attrs=named("Opacity of the overlay", slider="opacity"),
                )  # fmt: skip
            VSelect(
                v_model=(name.window,), items=("room_windows", WINDOW_ITEMS), label="Window", density="compact",
                hide_details=True, variant="outlined", classes="mt-3", raw_attrs=named("Window", select="window"),
            )  # fmt: skip
            with html.Div(classes="room-checks"):
                for key, label in (
                    ("chambers", "Chambers"),
                    ("heart", "Heart"),
                    ("cross_hair", "Cross-hair"),
                ):
                    self._check(getattr(name, key), label)
                self._check(name.reference, "Reference", v_if=(name.has_reference,))
                self._check(
                    name.rendering, "Render in 3D", v_if=(name.has_result,),
                    raw_attrs=named("Volume rendering of the contrast in the heart", check="rendering"),
                )  # fmt: skip

    def _check(self, model: str, label: str, **more: object) -> None:
        VCheckbox(
            v_model=(model,), label=label, density="compact", hide_details=True, color="primary", **more
        )


class LayoutButtons:
    """One button for each layout; build it inside the toolbar.

    Args:
        server: trame's.
    """

    def __init__(self, server: Server) -> None:
        name = names_of(server, PictureState)
        with VBtnToggle(
            v_model=(name.layout,), mandatory=True, density="compact", variant="text", divided=False
        ):
            for layout, title in TITLES.items():
                VBtn(icon=ICONS[layout], value=layout, size="small", raw_attrs=named(title, layout=layout))


class ViewGrid:
    """All views in the chosen layout; build it inside the main area.

    Args:
        server: trame's.
    """

    def __init__(self, server: Server) -> None:
        from trame.widgets import client

        from .layouts import COMPARED, DEFINITIONS

        name = names_of(server, PictureState)
        with html.Div(classes=(f"'room-grid layout-' + {name.layout}",), raw_attrs=['data-grid="views"']):
            for tag in DEFINITIONS:
                clipped = (
                    f"{name.layout} === '{WIPE}' ? {{clipPath: 'inset(0 0 0 ' + {name.wipe} + '%)'}} : {{}}"
                )
                with html.Div(
                    v_if=(f"{name.views}.includes('{tag}')",), classes=f"room-view at-{tag}",
                    style=(clipped if tag == COMPARED else "{}",), raw_attrs=[f'data-view="{tag}"'],
                ):  # fmt: skip
                    client.ServerTemplate(name=tag)
            html.Div(
                v_if=(f"{name.layout} === '{WIPE}'",), classes="room-wipe", style=(f"{{left: {name.wipe} + '%'}}",),
                raw_attrs=[
                    f"@pointerdown=\"utils.get('readingRoom.wipe')($event, '{name.wipe}')\"",
                    *named("Wipe: drag to see more of either image", handle="wipe"),
                ],
            )  # fmt: skip
