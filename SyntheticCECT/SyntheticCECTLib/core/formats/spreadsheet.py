"""Words of people in tables that spreadsheets open."""

from __future__ import annotations


def plain_text(text: str) -> str:
    """Text that a spreadsheet does not take for a formula, which could send what the table holds elsewhere."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
