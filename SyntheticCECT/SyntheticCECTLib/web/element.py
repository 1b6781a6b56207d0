"""Attributes that trame's widgets do not know by name: what a screen reader says, and what tests look for."""

from __future__ import annotations

from html import escape


def named(label: str, **data: str) -> list[str]:
    """``raw_attrs`` that name an element for a mouse that rests on it and for a screen reader.

    Args:
        label: What it does.
        data: ``data-`` attributes.
    """
    text = escape(label, quote=True)
    return [f'title="{text}"', f'aria-label="{text}"', *marked(**data)]


def marked(**data: str) -> list[str]:
    """``raw_attrs`` with ``data-`` attributes only."""
    return [f'data-{key.replace("_", "-")}="{escape(value, quote=True)}"' for key, value in data.items()]
