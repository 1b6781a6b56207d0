"""``models``: the model packages that are here, and what is on their cards."""

from __future__ import annotations

import argparse
import textwrap
from typing import Any

from ..core.networks.model_package import ModelListing, list_models, models_folder
from .progress import Progress
from .summary import print_json

FACTS = {
    "training_data": "Trained on", "split": "Split", "intended_use": "For", "limits": "Limits", "results": "Measured",
    "threshold_hu": "Threshold HU", "threshold_origin": "which is", "views": "Views",
    "volume_interval": "Intervals", "recipe": "Recipe", "software": "Software", "licence": "Licence",
    "sha256": "SHA-256",
}  # fmt: skip


def run(options: argparse.Namespace, progress: Progress) -> None:
    """Carry out the command; arguments as in `arguments.build_parser`."""
    listings = list_models()
    if options.json:
        print_json(
            [
                {"id": one.id, "folder": str(one.folder), "problem": one.problem, "card": one.card}
                for one in listings
            ]
        )
        return
    if not listings:
        print(f"No models in {models_folder()}.")
    print("\n\n".join(_described(one) for one in listings))


def _described(listing: ModelListing) -> str:
    if listing.problem:
        return f"{listing.id}\n  Cannot be used: {listing.problem}"
    lines = [listing.id]
    for key, name in FACTS.items():
        for entry in _paragraphs(key, listing.card):
            text = textwrap.fill(entry, 100, subsequent_indent=" " * 15, break_long_words=False)
            lines.append(f"  {name:<12} {text}")
    return "\n".join(lines)


def _paragraphs(key: str, card: dict[str, Any]) -> list[str]:
    """What a card says of a fact; results of each evaluation by themselves."""
    if key not in card:
        return []
    if key != "results" or not isinstance(card[key], dict):
        return [_plain(card[key])]
    evaluations = {name: entry for name, entry in card[key].items() if isinstance(entry, dict)}
    training = {name: entry for name, entry in card[key].items() if name not in evaluations}
    told = [
        f"{name}: {'; '.join(f'{figure} {_plain(value)}' for figure, value in entry.items())}"
        for name, entry in evaluations.items()
    ]
    return [_plain(training), *told] if training else told


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        # A training curve is for plotting, not for reading.
        return ", ".join(f"{key} {_plain(entry)}" for key, entry in value.items() if key != "curve")
    if isinstance(value, list):
        return " ".join(_plain(entry) for entry in value)
    return f"{value:.4g}" if isinstance(value, float) else str(value)
