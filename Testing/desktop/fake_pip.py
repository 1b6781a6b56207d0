"""Stands for PythonSlicer with pip in the tests: installs nothing, and goes well or badly as a test wants it.

Called as: fake_pip.py FOLDER ARGUMENT...; FOLDER holds ``mode`` (what to do), and afterwards ``runs.json`` with the arguments
of each run, and ``installed`` once all went well.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

GOES = (
    "Collecting torch>=2.10\n"
    "  Downloading https://download.pytorch.org/whl/cpu/torch-2.10.0%2Bcpu-cp312-win_amd64.whl (180 MB)"
)
CONFLICT = (
    "ERROR: Cannot install torch because these package versions have conflicting dependencies.\n"
    "ERROR: ResolutionImpossible: for help visit https://pip.pypa.io/"
)


def main() -> int:
    folder, arguments = Path(sys.argv[1]), sys.argv[2:]
    mode, runs = (folder / "mode").read_text(), folder / "runs.json"
    earlier = json.loads(runs.read_text()) if runs.exists() else []
    constraints = Path(arguments[arguments.index("--constraint") + 1])
    kept = Path(os.environ["TMPDIR"]) / "pip-unpack"
    kept.mkdir()
    now = {"arguments": arguments, "pins": constraints.read_text(), "folder": str(Path.cwd())}
    runs.write_text(json.dumps([*earlier, now]))
    print(GOES, flush=True)
    if mode == "offline":
        print("ERROR: Could not find a version that satisfies the requirement torch>=2.10", file=sys.stderr)
        return 1
    if mode == "conflict in the second" and earlier:
        print(CONFLICT, file=sys.stderr)
        return 1
    for step in range(600 if mode == "slow" else 4):
        print(f"Progress {min(step, 450) * 1000} of 600000", flush=True)
        time.sleep(0.05)
    print("Installing collected packages: torch, safetensors", flush=True)
    if mode == "writes for a second" and earlier:
        time.sleep(1.0)
    while mode == "writes" and not (folder / "go on").exists():
        time.sleep(0.05)
    print("Successfully installed safetensors-0.8.0 torch-2.10.0", flush=True)
    kept.rmdir()
    (folder / "installed").touch()
    return 0


if __name__ == "__main__":
    sys.exit(main())
