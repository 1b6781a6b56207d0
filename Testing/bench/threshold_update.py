"""Results in the scene: milliseconds for each position of the slider, surface and step on a 512 x 512 x 60 virtual patient.

python Testing/bench/threshold_update.py
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterable
from statistics import median
from typing import Any

from SyntheticCECTLib.core import pipeline
from SyntheticCECTLib.core.case import PreparedCase, segment_case
from SyntheticCECTLib.core.chambers import LiveChambers
from SyntheticCECTLib.mrml.live_chambers import LiveChambersNode, around_heart
from SyntheticCECTLib.mrml.result_nodes import add_result, find_result, remove_result
from SyntheticCECTLib.mrml.segment_surfaces import make_surfaces
from SyntheticCECTLib.mrml.segmentation_node import update_chambers
from SyntheticCECTLib.mrml.volume_node import add_volume, to_image
from SyntheticCECTLib.phantom.patient import Protocol, make_patient

_REACH_HU, _STEPS = 100.0, 10
_Seconds = tuple[float, float]
"""Wall, processor."""


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

    def surfaces_by(make: Callable[[Any], object]) -> None:
        nodes.chambers.GetSegmentation().RemoveRepresentation("Closed surface")
        make(nodes.chambers)

    def slicers_choice(segmentation_node: Any) -> None:
        segmentation_node.CreateClosedSurfaceRepresentation()

    return [
        _row("slider: threshold, scene, volumes", live.at, thresholds),
        _row("of that, the scene", lambda image: update_chambers(nodes.chambers, image, False), [shown] * repeats),
        _row("slider let go: surfaces", lambda hu: live.at(hu, True), thresholds[:repeats]),
        *_in_turns({"surfaces of both chambers": make_surfaces, "the same by Slicer's first choice": slicers_choice},
                   surfaces_by, repeats),
        _row("CT out of the scene", to_image, [native] * repeats),
        _row("result into the scene and out", lambda _: add_and_remove(), range(repeats)),
        _longest_step(lambda tell: remove_result(scene, add_result(scene, result, native, on_progress=tell)), repeats),
        _row("result found", lambda node: find_result(scene, node), [native] * repeats),
    ]  # fmt: skip


def _in_turns(
    ways: dict[str, Callable[..., object]], work: Callable[[Any], object], repeats: int
) -> list[dict[str, object]]:
    """Ways that are compared, each measured in every turn, so that the machine's noise meets all of them."""
    seconds: dict[str, list[_Seconds]] = {what: [] for what in ways}
    for _ in range(repeats):
        for what, way in ways.items():
            seconds[what].append(_taken(lambda way=way: work(way)))
    return [_summary(what, taken) for what, taken in seconds.items()]


def _longest_step(work: Callable[[Callable[[float, str], None]], object], repeats: int) -> dict[str, object]:
    """The longest time without a report of progress, which is how long a window does not answer."""
    longest = []
    for _ in range(repeats):
        reports: list[_Seconds] = []

        def tell(_: float, __: str, reports: list[_Seconds] = reports) -> None:
            reports.append(_now())

        work(tell)
        longest.append(max(_since(before, after) for before, after in itertools.pairwise(reports)))
    return _summary("longest step of a result into the scene", longest)


def _row(what: str, work: Callable[..., object], arguments: Iterable[Any]) -> dict[str, object]:
    return _summary(what, [_taken(lambda argument=argument: work(argument)) for argument in arguments])


def _now() -> _Seconds:
    """Wall time is what a person waits; on a machine that is busy otherwise, processor time says more."""
    return time.perf_counter(), time.process_time()


def _since(before: _Seconds, after: _Seconds) -> _Seconds:
    return after[0] - before[0], after[1] - before[1]


def _taken(work: Callable[[], object]) -> _Seconds:
    before = _now()
    work()
    return _since(before, _now())


def _summary(what: str, taken: list[_Seconds]) -> dict[str, object]:
    wall_s, processor_s = zip(*taken, strict=True)
    return {
        "what": what,
        "ms": round(median(wall_s) * 1e3, 1),
        "processor_ms": round(median(processor_s) * 1e3, 1),
        "times": len(taken),
    }


if __name__ == "__main__":
    for row in bench_threshold_update(3):
        print(row)
