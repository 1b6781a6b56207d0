"""Which page is shown, and what the room tells its user in passing."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum

from trame_server import Server

from ..core.errors import Cancelled, InputRefused
from .typed_state import data_of

log = logging.getLogger("reading_room")


class Page(str, Enum):
    """The pages of the room."""

    START = "start"
    CASE = "case"
    QA = "qa"
    SIGN_IN = "sign_in"
    READING = "reading"
    COORDINATOR = "coordinator"


@dataclass
class RoomState:
    """The page, its heading, and the toast."""

    page: Page = Page.START
    title: str = ""
    help_shown: bool = False
    toast_shown: bool = False
    toast_text: str = ""
    toast_remedy: str = ""
    toast_kind: str = "error"


class Teller:
    """Turns what went wrong into a toast that says what to do.

    Args:
        server: trame's.
    """

    def __init__(self, server: Server) -> None:
        self._state = server.state
        self._data = data_of(server, RoomState)

    def say(self, text: str, remedy: str = "", kind: str = "info") -> None:
        """Shows a toast; ``kind`` is ``info``, ``success`` or ``error``."""
        data = self._data
        data.toast_text, data.toast_remedy, data.toast_kind, data.toast_shown = text, remedy, kind, True

    def explain(self, error: BaseException) -> None:
        """Shows what went wrong. The log gets the kind of the failure only: messages may name files of patients."""
        if isinstance(error, Cancelled):
            self.say("Cancelled.")
        elif isinstance(error, InputRefused):
            self.say(error.message, error.remedy, "error")
        else:
            log.error("unexpected %s", type(error).__name__, exc_info=log.isEnabledFor(logging.DEBUG))
            self.say(
                f"Something went wrong ({type(error).__name__}).",
                "Try again; if it stays, start the reading room with --debug and report what it prints.",
                "error",
            )

    async def guarded(self, work: Callable[[], Awaitable[None]]) -> None:
        """Does some work, and shows what went wrong."""
        try:
            await work()
        except Exception as error:
            with self._state:
                self.explain(error)
