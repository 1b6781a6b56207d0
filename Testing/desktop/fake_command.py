"""Stands for the command line in the tests: as quick or as bad as a test wants it, without numpy and without a network.

Called as: fake_command.py FOLDER ARGUMENT...; FOLDER holds ``mode`` (what to do), results that are ready, and afterwards
``seen.json`` with the arguments.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path


def say(fraction: float, message: str) -> None:
    print(json.dumps({"progress": fraction, "message": message}), file=sys.stderr, flush=True)


def write(folder: Path, target: Path, to_the_end: bool) -> int:
    """As the command line does it: beside the target, with a file in its hands for longer than it is given to end."""
    work = target.with_name(f".{target.name}.partial")
    asked: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: asked.append(number))
    shutil.copytree(folder / "plain", work)
    (folder / "pids").write_text(str(os.getpid()))
    say(0.9, "writing enhancement.nrrd")
    until = time.monotonic() + 60
    while not to_the_end and not asked and time.monotonic() < until:
        time.sleep(0.02)
    time.sleep(1.0)
    if asked:
        shutil.rmtree(work)
        return 143
    say(1.0, "done")
    work.rename(target)
    return 0


def main() -> int:
    folder, arguments = Path(sys.argv[1]), sys.argv[2:]
    mode = (folder / "mode").read_text()
    (folder / "seen.json").write_text(json.dumps(arguments))
    say(0.0, "reading")
    if mode == "refuse":
        print("synthetic-cect: The slices are 20.00 mm apart. Reconstruct the scan.", file=sys.stderr)
        return 2
    if mode == "break":
        print("Traceback: something deep\nsynthetic-cect: unexpected ValueError: broke", file=sys.stderr)
        return 1
    if mode == "no torch":
        print("synthetic-cect: unexpected ModuleNotFoundError: No module named 'torch'", file=sys.stderr)
        return 1
    if mode == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    if mode in ("slow", "stubborn"):
        if mode == "stubborn":
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
        (folder / "pids").write_text(f"{os.getpid()} {child.pid}")
        for step in range(600):
            say(min(0.9, step / 100), f"step {step}")
            time.sleep(0.1)
    if mode.startswith("writes"):
        return write(folder, Path(arguments[arguments.index("-o") + 1]), to_the_end=mode == "writes")
    for step in range(1, 4):
        say(step / 4, "synthesizing contrast")
    if mode == "bad scan" and "bad" in arguments[1]:
        print("synthetic-cect: Not a CT. Give a CT.", file=sys.stderr)
        return 2
    if arguments[0] == "export":
        shutil.copytree(arguments[1], folder / "exported", dirs_exist_ok=True)
        if "--source" in arguments:
            shutil.copytree(arguments[arguments.index("--source") + 1], folder / "source", dirs_exist_ok=True)
        return 0
    made = "patient" if arguments[0] == "phantom" else "compared" if "--reference" in arguments else "plain"
    if mode != "empty":
        shutil.copytree(folder / made, arguments[arguments.index("-o") + 1], dirs_exist_ok=True)
    say(1.0, "done")
    return 0


if __name__ == "__main__":
    sys.exit(main())
