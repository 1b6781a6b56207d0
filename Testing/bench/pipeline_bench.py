"""A scan in, chambers out: seconds per stage on a 512 x 512 x 60 virtual patient."""

from __future__ import annotations

import time
from statistics import median

from SyntheticCECTLib.core import chambers, pipeline
from SyntheticCECTLib.phantom.patient import Protocol, make_patient

_THRESHOLDS_HU = (180.0, 220.0, 260.0, 300.0, 340.0)


def bench_pipeline(repeats: int) -> list[dict[str, object]]:
    """One row per stage (median of the repeats), then the whole and the re-thresholding."""
    patient = make_patient(1, Protocol(field_mm=350.0, matrix=512, slices=60))
    stages: dict[str, list[float]] = {}
    totals, again = [], []
    for _ in range(repeats):
        start = time.perf_counter()
        synthesis = pipeline.synthesize(patient.native_ct)
        chambers.segment(synthesis, synthesis.default_threshold_hu)
        totals.append(time.perf_counter() - start)
        for stage, taken in synthesis.seconds.items():
            stages.setdefault(stage, []).append(taken)
        for threshold_hu in _THRESHOLDS_HU:
            start = time.perf_counter()
            chambers.segment(synthesis, threshold_hu)
            again.append(time.perf_counter() - start)
    rows: list[dict[str, object]] = [
        {"stage": stage, "seconds": round(median(taken), 3)} for stage, taken in stages.items()
    ]
    return [
        *rows,
        {"stage": "CT in, chambers out", "seconds": round(median(totals), 3)},
        {"stage": "another threshold", "seconds": round(median(again), 4)},
    ]
