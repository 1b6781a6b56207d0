"""The parameter node wrapper: typed fields in a real vtkMRMLScriptedModuleNode, as strict as Slicer's."""

from __future__ import annotations

import typing
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

EDITORS = {
    "QCheckBox": "checked", "QSpinBox": "value", "QDoubleSpinBox": "value", "ctkSliderWidget": "value",
    "QLineEdit": "text",
}  # fmt: skip
SIGNALS = {
    "QCheckBox": "toggled", "QLineEdit": "textChanged", "QComboBox": "currentIndexChanged",
    "qMRMLNodeComboBox": "currentNodeChanged",
}  # fmt: skip
FITTING = {
    bool: ("QCheckBox",), int: ("QSpinBox",), float: ("QDoubleSpinBox", "ctkSliderWidget"), str: ("QLineEdit",),
}  # fmt: skip


@dataclass(frozen=True)
class WithinRange:
    """Limits of a number."""

    minimum: float
    maximum: float


@dataclass(frozen=True)
class Field:
    """One field of a wrapper."""

    name: str
    kind: Any
    limits: WithinRange | None
    default: Any

    @property
    def is_node(self) -> bool:
        return self.kind.__name__.startswith("vtkMRML")

    def validate(self, value: Any) -> None:
        """Slicer's own words are others; the kinds of the errors are the same."""
        exact = type(value) is self.kind
        fits = value is None or isinstance(value, self.kind) if self.is_node else exact
        if not fits:
            raise TypeError(f"'{self.name}' takes {self.kind.__name__}, not {type(value).__name__} {value!r}")
        if self.limits and not self.limits.minimum <= float(value or 0) <= self.limits.maximum:
            raise ValueError(
                f"'{self.name}' lies from {self.limits.minimum} to {self.limits.maximum}, not at {value}"
            )

    def isIn(self, node: Any, name: str) -> bool:
        return bool(node.HasParameter(name))

    def read(self, node: Any, name: str) -> Any:
        if self.is_node:
            return node.GetNodeReference(name)
        text = node.GetParameter(name)
        if self.kind is bool:
            return text == "True"
        return self.kind[text] if issubclass(self.kind, Enum) else self.kind(text)

    def write(self, node: Any, name: str, value: Any) -> None:
        self.validate(value)
        if self.is_node:
            node.SetParameter(name, "")
            node.SetNodeReferenceID(name, value.GetID() if value is not None else None)
        else:
            node.SetParameter(name, value.name if isinstance(value, Enum) else str(value))

    def remove(self, node: Any, name: str) -> None:
        node.UnsetParameter(name)
        node.RemoveNodeReferenceIDs(name)

    def value_in(self, node: Any) -> Any:
        """A scene that was closed emptied the node: the default is written then."""
        if not self.isIn(node, self.name):
            self.write(node, self.name, self.default)
        return self.read(node, self.name)


@dataclass(frozen=True)
class Default:
    """The default of a field."""

    value: Any


@dataclass(frozen=True)
class ParameterInfo:
    """What ``allParameters`` tells of a field."""

    basename: str
    serializer: Field
    default: Default


def parameterNodeWrapper(described: type) -> type:
    """Makes a wrapper of a class whose annotations are the fields."""
    hints = typing.get_type_hints(described, include_extras=True)
    fields = {name: _field(described, name, hint) for name, hint in hints.items()}
    members: dict[str, Any] = {name: _property(field) for name, field in fields.items()}
    parameters = {name: ParameterInfo(name, field, Default(field.default)) for name, field in fields.items()}
    members |= {"fields": fields, "allParameters": parameters, "__doc__": described.__doc__}
    return type(described.__name__, (Wrapper,), members)


