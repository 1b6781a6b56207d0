"""Qt in the manner of PythonQt: properties are values, unknown attributes raise, signals are named with their types."""

from __future__ import annotations

import ctypes
import inspect
import sys
import traceback
from collections.abc import Callable
from enum import Enum
from types import SimpleNamespace
from typing import Any

from PySide6 import QtCore, QtGui, QtWidgets

slot_errors: list[str] = []
"""Tracebacks of slots that raised: PythonQt prints them and goes on, a test must fail."""

if sys.version_info < (3, 12):
    # PySide6 6.12 is built for Pythons in which these are not counted. In older ones each call that returns None loses a
    # count, and at zero Python aborts: so they get more than any test can lose.
    for _constant in (None, True, False):
        ctypes.c_ssize_t.from_address(id(_constant)).value += 1 << 40

SIGNALS_OF_QT5 = {(QtCore.QProcess, "error")}
"""There PythonQt finds a signal where Qt 6 has a method of that name only."""

_classes: dict[type, type] = {}
_proxies: dict[int, tuple[Any, Any]] = {}


class ProxyClass(type):
    """A Qt class: call it to make an object, read enumerations and static methods from it."""

    def __call__(cls, *arguments: Any, **properties: Any) -> Any:
        made = cls.qt_class(*(unwrapped(one) for one in arguments))  # type: ignore[attr-defined]
        proxy = wrapped(made)
        for name, value in properties.items():
            setattr(proxy, name, value)
        return proxy

    def __getattr__(cls, name: str) -> Any:
        qt_class = cls.__dict__.get("qt_class")
        if qt_class is None or name.startswith("_"):
            raise AttributeError(name)
        found = getattr(qt_class, name)
        return _method(found) if inspect.isroutine(found) else found


class Proxy(metaclass=ProxyClass):
    """An object of Qt as PythonQt shows it."""

    qt_class: type = object

    def __getattr__(self, name: str) -> Any:
        target = self.__dict__["target"]
        if name.startswith("_") or (type(target), name) in SIGNALS_OF_QT5:
            raise AttributeError(name)
        if isinstance(target, QtCore.QObject):
            if name == "name":
                return target.objectName()
            index = target.metaObject().indexOfProperty(name)
            if index >= 0:
                return wrapped(target.metaObject().property(index).read(target))
        found = getattr(target, name)
        return SignalProxy(target, name) if isinstance(found, QtCore.SignalInstance) else _method(found)

    def __setattr__(self, name: str, value: Any) -> None:
        target = self.__dict__["target"]
        index = target.metaObject().indexOfProperty(name) if isinstance(target, QtCore.QObject) else -1
        if index < 0:
            raise AttributeError(f"{type(target).__name__} has no property '{name}'")
        described = target.metaObject().property(index)
        _check(described, value)
        if not described.write(target, unwrapped(value)):
            raise ValueError(f"{type(target).__name__}.{name} does not take {value!r}")

    def connect(self, signature: str, slot: Callable[..., Any]) -> bool:
        """By the signal's name with its types; a wrong one only warns in PythonQt, and raises here."""
        self._signal(signature).connect(slot)
        return True

    def disconnect(self, signature: str, slot: Callable[..., Any]) -> bool:
        self._signal(signature).disconnect(slot)
        return True

    def _signal(self, signature: str) -> SignalProxy:
        target = self.__dict__["target"]
        own = getattr(type(target), "signatures", ())
        normal = signature.replace(" ", "")
        if signature not in own and target.metaObject().indexOfSignal(normal) < 0:
            raise AttributeError(f"{type(target).__name__} has no signal '{signature}'")
        return SignalProxy(target, signature.partition("(")[0])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Proxy) and self.__dict__["target"] is other.__dict__["target"]

    def __hash__(self) -> int:
        return id(self.__dict__["target"])


class SignalProxy:
    """A signal of an object."""

    def __init__(self, target: Any, name: str) -> None:
        self._target, self._name = target, name
        self._slots = target.__dict__.setdefault("stand_in_slots", {})

    def connect(self, slot: Callable[..., Any]) -> None:
        guarded = _guarded(slot)
        self._slots.setdefault((self._name, slot), []).append(guarded)
        getattr(self._target, self._name).connect(guarded)

    def disconnect(self, slot: Callable[..., Any]) -> None:
        guarded = self._slots[(self._name, slot)].pop()
        getattr(self._target, self._name).disconnect(guarded)

    def emit(self, *arguments: Any) -> None:
        getattr(self._target, self._name).emit(*(unwrapped(one) for one in arguments))


