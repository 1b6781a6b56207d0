"""The work list's panel: filter, thumbnails, verdict with reasons and text, edit, exports."""

from __future__ import annotations

from dataclasses import dataclass, field

from trame.widgets import html
from trame.widgets.vuetify3 import VBtn, VCheckbox, VChip, VChipGroup, VProgressLinear, VSelect, VTextarea
from trame_server import Server
from undo_stack import Signal

from ..element import marked, named
from ..typed_state import names_of
from .verdict import FAIL, FIX, PASS, REASONS
from .volume_agreement_ui import VolumeAgreementUI
from .work_list import FILTERS

COLORS = {PASS: "success", FIX: "warning", FAIL: "error"}


@dataclass
class QaState:
    """The work list and the case that is looked at."""

    items: list[dict] = field(default_factory=list)
    chosen: str = ""
    filter: str = "all"
    done: int = 0
    of: int = 0
    verdict: str = ""
    reasons: list[str] = field(default_factory=list)
    text: str = ""
    said: list[str] = field(default_factory=list)
    edited: str = ""
    opening: bool = False
    ready: bool = False
    editing: bool = False
    keyboard_only: bool = False


class QaUI:
    """The panel; build it inside the drawer.

    Args:
        server: trame's.
    """

    case_clicked = Signal(str)
    verdict_clicked = Signal(str, str)
    reasons_chosen = Signal(str, list)
    text_written = Signal(str, str)
    next_clicked = Signal()
    back_clicked = Signal()
    edit_clicked = Signal()
    keep_clicked = Signal()
    drop_clicked = Signal()

    def __init__(self, server: Server) -> None:
        self._name = names_of(server, QaState)
        self._server = server
        name = self._name
        with html.Div(classes="room-section", raw_attrs=marked(panel="work-list")):
            with html.Div(classes="room-row"):
                html.H3("Work list", classes="room-grow")
                html.Small(f"{{{{ {name.done} }}}} of {{{{ {name.of} }}}}", raw_attrs=marked(shown="done"))
            VProgressLinear(
                model_value=(f"100 * {name.done} / Math.max(1, {name.of})",), color="success", height=5
            )
            VSelect(
                v_model=(name.filter,), items=("qa_filters", [{"value": k, "title": t} for k, t in FILTERS.items()]),
                density="compact", hide_details=True, variant="outlined", label="Show", classes="mt-3",
                raw_attrs=named("Which results to show", select="filter"),
            )  # fmt: skip
            self._strip()
        self._verdict()
        VolumeAgreementUI(server)

    def _strip(self) -> None:
        name = self._name
        choose = f"trigger('{self._server.trigger_name(self.case_clicked)}', [one.name])"
        with (
            html.Div(classes="room-strip", raw_attrs=['role="listbox"', 'aria-label="Results"']),
            html.Div(
                v_for=f"one in {name.items}", key="one.name", click=choose,
                classes=(f"['room-thumb', 'said-' + one.verdict, one.name === {name.chosen} ? 'chosen' : '']",),
                raw_attrs=[
                    ':data-case="one.name"', ':data-verdict="one.verdict"', 'role="option"',
                    f':aria-selected="one.name === {name.chosen}"',
                ],
            ),
        ):  # fmt: skip
            html.Img(
                v_if=("one.picture",), raw_attrs=[':src="one.picture"', ":alt=\"'Slice of ' + one.name\""]
            )
            html.Div(v_else=True, classes="room-thumb-empty")
            html.Small("{{ one.name }}")
            html.Span(
                "!",
                v_if=("one.flags.length",),
                classes="room-flag",
                raw_attrs=[":title=\"one.flags.join(', ')\""],
            )

    def _verdict(self) -> None:
        name = self._name
        written = (
            f"trigger('{self._server.trigger_name(self.text_written)}', [{name.chosen}, $event.target.value])"
        )
        with html.Div(
            classes="room-section",
            v_if=(f"{name.chosen} && !{name.editing}",),
            raw_attrs=[
                *marked(panel="verdict"),
                f':aria-busy="{name.opening}"',
                f':data-looked-at="{name.chosen}"',
            ],
        ):
            html.H3(f"{{{{ {name.chosen} }}}}")
            html.P("{{ one }}", v_for=f"one in {name.said}", key="one", classes="room-notice")
            with html.Div(classes="room-row my-2", v_if=(f"!{name.keyboard_only}",)):
                for verdict, key in ((PASS, "P"), (FIX, "F"), (FAIL, "X")):
                    VBtn(
                        f"{verdict.capitalize()} ({key})", size="small", color=COLORS[verdict],
                        variant=(f"{name.verdict} === '{verdict}' ? 'flat' : 'outlined'",),
                        click=(self.verdict_clicked, f"['{verdict}', {name.chosen}]"), disabled=(name.opening,),
                        raw_attrs=named(verdict, verdict_button=verdict),
                    )  # fmt: skip
            with VChipGroup(
                v_model=(name.reasons,), multiple=True, column=True, raw_attrs=['aria-label="Reasons"'],
                update_modelValue=(self.reasons_chosen, f"[{name.chosen}, $event]"),
            ):  # fmt: skip
                for key, text in REASONS.items():
                    VChip(text, value=key, size="x-small", filter=True, raw_attrs=marked(reason=key))
            VTextarea(
                v_model_lazy=(name.text,), rows=2, density="compact", variant="outlined", hide_details=True, label="Remark",
                raw_attrs=[*marked(input="remark"), f'@change="{written}"'],
            )  # fmt: skip
            with html.Div(classes="room-row mt-2"):
                VBtn("Back (B)", size="small", variant="text", click=self.back_clicked)
                VBtn("Next (N)", size="small", variant="text", click=self.next_clicked)
                VBtn(
                    "Edit", size="small", variant="tonal", prepend_icon="mdi-brush", click=self.edit_clicked,
                    disabled=(f"!{name.ready}",),
                    raw_attrs=named("Correct the chambers by hand", action="edit"),
                )  # fmt: skip
            html.Small(
                f"shown: {{{{ {name.edited} }}}}", v_if=(name.edited,), raw_attrs=marked(shown="edited")
            )
            VCheckbox(
                v_model=(name.keyboard_only,), label="Keyboard only", density="compact", hide_details=True
            )
        with html.Div(classes="room-section", v_if=(name.editing,)), html.Div(classes="room-row"):
            VBtn(
                "Keep as new version", size="small", color="primary", click=self.keep_clicked,
                raw_attrs=named("Keep as a new version beside the original", action="keep-edit"),
            )  # fmt: skip
            VBtn("Drop", size="small", variant="text", click=self.drop_clicked)


class QaExports:
    """Two buttons that hand the list out; build it inside the toolbar.

    Args:
        server: trame's.
    """

    def __init__(self, server: Server) -> None:
        for title, trigger, file, kind in (
            ("CSV", "qa_csv", "quality.csv", "text/csv"),
            ("Contact sheet", "qa_sheet", "quality.html", "text/html"),
        ):
            VBtn(
                title, size="small", variant="text", prepend_icon="mdi-download",
                click=f"utils.download('{file}', trigger('{trigger}'), '{kind}')", raw_attrs=named(title, action=trigger),
            )  # fmt: skip