class Wrapper:
    """A parameter node with typed fields."""

    fields: dict[str, Field] = {}  # noqa: RUF012

    def __init__(self, parameterNode: Any) -> None:
        self.parameterNode = parameterNode
        self._connected: dict[int, tuple[dict[str, Any], list[tuple[Any, str, Callable[..., None]]]]] = {}
        self._next_tag = 0
        self._showing = False
        for field in self.fields.values():
            field.value_in(parameterNode)  # which raises where it cannot be read, as in Slicer

    def StartModify(self) -> int:
        return self.parameterNode.StartModify()

    def EndModify(self, before: int) -> None:
        self.parameterNode.EndModify(before)

    def AddObserver(self, event: Any, callback: Any, priority: float = 0.0) -> int:
        return self.parameterNode.AddObserver(event, callback, priority)

    def RemoveObserver(self, tag: int) -> None:
        self.parameterNode.RemoveObserver(tag)

    def connectGui(self, ui: Any) -> None:
        """By the dynamic property ``SlicerParameterName``; gives no tag to disconnect with, as Slicer's gives none."""
        named = {widget.property("SlicerParameterName"): widget for widget in vars(ui).values()}
        self.connectParametersToGui({name: widget for name, widget in named.items() if name})

    def connectParametersToGui(self, widgets: dict[str, Any]) -> int:
        """Keeps widgets and fields equal."""
        unknown = set(widgets) - set(self.fields)
        if unknown:
            raise ValueError(f"no field is called {unknown}")
        links = [self._link(self.fields[name], widget) for name, widget in widgets.items()]
        tag = self._next_tag
        self._next_tag += 1
        self._connected[tag] = widgets, links
        self._show()
        for widget, signal, slot in links:
            getattr(widget, signal).connect(slot)
        self.AddObserver("ModifiedEvent", lambda *_: self._show())
        return tag

    def disconnectGui(self, tag: int) -> None:
        """The observer stays, as in Slicer."""
        _, links = self._connected.pop(tag)
        for widget, signal, slot in links:
            getattr(widget, signal).disconnect(slot)

    def _link(self, field: Field, widget: Any) -> tuple[Any, str, Callable[..., None]]:
        kind = type(widget).__name__
        fitting = ("qMRMLNodeComboBox",) if field.is_node else FITTING.get(field.kind, ("QComboBox",))
        if kind not in fitting:
            raise RuntimeError(f"'{field.name}' cannot be shown by a {kind}")
        if kind == "qMRMLNodeComboBox":
            widget.nodeTypes = [field.kind.__name__]
        elif kind == "QComboBox":
            widget.clear()
            for choice in field.kind:
                widget.addItem(choice.label() if hasattr(choice, "label") else choice.name)
        elif field.limits:
            widget.minimum, widget.maximum = field.limits.minimum, field.limits.maximum

        def changed() -> None:
            if not self._showing:
                setattr(self, field.name, _read(field, widget))

        return widget, SIGNALS.get(kind, "valueChanged"), changed

    def _show(self) -> None:
        """All that is connected, to its widgets."""
        if self._showing:
            return
        self._showing = True
        before = self.StartModify()
        try:
            for widgets, _ in list(self._connected.values()):
                for name, widget in widgets.items():
                    _show(self.fields[name], widget, getattr(self, name))
        finally:
            self.EndModify(before)
            self._showing = False


def _field(described: type, name: str, hint: Any) -> Field:
    kind, *extras = typing.get_args(hint) if typing.get_origin(hint) is typing.Annotated else (hint,)
    limits = next((one for one in extras if isinstance(one, WithinRange)), None)
    return Field(name, kind, limits, getattr(described, name, None))


def _property(field: Field) -> property:
    return property(
        lambda self: field.value_in(self.parameterNode),
        lambda self, value: field.write(self.parameterNode, field.name, value),
    )


def _read(field: Field, widget: Any) -> Any:
    if field.is_node:
        return widget.currentNode()
    if issubclass(field.kind, Enum):
        return list(field.kind)[widget.currentIndex]
    return getattr(widget, EDITORS[type(widget).__name__])


def _show(field: Field, widget: Any, value: Any) -> None:
    if field.is_node:
        widget.setCurrentNode(value)
    elif issubclass(field.kind, Enum):
        widget.currentIndex = list(field.kind).index(value)
    else:
        setattr(widget, EDITORS[type(widget).__name__], value)
