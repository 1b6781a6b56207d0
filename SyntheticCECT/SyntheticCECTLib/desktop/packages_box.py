"""The group *Python packages*: what is missing, how an installation goes, and its Cancel."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .installer import Installer
from .run_display import RunDisplay
from .run_report import Progress

NOT_NOW = (
    "Packages are being written. That is not broken off: half a package could neither be used nor be replaced. "
    "Leave Slicer open until it is over; closed now, it goes on in the background until then."
)


class PackagesBox:
    """Shows every installation of an installer, whoever asked for it.

    Args:
        ui: Widgets by name.
        installer: Installs.
        changed: Called when packages may have been installed.
    """

    def __init__(self, ui: Any, installer: Installer, changed: Callable[[], None]) -> None:
        self._installer, self._changed = installer, changed
        self._display = RunDisplay(
            ui.installButton,
            ui.cancelInstallButton,
            ui.installProgressBar,
            ui.packagesLabel,
            ui.packagesLabel,
        )
        ui.installButton.connect("clicked(bool)", self._install)
        ui.cancelInstallButton.connect("clicked(bool)", self._cancel)
        installer.watchers.append(self._watch)

    def show(self) -> None:
        """What is missing, unless it is being installed."""
        if not self._shows_installation():
            self._say(self._installer.state())

    def _shows_installation(self) -> bool:
        return bool(self._display.cancel.enabled)

    def _watch(self, progress: Progress | None) -> None:
        if progress is None:
            self._display.end(self._installer.state())
            self._changed()
            return
        if not self._shows_installation():
            self._display.begin()
        self._display.step(progress)

    def _install(self, *_: Any) -> None:
        self._installer.ensure(self.show, self._say)

    def _cancel(self, *_: Any) -> None:
        if not self._installer.cancel():
            self._say(NOT_NOW)

    def _say(self, text: str) -> None:
        self._display.message.text = text
