"""Runs the desktop tests and the MRML tests inside Slicer, writes a picture of each tab, and ends Slicer with the outcome.

    Slicer --testing --no-splash --python-script Testing/run_in_slicer.py [FOLDER FOR PICTURES]

The module must be on Slicer's module path (``--additional-module-paths SyntheticCECT``), else it is loaded from here.
pytest need not be installed: `small_pytest` stands in for it.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
import traceback
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
TABS = ("synthesize", "view", "chambers", "compare", "batch", "observers")


def main() -> int:
    """Everything; 0 where all went well."""
    pictures = Path(sys.argv[1] if len(sys.argv) > 1 else "Screenshots").resolve()
    pictures.mkdir(parents=True, exist_ok=True)
    for path in (str(ROOT / "SyntheticCECT"), str(ROOT)):
        if path not in sys.path:
            sys.path.insert(0, path)
    from Testing import small_pytest

    # Also where pytest is installed: it would want to be the main program.
    sys.modules["pytest"] = small_pytest.module()
    _load_module()
    outcome = small_pytest.Outcome()
    for room in ("desktop", "mrml"):
        fixtures = importlib.import_module(f"Testing.{room}.conftest")
        runner = small_pytest.Runner([fixtures])
        for name in _tests_in(room):
            runner.run(importlib.import_module(f"Testing.{room}.{name}"), outcome)
        runner.close()
    try:
        _photograph(pictures)
    except Exception:
        outcome.failed["pictures of the tabs"] = traceback.format_exc()
    for name, text in outcome.failed.items():
        print(f"FAILED {name}\n{text}", file=sys.stderr)
    print(f"{len(outcome.passed)} passed, {len(outcome.skipped)} skipped, {len(outcome.failed)} failed")
    return 1 if outcome.failed else 0


def _tests_in(room: str) -> list[str]:
    """All of a room: those of the stand-in skip themselves in Slicer."""
    return sorted(path.stem for path in (ROOT / "Testing" / room).glob("test_*.py"))


def _load_module() -> None:
    """The module from this checkout, where Slicer does not know it yet."""
    qt: Any = importlib.import_module("qt")
    slicer: Any = importlib.import_module("slicer")
    if hasattr(slicer.modules, "syntheticcect"):
        return
    factory = slicer.app.moduleManager().factoryManager()
    factory.registerModule(qt.QFileInfo(str(ROOT / "SyntheticCECT" / "SyntheticCECT.py")))
    if not factory.loadModules(["SyntheticCECT"]):
        raise RuntimeError("SyntheticCECT could not be loaded as a module; see the messages above.")


def _photograph(folder: Path) -> None:
    """A picture of the window for each tab, with a result in the views."""
    slicer: Any = importlib.import_module("slicer")
    from SyntheticCECTLib.mrml.result_nodes import add_result
    from SyntheticCECTLib.mrml.volume_node import add_volume
    from Testing.small_case import blocks, case_result, image_of

    slicer.mrmlScene.Clear(False)
    slicer.util.selectModule("SyntheticCECT")
    slicer.util.reloadScriptedModule("SyntheticCECT")
    widget = slicer.modules.SyntheticCECTWidget
    native = add_volume(slicer.mrmlScene, image_of(blocks()), "blocks")
    add_result(slicer.mrmlScene, case_result(), native)
    widget.ui.nativeCtSelector.setCurrentNode(native)
    widget.panel.view.show()
    window = slicer.util.mainWindow()
    for number, name in enumerate(TABS):
        widget.ui.tabs.currentIndex = number
        slicer.util.forceRenderAllViews()
        slicer.app.processEvents()
        picture = (window or widget.parent).grab()
        if not picture.save(str(folder / f"{name}.png")):
            raise RuntimeError(f"{folder / name}.png could not be written")


if __name__ == "__main__":
    try:
        status = main()
    except BaseException:
        traceback.print_exc()
        status = 1
    slicer_app: Any = importlib.import_module("slicer")
    slicer_app.util.exit(status)
