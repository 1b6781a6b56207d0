"""Sample, Apply, Chambers: from the open panel to volumes on screen, with the real command line.

The panel is that of 3D Slicer over the stand-in for its widgets (``Testing/desktop``); Slicer's own drawing is not in it.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[2]
JOB = """
import sys, time
sys.path.insert(0, "SyntheticCECT")  # as Slicer does for its modules
from Testing.desktop.desktop_case import FakeApplication, NothingMissing
from Testing.desktop.stand_in.installation import StandIn
stand_in = StandIn(sys.argv[1])
panel = stand_in.open_module().panel
panel.desk.application = FakeApplication(temporary=sys.argv[1])
panel.desk.runner.installer._packages = NothingMissing()
from SyntheticCECTLib.desktop.command_line import CommandLine, slicer_python
from SyntheticCECTLib.desktop.self_test import sample_apply_chambers
panel.desk.runner.command_line = CommandLine(slicer_python())
start = time.perf_counter()
volumes = sample_apply_chambers(panel)
print(time.perf_counter() - start)
assert all(measured > 0 for measured, _ in volumes.values()), volumes
"""


def bench_three_clicks(repeats: int) -> list[dict[str, object]]:
    """One row: seconds from the first click to the volumes."""
    taken = []
    for _ in range(min(repeats, 3)):
        with TemporaryDirectory() as folder:
            done = subprocess.run(
                [sys.executable, "-c", JOB, folder], cwd=ROOT, capture_output=True, text=True, check=False
            )
        if done.returncode:
            raise RuntimeError(f"The job in the panel failed:\n{done.stderr[-2000:]}")
        taken.append(float(done.stdout.split()[-1]))
    return [{"what": "three clicks", "seconds": round(median(taken), 1), "worst": round(max(taken), 1)}]
