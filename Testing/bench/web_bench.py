"""The reading room on a 512 x 512 x 60 case: slider to contour, first image, scrolling, memory; and plain trame-slicer.

Slider to contour is what the server does between a slider's message and the picture that goes out: new labels, contours,
and three rendered and encoded slice views. The network and the browser are not in it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).parents[2]
VIEW_PIXELS = (475, 375)
MOVING_QUALITY = 70
THRESHOLDS_HU = (150.0, 170.0, 190.0, 210.0, 230.0, 250.0, 270.0, 290.0)
_RESIDENT = """
print(time.perf_counter() - start, [line for line in open("/proc/self/status") if line.startswith("VmRSS")][0].split()[1])
"""
PLAIN = """
import asyncio, time
start = time.perf_counter()
asyncio.set_event_loop(asyncio.new_event_loop())
from trame_slicer.app.segmentation_app import SegmentationApp
app = SegmentationApp()
"""
OURS = """
import asyncio, sys, time
start = time.perf_counter()
asyncio.set_event_loop(asyncio.new_event_loop())
from pathlib import Path
from trame.app import get_server
from SyntheticCECTLib.core.case import segment_case
from SyntheticCECTLib.core.case_folder import read_case
from SyntheticCECTLib.web.door.upload import Uploads
from SyntheticCECTLib.web.opening.target import target_of
from SyntheticCECTLib.web.room import ReadingRoom
here = Path(sys.argv[1])
room = ReadingRoom(get_server("bench", client_type="vue3"), here, Uploads(here), target_of(None))
if len(sys.argv) > 2:
    room.case.show_result(segment_case(read_case(here)))
    room.picture.on_case("overlay")
    room.threshold.on_case()
    for view in room.views.by_tag.values():
        view.update_size(475, 375)
        view.render()
"""


def bench_web(repeats: int) -> list[dict[str, object]]:
    """One row per figure; the median of the repeats."""
    with TemporaryDirectory() as folder:
        _write_case(folder)
        plain_s, plain_mb = _in_its_own_process(PLAIN)
        empty_s, empty_mb = _in_its_own_process(OURS, folder)
        full_s, full_mb = _in_its_own_process(OURS, folder, "with a case")
        case, first_s = _case_on_screen(folder)
    views = [_SliceView(case["app"], orientation) for orientation in ("Axial", "Coronal", "Sagittal")]
    for view in views:
        view.show(case["screen"])
    slider = _timed(lambda n: _slide(case["live"], views, THRESHOLDS_HU[n % len(THRESHOLDS_HU)]), 8 * repeats)
    labels = _timed(lambda n: case["live"].at(THRESHOLDS_HU[n % len(THRESHOLDS_HU)]), 8 * repeats)
    scroll = _timed(lambda n: views[0].scroll(n), 8 * repeats)
    return [
        {"figure": "slider to contour, three views", "milliseconds": round(1000 * slider, 1)},
        {"figure": "  of it: labels and volumes", "milliseconds": round(1000 * labels, 1)},
        {
            "figure": "scrolling, one view",
            "milliseconds": round(1000 * scroll, 1),
            "per second": round(1 / scroll, 1),
        },
        {"figure": "result on the disk to first image", "milliseconds": round(1000 * first_s)},
        {
            "figure": "plain trame-slicer segmentation example, started",
            "milliseconds": round(1000 * plain_s),
            "MB": plain_mb,
        },
        {"figure": "reading room, started", "milliseconds": round(1000 * empty_s), "MB": empty_mb},
        {
            "figure": "reading room with this case in five views",
            "milliseconds": round(1000 * full_s),
            "MB": full_mb,
        },
    ]


class _SliceView:
    """A slice view that renders and encodes as the reading room's do."""

    def __init__(self, app: Any, orientation: str) -> None:
        from trame_slicer.views import SliceView

        self._view: Any = SliceView(app.scene, app.app_logic, f"Bench{orientation}")
        self._view.render_window().SetMultiSamples(0)
        self._view.set_orientation(orientation)
        self._view.update_size(*VIEW_PIXELS)

    def show(self, screen: Any) -> None:
        self._view.set_background_volume_id(screen.native.GetID())
        self._view.set_foreground_volume_id(screen.nodes.synthetic_cect.GetID())
        self._view.set_foreground_opacity(0.5)
        self._view.fit_view_to_content()
        self._view.get_view_node().JumpSliceByOffsetting(*screen.heart_center_ras())
        self.picture()

    def scroll(self, number: int) -> None:
        low, high = self._view.get_slice_range()
        self._view.set_slice_value(low + (high - low) * (0.3 + 0.02 * (number % 20)))
        self.picture()

    def picture(self) -> bytes:
        """What goes to the browser."""
        from slicer import vtkMRMLLayerDisplayableManager
        from trame_rca.encoders import RcaImageEncoder
        from vtkmodules.util.numpy_support import vtk_to_numpy
        from vtkmodules.vtkCommonDataModel import vtkImageData

        window, image = self._view.render_window(), vtkImageData()
        window.Render()
        vtkMRMLLayerDisplayableManager.RenderWindowBufferToImage(window, image)
        columns, rows, _ = image.GetDimensions()
        pixels = vtk_to_numpy(image.GetPointData().GetScalars()).reshape((rows, columns, -1))[::-1].copy()
        return RcaImageEncoder.TURBO_JPEG.encode(pixels, columns, rows, MOVING_QUALITY)[0]


def _slide(live: Any, views: list[_SliceView], threshold_hu: float) -> None:
    live.at(threshold_hu)
    for view in views:
        view.picture()


def _timed(work: Any, times: int) -> float:
    taken = []
    for number in range(times):
        start = time.perf_counter()
        work(number)
        taken.append(time.perf_counter() - start)
    return median(taken)


def _write_case(folder: str) -> None:
    from SyntheticCECTLib.core.case import CaseInputs, CaseSettings, process_case
    from SyntheticCECTLib.core.case_folder import write_case
    from SyntheticCECTLib.core.scan import Scan
    from SyntheticCECTLib.phantom.patient import Protocol, make_patient

    patient = make_patient(1, Protocol(field_mm=350.0, matrix=512, slices=60))
    write_case(process_case(CaseInputs(Scan(patient.native_ct, "0" * 64, "bench")), CaseSettings()), folder)


def _case_on_screen(folder: str) -> tuple[dict[str, Any], float]:
    """A case in a scene, and the seconds from its folder to the first picture."""
    from SyntheticCECTLib.core.case import segment_case
    from SyntheticCECTLib.core.case_folder import read_case
    from SyntheticCECTLib.web.quiet_slicer import quiet_slicer_app
    from SyntheticCECTLib.web.viewing.case_on_screen import CaseOnScreen

    app = quiet_slicer_app()
    start = time.perf_counter()
    screen = CaseOnScreen(app.scene)
    screen.show_result(segment_case(read_case(folder)))
    _SliceView(app, "Axial").show(screen)
    return {"app": app, "screen": screen, "live": screen.live}, time.perf_counter() - start


def _in_its_own_process(script: str, *arguments: str) -> tuple[float, int]:
    """Seconds that a script took, and the MB of memory that it holds at its end (Linux)."""
    environment = os.environ | {"PYTHONPATH": str(ROOT / "SyntheticCECT")}
    printed = subprocess.run(
        [sys.executable, "-c", script + _RESIDENT, *arguments],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
    ).stdout.split()
    return float(printed[-2]), round(int(printed[-1]) / 1024)
