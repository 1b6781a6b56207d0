"""Colours of readers: the same in charts and on images, apart for colour-blind people."""

from __future__ import annotations

from collections.abc import Iterable

from ...core.reporting.picture import Colour

# Okabe & Ito's colours without black; yellow last, because it is faint on white.
PALETTE: tuple[Colour, ...] = (
    (86, 180, 233), (230, 159, 0), (0, 158, 115), (213, 94, 0), (204, 121, 167), (0, 114, 178), (240, 228, 66),
)  # fmt: skip
TRUTH_COLOUR: Colour = (255, 255, 255)
NETWORK_COLOUR: Colour = (255, 70, 70)


def reader_colours(readers: Iterable[str]) -> dict[str, Colour]:
    """Reader -> colour, in alphabetical order; the eighth has the first one's again."""
    return {reader: PALETTE[n % len(PALETTE)] for n, reader in enumerate(sorted(readers))}
