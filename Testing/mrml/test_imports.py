"""The room can be imported anywhere, at once: Slicer, VTK and whatever computes are loaded when they are used."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOM = Path(__file__).resolve().parents[2] / "SyntheticCECT" / "SyntheticCECTLib" / "mrml"
LATER = (
    "slicer",
    "slicer_core",
    "vtk",
    "vtkmodules",
    "torch",
    "SimpleITK",
    "scipy",
    "skimage",
    "trame",
    "trame_slicer",
)


def test_no_file_loads_slicer_or_heavy_packages_when_imported() -> None:
    modules = [f"SyntheticCECTLib.mrml.{path.stem}" for path in sorted(ROOM.glob("*.py"))]
    script = (
        "import importlib, sys\n"
        f"for name in {modules!r}:\n"
        "    importlib.import_module(name)\n"
        f"    early = [one for one in {LATER!r} if one in sys.modules]\n"
        "    if early: sys.exit(f'{name} imports {early}')"
    )
    run = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOM.parents[1], capture_output=True, text=True, check=False
    )
    assert len(modules) > 10 and run.returncode == 0, run.stderr
