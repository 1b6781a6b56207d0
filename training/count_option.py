"""Options that count something: patients, processes, steps."""

from __future__ import annotations

import argparse


def count(text: str) -> int:
    """A whole number above 0, as ``type`` of an option."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is below 1")
    return number
