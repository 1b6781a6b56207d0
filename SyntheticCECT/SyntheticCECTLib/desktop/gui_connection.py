"""Widgets and parameter node that are kept equal, until that is ended."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

FIELD = "SlicerParameterName"
"""The dynamic property by which a widget of the Designer file names its field of the parameter node."""


class GuiConnection:
    """Connects on being made.

    Slicer's own ``disconnectGui`` leaves the observer that ``connectParametersToGui`` put on the parameter node, and with
    each scene one more would write to every widget. So it is noted here which one that is.

    Args:
        parameters: A parameter node wrapper.
        widgets: By name, those of them that name a field.
    """

    def __init__(self, parameters: Any, widgets: Mapping[str, Any]) -> None:
        self._parameters = parameters
        self._observers: list[int] = []
        # By name: `connectGui` of some versions of Slicer gives nothing to disconnect with.
        named = {str(widget.property(FIELD) or ""): widget for widget in widgets.values()}
        parameters.AddObserver = self._add_observer  # on the object: the class keeps its own
        try:
            self._tag = parameters.connectParametersToGui(
                {name: widget for name, widget in named.items() if name}
            )
        finally:
            del parameters.AddObserver

    def end(self) -> None:
        """Widgets and parameter node go their own ways."""
        self._parameters.disconnectGui(self._tag)
        for observer in self._observers:
            self._parameters.RemoveObserver(observer)
        self._observers = []

    def _add_observer(self, event: Any, callback: Any, priority: float = 0.0) -> int:
        self._observers.append(self._parameters.parameterNode.AddObserver(event, callback, priority))
        return self._observers[-1]
