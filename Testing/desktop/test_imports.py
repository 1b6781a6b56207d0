"""Only the module file and this room need Slicer, and a panel that opens waits for nothing heavy."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

from Testing.desktop.desktop_case import OpenPanel

ROOT = Path(__file__).resolve().parents[2]
MODULE = ROOT / "SyntheticCECT"
OPEN = """
import json, sys, tempfile, time
sys.path[:0] = [{module!r}, {root!r}]
from Testing.desktop.stand_in.installation import StandIn
stand_in = StandIn(tempfile.mkdtemp())
before, started = set(sys.modules), time.process_time()
widget = stand_in.open_module()
seconds = time.process_time() - started
heavy = sorted({{name.partition(".")[0] for name in set(sys.modules) - before}} & {{"torch", "SimpleITK", "scipy", "trame"}})
print(json.dumps([seconds, heavy]), flush=True)
import os
os._exit(0)
"""


def file_scope_imports(path: Path) -> set[str]:
    """Packages that are imported when the file is."""
    found: set[str] = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add((node.module or "").partition(".")[0])
    return found


def test_nothing_foreign_is_imported_at_file_scope() -> None:
    allowed = set(sys.stdlib_module_names) | {"slicer", "qt", "ctk", "vtk", "numpy"}
    files = [MODULE / "SyntheticCECT.py", *(MODULE / "SyntheticCECTLib" / "desktop").glob("*.py")]
    foreign = {path.name: file_scope_imports(path) - allowed for path in files}
    assert {name: ones for name, ones in foreign.items() if ones} == {}


def test_only_this_room_and_the_module_file_name_qt() -> None:
    rooms = [path for path in (MODULE / "SyntheticCECTLib").rglob("*.py") if "desktop" not in path.parts]
    assert [path.name for path in rooms if file_scope_imports(path) & {"qt", "ctk", "slicer"}] == []


def test_panel_opens_in_under_a_second_and_without_heavy_packages(panel: OpenPanel) -> None:
    import json

    if hasattr(panel.slicer.app, "commandOptions"):
        return  # inside Slicer the test below would start another Slicer
    code = OPEN.format(module=str(MODULE), root=str(ROOT))
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stderr
    seconds, heavy = json.loads(run.stdout.splitlines()[-1])
    # The processor's time: what other programs on a busy machine take away is not ours.
    assert heavy == [] and seconds < 1.0
