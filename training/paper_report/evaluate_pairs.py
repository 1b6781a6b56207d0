"""``python -m training evaluate-pairs DATA``: the test pairs of a prepared folder through the whole path."""

from __future__ import annotations

import argparse
import json
import os
from functools import partial
from pathlib import Path

import SimpleITK as sitk
from tqdm import tqdm

from SyntheticCECTLib.core.case import CaseInputs, CaseSettings, process_case
from SyntheticCECTLib.core.case_folder import METRICS_JSON, write_case
from SyntheticCECTLib.core.errors import InputRefused
from SyntheticCECTLib.core.formats.label_file import read_mask
from SyntheticCECTLib.core.formats.output_folder import output_folder
from SyntheticCECTLib.core.networks.model_package import load_model
from SyntheticCECTLib.core.pipeline import DEFAULT_MODEL
from SyntheticCECTLib.core.scan import read_scan

from ..prepare.cohort_preparation import split_paths
from ..prepare.drawn_chambers import read_chambers
from ..prepare.patient_files import SPLITS, PatientFiles
from ..worker_pool import in_processes
from .report_command import PAGE, write_paper_report


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("data", type=Path, help="folder of 'python -m training prepare'")
    parser.add_argument("--model", default=DEFAULT_MODEL, help="id or folder of the model")
    parser.add_argument("--split", choices=SPLITS, default="test", help="which of the pairs")
    parser.add_argument(
        "-o", "--output", type=Path, metavar="DIR",
        help="gets results and report; default: a folder for each model in DATA/evaluation",
    )  # fmt: skip
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or mps")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="patients at once")


def run(options: argparse.Namespace) -> Path:
    """Evaluates, goes on where an earlier start was stopped, and returns the page."""
    package = load_model(options.model)
    output = options.output or options.data / "evaluation" / f"{package.id}-{package.sha256[:8]}"
    paths = split_paths(options.data)[options.split]
    if not paths:
        raise InputRefused(
            "empty_split", f"'{options.data}' holds no {options.split} pairs.",
            "Prepare it with a share for them (--split), or name another split.",
        )  # fmt: skip
    results, pairs = output / "results", [listed_files(path) for path in paths]
    done = done_with(results, package.sha256)
    missing = [pair for pair in pairs if pair.case_id not in done]
    work = in_processes(
        options.workers, partial(evaluate_pair, results, str(package.folder), options.device), missing
    )
    refused = [line for line in tqdm(work, total=len(missing), desc="pairs", unit="patient") if line]
    for line in refused:
        print(line)
    words = (
        f"{len(pairs) - len(refused)} {options.split} pairs of '{options.data.resolve().name}', each with the heart mask "
        "that was given with it, or else the heart finder's."
    )
    if options.split != "test":
        words += " The model may have been trained or chosen on them."
    write_paper_report(results, output / "report", words)
    print(f"wrote {output / 'report' / PAGE}")
    return output / "report" / PAGE


def listed_files(prepared: Path) -> PatientFiles:
    """Which files a prepared pair was made of."""
    record = json.loads(prepared.with_suffix(".json").read_text(encoding="utf-8"))
    return PatientFiles(**record["files"])


def evaluate_pair(results: Path, model: str, device: str, files: PatientFiles) -> str | None:
    """One pair through the whole path into ``results/CASE``; returns why it was refused, or None."""
    try:
        scan, cect = read_scan(files.native), read_scan(files.cect)
        on_cect = files.labels_on == "cect"
        reference = read_chambers(Path(files.labels), (cect if on_cect else scan).image)
        mask = read_mask(files.heart_mask, scan.image) if files.heart_mask else None
        inputs = CaseInputs(scan, sitk.Cast(cect.image, sitk.sitkFloat32), reference, on_cect, mask)
        result = process_case(inputs, CaseSettings(model, device=device))
    except InputRefused as refusal:
        return f"{files.case_id}: {refusal}"
    with output_folder(results / files.case_id) as folder:
        write_case(result, folder, files.case_id)
    return None


def done_with(results: Path, sha256: str) -> set[str]:
    """Cases that an earlier start has finished.

    Raises:
        InputRefused: ``other_results``, they are of another model.
    """
    done = {}
    for path in results.glob(f"*/{METRICS_JSON}"):
        done[path.parent.name] = json.loads(path.read_text(encoding="utf-8"))["model"]["sha256"]
    if set(done.values()) - {sha256}:
        raise InputRefused(
            "other_results", f"'{results}' holds results of another model.", "Give another folder: -o."
        )
    return set(done)
