"""``python -m training report RESULTS -o DIR``: the paper's tables and figures of a folder of results."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from SyntheticCECTLib.core.formats.output_folder import output_folder

from .cohort_results import (
    PER_PATIENT,
    PER_SLICE,
    not_compared,
    per_patient,
    per_slice,
    read_results,
    write_table,
)
from .cohort_statistics import cohort_statistics
from .observer_study import observer_study
from .report_page import report_page

PAGE, STATISTICS = "paper.html", "statistics.json"
UNKNOWN_DATA = "Patients as the result folders name them."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("results", type=Path, help="folder with one result folder for each test patient")
    parser.add_argument(
        "-o", "--output", type=Path, required=True, metavar="DIR", help="gets paper.html and tables"
    )
    parser.add_argument(
        "--data", default=UNKNOWN_DATA, help="what the patients are, one sentence for the page"
    )
    parser.add_argument("--observers", action="store_true", help="add simulated observers, called so")
    parser.add_argument("--seed", type=int, default=2018, help="of the slices that observers see")


def run(options: argparse.Namespace) -> dict[str, Any]:
    return write_paper_report(options.results, options.output, options.data, options.observers, options.seed)


def write_paper_report(
    folder: Path, output: Path, data: str = UNKNOWN_DATA, observers: bool = False, seed: int = 2018
) -> dict[str, Any]:
    """Writes ``paper.html``, ``statistics.json`` and both tables; returns the statistics."""
    results = read_results(folder)
    if others := not_compared(folder, results):
        data += f" Results that were not compared with a reference, and do not count: {', '.join(others)}."
    found = cohort_statistics(results)
    found["observers"] = observer_study(results, seed) if observers else None
    found["data"] = data
    with output_folder(output) as work:
        write_table(work / PER_PATIENT, per_patient(results))
        write_table(work / PER_SLICE, per_slice(results))
        (work / STATISTICS).write_text(
            json.dumps(_without_nan(found), indent=1, allow_nan=False) + "\n", encoding="utf-8"
        )
        (work / PAGE).write_text(report_page(results, found, found["observers"], data), encoding="utf-8")
    return found


def _without_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nan(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_nan(entry) for entry in value]
    return None if isinstance(value, float) and value != value else value
