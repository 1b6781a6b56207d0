"""The page: bar, drawer with panels, and the area with the views."""

from __future__ import annotations

from typing import Any

from trame.ui.vuetify3 import VAppLayout
from trame.widgets import client, html
from trame.widgets.vuetify3 import VAppBar, VBtn, VIcon, VMain, VNavigationDrawer, VSnackbar, VSpacer
from undo_stack import Signal

from .drawing.drawing_ui import DrawingUI
from .element import marked, named
from .help_ui import HelpUI
from .opening.start_ui import ProgressUI, StartUI, SynthesizeUI
from .qa.qa_ui import QaExports, QaState, QaUI
from .reading.coordinator_ui import CoordinatorUI
from .reading.reading_ui import AnswerUI, ReadingState, SignInUI, TaskUI
from .room_state import Page, RoomState
from .theme import STYLE
from .typed_state import names_of
from .viewing.comparison_ui import ComparisonUI
from .viewing.picture_ui import LayoutButtons, PictureUI, ViewGrid
from .viewing.threshold_ui import ThresholdUI

DRAWER_WIDTH = 330


class RoomUI:
    """Everything that is seen.

    Args:
        server: trame's.
    """

    close_clicked = Signal()

    def __init__(self, server: Any) -> None:
        name = names_of(server, RoomState)
        server.state.client_only(name.help_shown)  # what one window reads over, another does not
        self._page = name.page
        shows_views = self._is(Page.CASE, Page.QA, Page.READING)
        editing = names_of(server, QaState).editing
        draws = names_of(server, ReadingState).draws
        with VAppLayout(server, theme="dark") as self.layout:
            client.Style(STYLE)
            with VAppBar(density="compact", flat=True, border="b"):
                VIcon("mdi-heart-pulse", color="#ff7043", classes="ml-4 mr-2")
                html.Span("Reading room", classes="text-subtitle-1 mr-3")
                html.Span("Research use only", classes="room-research")
                html.Span(f"{{{{ {name.title} }}}}", classes="ml-4 text-medium-emphasis")
                VSpacer()
                with html.Div(v_if=(shows_views,)):
                    LayoutButtons(server)
                with html.Div(v_if=(self._is(Page.QA),)):
                    QaExports(server)
                VBtn(
                    "Close", v_if=(self._is(Page.CASE),), prepend_icon="mdi-close", size="small",
                    variant="text", click=self.close_clicked, raw_attrs=named("Close the case", action="close"),
                )  # fmt: skip
                VBtn(
                    icon="mdi-help-circle-outline", size="small", click=f"{name.help_shown} = !{name.help_shown}",
                    raw_attrs=named("Help and keyboard shortcuts", action="help"),
                )  # fmt: skip
            with VNavigationDrawer(
                model_value=(shows_views,), permanent=True, width=DRAWER_WIDTH, location="left",
                disable_resize_watcher=True, disable_route_watcher=True, classes="room-drawer",
            ):  # fmt: skip
                with html.Div(v_if=(self._is(Page.CASE),)):
                    self.synthesize_place = html.Div()
                with html.Div(v_if=(self._is(Page.QA),)):
                    self.qa = QaUI(server)
                with html.Div(v_if=(self._is(Page.READING),)):
                    self.task = TaskUI(server)
                with html.Div(
                    v_if=(f"{self._is(Page.READING)} && {draws} || {self._is(Page.QA)} && {editing}",)
                ):
                    self.drawing = DrawingUI()
                with html.Div(v_if=(self._is(Page.READING),)):
                    self.answer = AnswerUI(server)
                with html.Div(v_if=(f"{self._is(Page.CASE, Page.QA)} && !{editing}",)):
                    self.threshold = ThresholdUI(server)
                    self.picture = PictureUI(server)
                    self.comparison = ComparisonUI(server)
            with VMain(style="height: 100vh"), html.Div(classes="room-main"):
                ViewGrid(server)
                with html.Div(v_if=(self._is(Page.START),), style="position: absolute; inset: 0"):
                    self.start = StartUI(server)
                with html.Div(v_if=(self._is(Page.SIGN_IN),), style="position: absolute; inset: 0"):
                    self.sign_in = SignInUI(server)
                with html.Div(v_if=(self._is(Page.COORDINATOR),), style="position: absolute; inset: 0"):
                    self.coordinator = CoordinatorUI(server)
                self.progress = ProgressUI(server)
            with self.synthesize_place:
                self.synthesize = SynthesizeUI(server, self.start)
            HelpUI(server)
            with VSnackbar(
                v_model=(name.toast_shown,), color=(f"{name.toast_kind} === 'error' ? 'error' : {name.toast_kind}",),
                timeout=(f"{name.toast_kind} === 'error' ? 12000 : 5000",), location="top right",
                raw_attrs=marked(panel="toast"),
            ):  # fmt: skip
                html.Strong(f"{{{{ {name.toast_text} }}}}")
                html.Div(f"{{{{ {name.toast_remedy} }}}}")

    def _is(self, *pages: Page) -> str:
        return "[" + ", ".join(f"'{page.value}'" for page in pages) + f"].includes({self._page})"
