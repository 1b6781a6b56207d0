"""trame's state through dataclasses: values on the server, names of variables on the page."""

from __future__ import annotations

from typing import Any, TypeVar, cast

from trame_server.utils.typed_state import TypedState

T = TypeVar("T")


def names_of(server: Any, kind: type) -> Any:
    """The dataclass with names of the page's variables in place of its values."""
    return TypedState(server.state, kind).name


def data_of(server: Any, kind: type[T]) -> T:
    """The dataclass itself: what is set in it, the page shows."""
    return cast(T, TypedState(server.state, kind).data)
