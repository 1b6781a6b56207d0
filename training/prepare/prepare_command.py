"""``python -m training prepare SOURCE -o DIR``: pairs of scans in, training data and a pair check out."""

from __future__ import annotations

import argparse
import os
from collections import Counter
from pathlib import Path

from ..count_option import count
from .cohort_preparation import VIRTUAL_NATIVE, prepare_cohort
from .pair_images import VIRTUAL
from .pair_report import unused_in_words, write_pair_report
from .patient_files import SPLITS, read_patients
from .split import PAPER

SOURCE_HELP = (
    "CSV with the columns case_id, native, cect, labels and, where wanted, labels_on (cect or native), heart_mask, "
    "patient_id, split; or a folder that holds one folder for each patient, with files or folders called native, cect, "
    "labels and, where wanted, heart_mask; where there is no native CT, a virtual one is made from the CECT and its labels"
)
SCHEDULER_HELP = (
    "Dask scheduler, such as tcp://host:8786, whose workers do the work; they see the same files at the same paths, and "
    "are started in this folder: python -m dask worker ADDRESS"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", type=Path, help=SOURCE_HELP)
    parser.add_argument(
        "-o", "--output", type=Path, required=True, metavar="DIR", help="folder of the prepared pairs"
    )
    parser.add_argument("--seed", type=int, default=2018, help="of the split")
    parser.add_argument("--split", type=float, nargs=3, default=PAPER, metavar=("TRAIN", "VALIDATION", "TEST"),
                        help="counts or proportions; default: the paper's 120 10 20")  # fmt: skip
    parser.add_argument(
        "--workers", type=count, default=os.cpu_count() or 1, help="patients at once, each in its process"
    )
    parser.add_argument("--scheduler", metavar="ADDRESS", help=SCHEDULER_HELP)
    parser.add_argument("--keep-suspects", action="store_true", help="train on suspect pairs too")


def run(options: argparse.Namespace) -> Path:
    """Prepares, reports, and says what is suspect; returns the report's path."""
    records = prepare_cohort(
        read_patients(options.source), options.output, options.seed, options.split, options.workers,
        options.scheduler, options.keep_suspects,
    )  # fmt: skip
    report = write_pair_report(records, options.output)
    for record in records:
        if record["refused"]:
            print(f"{record['case_id']}: {record['refused']['message']}")
        for doubt in record["doubts"] or ():
            print(f"{record['case_id']}: {doubt['message']}")
        if unused := unused_in_words(record):
            print(f"{record['case_id']}: {unused}")
    counts = Counter(record["split"] or "left out" for record in records)
    print(f"{len(records)} pairs: {', '.join(f'{counts[name]} {name}' for name in (*SPLITS, 'left out'))}")
    if virtual := sum(bool(record.get(VIRTUAL_NATIVE)) for record in records):
        print(f"{virtual} of the CTs without contrast are {VIRTUAL}")
    print(f"look at {report}, then: python -m training train RECIPE --data {options.output}")
    return report
