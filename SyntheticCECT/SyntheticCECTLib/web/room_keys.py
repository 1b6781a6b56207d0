"""What keys do; the page passes on those that are named here, and no other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .room_state import Page
from .viewing.layouts import TITLES

KEYS = "room_keys"
TRIGGER = "room_key"


class RoomKeys:
    """Keys of all pages; on each page some count.

    Args:
        server: trame's.

    Attributes:
        looked_at: The result that the page showed when the last key was pressed.
    """

    def __init__(self, server: Any) -> None:
        self._state = server.state
        self._actions: dict[tuple[str, Page], Callable[[], Any]] = {}
        self._page: Callable[[], Page] = lambda: Page.START
        self.looked_at = ""
        self._state[KEYS] = []
        server.controller.trigger(TRIGGER)(self._press)

    def add(self, page: Page, key: str, action: Callable[[], Any]) -> None:
        """Lets a key do something on a page.

        Args:
            page: Where.
            key: As the browser calls it, with ``Ctrl+`` before it where Control is held.
            action: What it does.
        """
        if (key, page) in self._actions:
            raise ValueError(f"the key {key} does something on the page {page.value} already")
        self._actions[key, page] = action
        self._state[KEYS] = sorted({key for key, _ in self._actions})

    def add_case_keys(self, room: Any, picture: Any, threshold: Any, views: Any) -> None:
        """Keys for looking at a case, on every page that shows one."""
        self._page = lambda: room.page

        def toggle(name: str) -> Callable[[], None]:
            return lambda: setattr(picture.data, name, not getattr(picture.data, name))

        for page in (Page.CASE, Page.QA):
            for key, image in (
                ("c", "ct"),
                ("s", "synthetic"),
                ("o", "overlay"),
                ("e", "enhancement"),
                ("d", "difference"),
            ):
                self.add(page, key, lambda image=image: picture.choose(image))
            for key, hu in (("+", 5), ("-", -5)):
                self.add(page, key, lambda hu=hu: threshold.step(hu))
            self.add(page, "r", threshold.reset)
            self.add(page, "g", toggle("cross_hair"))
            self.add(page, "h", toggle("chambers"))
        for page in (Page.CASE, Page.QA, Page.READING):
            self.add(page, "ArrowUp", lambda: views.step(1))
            self.add(page, "ArrowDown", lambda: views.step(-1))
        for number, layout in enumerate(TITLES, start=1):
            self.add(Page.CASE, str(number), lambda layout=layout: setattr(picture.data, "layout", layout))

    def _press(self, key: str, looked_at: str = "") -> Any:
        self.looked_at = looked_at
        action = self._actions.get((key, self._page()))
        return action() if action is not None else None
