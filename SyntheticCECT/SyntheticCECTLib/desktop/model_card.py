"""A model's card in a few lines of rich text."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..core.networks.model_package import ModelListing

SHOWN = (
    ("training_data", "Trained on"),
    ("limits", "Limits"),
    ("intended_use", "For"),
    ("licence", "Licence"),
)


HEART_FINDER = "heart_finder"
"""Architecture of a model that is no choice."""


def contrast_models() -> list[ModelListing]:
    """The packages that synthesize contrast, and those whose card cannot be read."""
    from ..core.networks.model_package import list_models

    return [one for one in list_models() if one.card.get("architecture", {}).get("name") != HEART_FINDER]


def card_text(listing: ModelListing) -> str:
    """The card as rich text; the problem where the package cannot be used."""
    if listing.problem:
        return f"<b>{escape(listing.id)}</b> cannot be used: {escape(listing.problem)}"
    card = listing.card
    lines = [f"<b>{escape(listing.id)}</b>, threshold {escape(_plain(card.get('threshold_hu', '?')))} HU"]
    lines += [f"<i>{title}:</i> {escape(_plain(card[key]))}" for key, title in SHOWN if key in card]
    return "<br>".join(lines)


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return " ".join(_plain(entry) for entry in value)
    return f"{value:.0f}" if isinstance(value, float) else str(value)