def wrapped(value: Any) -> Any:
    """What PythonQt hands out for a value of Qt; lists become tuples."""
    if isinstance(value, list | tuple):
        return tuple(wrapped(one) for one in value)
    if not _is_qt(type(value)):
        return value
    known = _proxies.get(id(value))
    if known is not None and known[0] is value:
        return known[1]
    proxy = object.__new__(proxy_class(type(value)))
    proxy.__dict__["target"] = value
    if isinstance(value, QtCore.QObject):
        # The same widget is the same object for Python, as long as it lives.
        _proxies[id(value)] = value, proxy
        key = id(value)
        value.destroyed.connect(lambda *_: _proxies.pop(key, None))
    return proxy


def unwrapped(value: Any) -> Any:
    if isinstance(value, Proxy):
        return value.__dict__["target"]
    if isinstance(value, ProxyClass):
        return value.qt_class
    if isinstance(value, list | tuple):
        return [unwrapped(one) for one in value]
    return value


def proxy_class(qt_class: type) -> Any:
    """The class that stands for a Qt class, below those of its bases."""
    if qt_class not in _classes:
        bases = tuple(proxy_class(base) for base in qt_class.__bases__ if _is_qt(base)) or (Proxy,)
        _classes[qt_class] = ProxyClass(qt_class.__name__, bases, {"qt_class": qt_class})
    return _classes[qt_class]


class QUiLoader:
    """Reads a Designer file; the connections to the scene are made as Qt makes them."""

    widgets: dict[str, type] = {}  # noqa: RUF012

    def load(self, file: Any) -> Any:
        from .designer_file import load

        return wrapped(load(unwrapped(file), self.widgets))


CLASSES = (
    (
        QtCore,
        "QTimer QProcess QProcessEnvironment QUrl QThread QFile QObject QByteArray QCoreApplication QEvent QSettings",
    ),
    (QtGui, "QPixmap QImage QIcon QDesktopServices QKeySequence"),
    (
        QtWidgets,
        "QWidget QLabel QPushButton QCheckBox QComboBox QLineEdit QSpinBox QDoubleSpinBox QProgressBar",
    ),
    (QtWidgets, "QTableWidget QTableWidgetItem QTabWidget QVBoxLayout QFileDialog QMessageBox QApplication"),
)


def qt_module() -> SimpleNamespace:
    """What ``import qt`` finds."""
    classes = {
        name: proxy_class(getattr(module, name)) for module, names in CLASSES for name in names.split()
    }
    return SimpleNamespace(**classes, QUiLoader=QUiLoader, Qt=QtCore.Qt)


def _is_qt(kind: type) -> bool:
    return not issubclass(kind, Enum) and any(base.__module__.startswith("PySide6") for base in kind.__mro__)


def _check(described: Any, value: Any) -> None:
    """Qt would turn a number into text and None into 0 without a word."""
    kind = described.typeName()
    fitting = {"QString": str, "bool": bool, "int": int, "double": (int, float)}.get(kind)
    if fitting is not None and (
        not isinstance(value, fitting) or (kind == "int" and isinstance(value, bool))
    ):
        raise ValueError(f"property '{described.name()}' wants {kind}, not {value!r}")


def _method(found: Any) -> Callable[..., Any]:
    def call(*arguments: Any) -> Any:
        passed = [_guarded(one) if inspect.isroutine(one) else unwrapped(one) for one in arguments]
        return wrapped(found(*passed))

    return call


def _guarded(slot: Callable[..., Any]) -> Callable[..., Any]:
    """A slot that gets as many arguments as it takes, and whose exception is kept for the test."""
    accepted = _accepted(slot)

    def call(*arguments: Any) -> None:
        try:
            slot(*(wrapped(one) for one in arguments[:accepted]))
        except Exception:
            traceback.print_exc()
            slot_errors.append(traceback.format_exc())

    return call


def _accepted(slot: Callable[..., Any]) -> int | None:
    kinds = [one.kind for one in inspect.signature(slot).parameters.values()]
    if inspect.Parameter.VAR_POSITIONAL in kinds:
        return None
    return sum(
        kind in (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD) for kind in kinds
    )
