"""A reader's panels: signing in, the task, and the answer."""

from __future__ import annotations

from dataclasses import dataclass, field

from trame.widgets import html
from trame.widgets.vuetify3 import VBtn, VCard, VIcon, VRating, VSlider, VTextarea, VTextField
from trame_server import Server
from undo_stack import Signal

from ..element import marked, named
from ..typed_state import names_of


@dataclass
class ReadingState:
    """What a reader sees of his task; nothing of the case, the condition or the truth."""

    token: str = ""
    study: str = ""
    reader: str = ""
    instructions: str = ""
    label: str = ""
    number: int = 0
    of: int = 0
    session: int = 1
    sessions: int = 1
    given: bool = False
    draws: bool = True
    rates: bool = False
    has_second: bool = False
    second_opacity: float = 0.0
    slices: list[int] = field(default_factory=list)
    at_marked: bool = True
    rating: int = 0
    confidence: int = 0
    scale: int = 5
    comment: str = ""
    saved: str = ""
    waiting: str = ""


class SignInUI:
    """The page where a reader says who he is; build it inside the main area.

    Args:
        server: trame's.
    """

    sign_in_clicked = Signal()

    def __init__(self, server: Server) -> None:
        name = names_of(server, ReadingState)
        sign_in = f"trigger('{server.trigger_name(self.sign_in_clicked)}')"
        with html.Div(classes="room-start", raw_attrs=marked(page="sign-in")):
            html.H1(f"{{{{ {name.study} }}}}")
            html.P("Blinded reading", classes="room-lead")
            with html.Div(classes="room-cards"), VCard(classes="room-card", variant="tonal"):
                VIcon("mdi-key-outline", size=36)
                html.H2("Sign in")
                html.P(
                    "With the personal token that the coordinator gave you. Your work goes on where you left it."
                )
                VTextField(
                    v_model=(name.token,), label="Personal token", density="compact", variant="outlined", type="password",
                    hide_details=True, raw_attrs=[*marked(input="token"), f'@keydown.enter="{sign_in}"', 'autocomplete="off"'],
                )  # fmt: skip
                VBtn(
                    "Sign in",
                    color="primary",
                    classes="mt-4",
                    click=self.sign_in_clicked,
                    raw_attrs=marked(action="sign-in"),
                )


class TaskUI:
    """Panel of the task; build it inside the drawer.

    Args:
        server: trame's.
    """

    step_clicked = Signal(int)
    window_clicked = Signal()

    def __init__(self, server: Server) -> None:
        name = names_of(server, ReadingState)
        with html.Div(classes="room-section", raw_attrs=marked(panel="task")):
            with html.Div(classes="room-row"):
                html.H3(f"Case {{{{ {name.label} }}}}", classes="room-grow", raw_attrs=marked(shown="label"))
                html.Small(
                    f"{{{{ {name.number} }}}} of {{{{ {name.of} }}}}", raw_attrs=marked(shown="number")
                )
            html.Small(
                f"Session {{{{ {name.session} }}}} of {{{{ {name.sessions} }}}}, read before",
                v_if=(name.given,),
            )
            html.P(f"{{{{ {name.instructions} }}}}", classes="room-notice")
            html.P(
                f"{{{{ {name.waiting} }}}}",
                v_if=(name.waiting,),
                classes="room-reason",
                raw_attrs=marked(shown="waiting"),
            )
            with html.Div(v_if=(f"{name.slices}.length",), classes="room-row"):
                VBtn(
                    icon="mdi-chevron-up", size="x-small", click=(self.step_clicked, "[1]"),
                    raw_attrs=named("Next marked slice", action="slice-up"),
                )  # fmt: skip
                VBtn(
                    icon="mdi-chevron-down", size="x-small", click=(self.step_clicked, "[-1]"),
                    raw_attrs=named("Previous marked slice", action="slice-down"),
                )  # fmt: skip
                html.Span(f"{{{{ {name.slices}.length }}}} marked slices", classes="room-grow")
                html.Span(
                    f"{{{{ {name.at_marked} ? 'draw here' : 'not marked' }}}}",
                    classes=(f"{name.at_marked} ? 'room-good' : 'room-reason'",), raw_attrs=marked(shown="marked"),
                )  # fmt: skip
            with html.Div(v_if=(name.has_second,)):
                html.Label("Second image: {{ Math.round(100 * " + name.second_opacity + ") }} %")
                VSlider(
                    v_model=(name.second_opacity,), min=0, max=1, step=0.01, hide_details=True, density="compact",
                    color="primary", raw_attrs=named("Opacity of the second image", slider="second"),
                )  # fmt: skip


class AnswerUI:
    """Panel of the answer; build it inside the drawer.

    Args:
        server: trame's.
    """

    submit_clicked = Signal(str)
    previous_clicked = Signal()
    next_clicked = Signal()
    leave_clicked = Signal()

    def __init__(self, server: Server) -> None:
        name = names_of(server, ReadingState)
        with html.Div(classes="room-section", raw_attrs=marked(panel="answer")):
            html.H3("Answer")
            with html.Div(v_if=(name.rates,)):
                html.Label("Rating of the shown chambers")
                VRating(
                    v_model=(name.rating,),
                    length=(name.scale,),
                    density="compact",
                    color="warning",
                    raw_attrs=marked(input="rating"),
                )
            html.Label("Your confidence", classes="d-block")
            VRating(
                v_model=(name.confidence,), length=(name.scale,), density="compact", color="primary", clearable=True,
                raw_attrs=marked(input="confidence"),
            )  # fmt: skip
            VTextarea(
                v_model=(name.comment,), rows=2, density="compact", variant="outlined", hide_details=True, label="Comment",
                raw_attrs=marked(input="comment"),
            )  # fmt: skip
            html.Small(f"{{{{ {name.saved} }}}}", raw_attrs=[*marked(shown="saved"), 'role="status"'])
            VBtn(
                f"{{{{ {name.given} ? 'Give again' : 'Give the answer' }}}}", color="primary", block=True, classes="my-2",
                click=(self.submit_clicked, f"[{name.label}]"), disabled=(f"!{name.label}",), raw_attrs=marked(action="submit"),
            )  # fmt: skip
            with html.Div(classes="room-row"):
                VBtn("Back", size="small", variant="text", click=self.previous_clicked)
                VBtn("Skip", size="small", variant="text", click=self.next_clicked)
                VBtn(
                    "Leave",
                    size="small",
                    variant="text",
                    click=self.leave_clicked,
                    raw_attrs=marked(action="leave"),
                )
