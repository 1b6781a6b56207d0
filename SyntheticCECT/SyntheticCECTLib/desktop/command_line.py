"""How the command line is called in a process of its own."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

PACKAGE_FOLDER = Path(__file__).resolve().parents[2]
"""Holds SyntheticCECTLib; ``python -m`` looks into its working folder first."""


@dataclass(frozen=True)
class CommandLine:
    """A program that understands the arguments of ``synthetic-cect``.

    Attributes:
        program: Path of the executable.
        leading: Arguments before ours.
        folder: Where it runs.
    """

    program: str
    leading: tuple[str, ...] = ("-m", "SyntheticCECTLib.cli")
    folder: Path = PACKAGE_FOLDER

    def arguments(self, ours: Sequence[str | Path]) -> list[str]:
        """Everything after the program's name."""
        return [*self.leading, *(str(one) for one in ours)]


def slicer_python(home: str = "") -> str:
    """The Python to run modules with: PythonSlicer, or this one where there is no Slicer around it.

    Args:
        home: Slicer's folder, looked into where PythonSlicer is not on the path.
    """
    name = "PythonSlicer.exe" if os.name == "nt" else "PythonSlicer"
    beside = Path(home) / "bin" / name
    return shutil.which("PythonSlicer") or (str(beside) if home and beside.is_file() else sys.executable)
