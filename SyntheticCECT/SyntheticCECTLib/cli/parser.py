"""What the parsers of all commands share: one-line errors, options for scripts, and kinds of values."""

from __future__ import annotations

import argparse
import math
from typing import NoReturn

from ..core.version import RESEARCH_USE
from .failure import REFUSED, one_line


class OneLineParser(argparse.ArgumentParser):
    """Says what is wrong in one line, where argparse prints the whole usage first."""

    def error(self, message: str) -> NoReturn:
        self.exit(REFUSED, f"{self.prog}: {one_line(message)} (see {self.prog} --help)\n")


def add_command(commands: argparse._SubParsersAction, name: str, purpose: str) -> argparse.ArgumentParser:
    """A command that runs, with the options that all of them have."""
    command = commands.add_parser(
        name, help=purpose, description=f"{purpose[0].upper()}{purpose[1:]}.", epilog=RESEARCH_USE
    )
    command.add_argument("--json", action="store_true", help="print the result as JSON on standard output")
    command.add_argument(
        "--progress", choices=("bar", "json", "none"),
        help="on standard error: a bar, JSON lines, or nothing (default: a bar on a terminal)",
    )  # fmt: skip
    command.add_argument("--debug", action="store_true", help="show the Python traceback of a failure")
    return command


def seed(text: str) -> int:
    """A whole number of 0 or more."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number of 0 or more")
    return int(text)


def count(text: str) -> int:
    """A whole number of 1 or more."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number of 1 or more")
    return int(text)


def hounsfield(text: str) -> float:
    """A CT value."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not -1024 <= value <= 3071:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number of HU from -1024 to 3071")
    return value
