"""A threshold slider in the scene: milliseconds for each position on a 512 x 512 x 60 virtual patient.

python Testing/bench/threshold_update.py
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from statistics import median
from typing import Any

from SyntheticCECTLib.core import pipeline
from SyntheticCECTLib.core.case import PreparedCase, segment_case
from SyntheticCECTLib.core.chambers import LiveChambers
from SyntheticCECTLib.mrml.live_chambers import LiveChambersNode, around_heart
from SyntheticCECTLib.mrml.result_nodes import add_result, find_result, remove_result
from SyntheticCECTLib.mrml.segmentation_node import update_chambers
from SyntheticCECTLib.mrml.volume_node import add_volume, to_image
from SyntheticCECTLib.phantom.patient import Protocol, make_patient

_REACH_HU, _STEPS = 100.0, 10


def bench_threshold_update(repeats: int) -> list[dict[str, object]]:
    """One row for each thing that a slider, or the end of a synthesis, waits for: median of the repeats."""
    from trame_slicer.core import SlicerApp

    scene = SlicerApp().scene
    native_ct = make_patient(1, Protocol(field_mm=350.0, matrix=512, slices=60)).native_ct
    result = segment_case(PreparedCase(pipeline.synthesize(native_ct), "virtual patient", ""))
    synthesis, middle = result.case.synthesis, result.threshold_hu
    native = add_volume(scene, native_ct, "native CT")
    nodes = add_result(scene, result, native, with_curve=False)
    live = LiveChambersNode(synthesis, nodes.chambers)
    thresholds = [middle + _REACH_HU * (step / _STEPS - 0.5) for step in range(_STEPS + 1)] * repeats

    shown = LiveChambers(around_heart(synthesis)).at(middle)

    def add_and_remove() -> None:
        remove_result(scene, add_result(scene, result, native, with_curve=False))

    return [
        _row("slider: threshold, scene, volumes", live.at, thresholds),
        _row("of that, the scene", lambda image: update_chambers(nodes.chambers, image, False), [shown] * repeats),
        _row("slider let go: surfaces", lambda hu: live.at(hu, True), thresholds[:repeats]),
        _row("CT out of the scene", to_image, [native] * repeats),
        _row("result into the scene and out", lambda _: add_and_remove(), range(repeats)),
        _row("result found", lambda node: find_result(scene, node), [native] * repeats),
    ]  # fmt: skip


def _row(what: str, work: Callable[..., object], arguments: Iterable[Any]) -> dict[str, object]:
    """Wall time is what a person waits; on a machine that is busy otherwise, processor time says more."""
    walls, processors = [], []
    for argument in arguments:
        wall, processor = time.perf_counter(), time.process_time()
        work(argument)
        walls.append(time.perf_counter() - wall)
        processors.append(time.process_time() - processor)
    return {
        "what": what,
        "ms": round(median(walls) * 1e3, 1),
        "processor_ms": round(median(processors) * 1e3, 1),
        "times": len(walls),
    }


if __name__ == "__main__":
    for row in bench_threshold_update(3):
        print(row)
