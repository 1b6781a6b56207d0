"""Measures the speed of network, registration and pipeline: a table here, figures in a JSON file.

    python Testing/bench/run.py [--only network registration pipeline scene web panel] [--output bench-output]

Figures that are compared are taken in one run and in turns, because machines are noisy; still, leave the
machine alone while it runs.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path

from machine import description

Rows = list[dict[str, object]]


def _network(repeats: int) -> Rows:
    from network_bench import bench_network

    return bench_network(repeats)


def _registration(repeats: int) -> Rows:
    from registration_bench import bench_registration

    return bench_registration(repeats)


def _pipeline(repeats: int) -> Rows:
    from pipeline_bench import bench_pipeline

    return bench_pipeline(repeats)


def _scene(repeats: int) -> Rows:
    from threshold_update import bench_threshold_update

    return bench_threshold_update(repeats)


def _web(repeats: int) -> Rows:
    from web_bench import bench_web

    return bench_web(repeats)


def _three_clicks(repeats: int) -> Rows:
    from three_clicks_bench import bench_three_clicks

    return bench_three_clicks(repeats)


# What to measure, how often, and why the figures matter.
PARTS: dict[str, tuple[Callable[[int], Rows], str]] = {
    "network": (_network, "ours: at least 0.8 of the matrix product's rate, and ahead of the others"),
    "registration": (_registration, "ours: error at most 0.5 mm in at most a quarter of elastix's time"),
    "pipeline": (_pipeline, "CT in, chambers out: at most 5 s; another threshold: at most 0.05 s"),
    "scene": (
        _scene,
        "a position of the threshold slider: at most 50 ms; a step of a result into the scene: at most 100 ms",
    ),
    "web": (_web, "slider to contour: at most 100 ms"),
    "panel": (_three_clicks, "sample, Apply, Chambers: at most 30 s"),
}


def print_table(rows: Rows) -> None:
    """Rows as aligned columns."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    cells = [names, *([str(row.get(name, "")) for name in names] for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(names))]
    for line in cells:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the speed of this project on this machine.")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS), help="parts to measure")
    parser.add_argument("--repeats", type=int, default=7, help="repetitions of each measurement")
    parser.add_argument("--output", type=Path, default=Path("bench-output"), help="folder for bench.json")
    arguments = parser.parse_args()
    result: dict[str, object] = {"machine": description()}
    for name, value in description().items():
        print(f"{name}: {value}")
    for part in arguments.only:
        measure, target = PARTS[part]
        print(f"\n{part} ({target})", flush=True)
        rows = measure(arguments.repeats)
        result[part] = rows
        print_table(rows)
    arguments.output.mkdir(parents=True, exist_ok=True)
    path = arguments.output / "bench.json"
    path.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(f"\nWritten: {path}")


if __name__ == "__main__":
    main()
