"""``python -m training evaluate-pairs DATA``: the test pairs of a prepared folder through the whole path."""

from __future__ import annotations

import argparse
import json
import os
import shutil
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import SimpleITK as sitk
from tqdm import tqdm

from SyntheticCECTLib.core.case import CaseInputs, CaseSettings, process_case
from SyntheticCECTLib.core.case_folder import METRICS_JSON, write_case
from SyntheticCECTLib.core.errors import InputRefused
from SyntheticCECTLib.core.formats.output_folder import output_folder
from SyntheticCECTLib.core.networks.model_package import ModelPackage, load_model
from SyntheticCECTLib.core.pipeline import DEFAULT_MODEL

from ..card_results import mean_and_spread, of_volumes, write_on_card
from ..count_option import count
from ..prepare.cohort_preparation import split_facts, split_paths
from ..prepare.pair_images import VIRTUAL, read_pair
from ..prepare.patient_files import SPLITS, PatientFiles
from ..worker_pool import in_processes
from .cohort_results import read_results
from .report_command import PAGE, write_paper_report

UNLISTED, OUTDATED = "unlisted", "outdated"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("data", type=Path, help="folder of 'python -m training prepare'")
    parser.add_argument("--model", default=DEFAULT_MODEL, help="id or folder of the model")
    parser.add_argument("--split", choices=SPLITS, default="test", help="which of the pairs")
    parser.add_argument(
        "-o", "--output", type=Path, metavar="DIR",
        help="gets results and report; default: a folder for each model and split in DATA/evaluation",
    )  # fmt: skip
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or mps")
    parser.add_argument("--workers", type=count, default=os.cpu_count() or 1, help="patients at once")
    parser.add_argument("--card", action="store_true", help="also write the figures on the model's card")


def run(options: argparse.Namespace) -> Path:
    """Evaluates, goes on where an earlier start was stopped, and returns the page."""
    package = load_model(options.model)
    output = options.output or (
        options.data / "evaluation" / f"{package.id}-{package.sha256[:8]}" / options.split
    )
    paths = split_paths(options.data)[options.split]
    if not paths:
        raise InputRefused(
            "empty_split", f"'{options.data}' holds no {options.split} pairs.",
            "Prepare it with a share for them (--split), or name another split.",
        )  # fmt: skip
    facts = split_facts(options.data)
    results, pairs = output / "results", [listed_files(path) for path in paths]
    done = done_with(results, package)
    set_aside(results, done - {pair.case_id for pair in pairs}, UNLISTED, "not listed in this split")
    old = prepared_since(results, paths)
    set_aside(results, old, OUTDATED, "prepared again since it was evaluated")
    missing = [pair for pair in pairs if pair.case_id not in done - old]
    work = in_processes(
        options.workers, partial(evaluate_pair, results, str(package.folder), options.device), missing
    )
    refused = [line for line in tqdm(work, total=len(missing), desc="pairs", unit="patient") if line]
    for line in refused:
        print(line)
    evaluated = [pair for pair in pairs if (results / pair.case_id / METRICS_JSON).exists()]
    known = "; ".join(
        filter(None, (f"split by seed {facts['seed']}", held_out(package, facts, options.split)))
    )
    who = f"{options.split} pairs of '{options.data.resolve().name}' ({known})"
    words = f"{len(evaluated)} of {len(pairs)} {who}, each with the heart mask given with it, or else the heart finder's."
    if virtual := sum(not pair.native for pair in evaluated):
        words += f" {virtual} of the CTs without contrast are {VIRTUAL}."
    if refused:
        words += f" Not evaluated: {' '.join(refused)}"
    write_paper_report(results, output / "report", words)
    print(f"wrote {output / 'report' / PAGE}")
    if options.card:
        rows = [card_row(results / one.case_id) for one in read_results(results)]
        figures = mean_and_spread(rows) | of_volumes(rows, "drawn")
        heading = f"own pairs, {options.split}"
        write_on_card(package.folder, heading, f"{len(rows)} of {len(pairs)} {who}", figures)
        print(f"wrote these figures on the card of '{package.id}', as '{heading}'")
    return output / "report" / PAGE


def held_out(package: ModelPackage, facts: Mapping[str, Any], split: str) -> str:
    """Whether a model's training held the pairs out, as its card tells; empty where it was not trained on pairs.

    Args:
        package: The model.
        facts: Of the pairs' split (`split_facts`).
        split: Which of the pairs.
    """
    if split != "test":
        return "the model may have been trained or chosen on them"
    seen = _test_sets(package.card)
    if not seen:
        return ""
    if seen == {facts["test_set_sha256"]}:
        return "the test set that the model's training held out"
    return "not the test set that the model's training held out, so it may have seen some of them"


def _test_sets(card: Mapping[str, Any]) -> set[str]:
    """What was held out in the training of a model on pairs, and in that of the models that it began with."""
    own = {card["split"]["test_set_sha256"]} if "split" in card else set()
    return own | (_test_sets(card["start"]) if "start" in card else set())


def card_row(result: Path) -> dict[str, Any]:
    """One patient's figures, and volumes in mL, from his result folder, as `card_results` takes them."""
    metrics = json.loads((result / METRICS_JSON).read_text(encoding="utf-8"))
    agreement, chambers = metrics["agreement"], ("la", "lv")
    return {
        **agreement,
        "volumes_ml": {key: metrics["volumes_ml"][key] for key in chambers},
        "true_ml": {key: agreement["reference_ml"][key] for key in chambers},
        "intervals_ml": {key: ends for key in chambers if (ends := metrics["volume_intervals_ml"][key])},
    }


def listed_files(prepared: Path) -> PatientFiles:
    """Which files a prepared pair was made of."""
    record = json.loads(prepared.with_suffix(".json").read_text(encoding="utf-8"))
    return PatientFiles(**record["files"])


def evaluate_pair(results: Path, model: str, device: str, files: PatientFiles) -> str | None:
    """One pair through the whole path into ``results/CASE``; returns why it was refused, or None."""
    try:
        pair = read_pair(files)
        inputs = CaseInputs(
            pair.native, sitk.Cast(pair.cect.image, sitk.sitkFloat32), pair.chambers, pair.chambers_on_cect,
            pair.heart_mask,
        )  # fmt: skip
        result = process_case(inputs, CaseSettings(model, device=device))
    except InputRefused as refusal:
        return f"{files.case_id}: {refusal}"
    with output_folder(results / files.case_id) as folder:
        write_case(result, folder, files.case_id)
    return None


def done_with(results: Path, package: ModelPackage) -> set[str]:
    """Cases that an earlier start has finished.

    Raises:
        InputRefused: ``other_results``, they are of another model, or of this one run with another card.
    """
    own, done = (package.sha256, package.settings_sha256), set()
    for path in results.glob(f"*/{METRICS_JSON}"):
        model = json.loads(path.read_text(encoding="utf-8"))["model"]
        if (model["sha256"], model.get("settings_sha256", "")) != own:
            raise InputRefused(
                "other_results",
                f"'{path.parent}' is a result of another model, or of this one before its card was changed.",
                "Give another folder: -o.",
            )
        done.add(path.parent.name)
    return done


def prepared_since(results: Path, prepared: list[Path]) -> set[str]:
    """Cases whose files were changed and prepared again after they were evaluated."""
    found = set()
    for path in prepared:
        result, record = results / path.stem / METRICS_JSON, path.with_suffix(".json")
        if result.exists() and result.stat().st_mtime_ns < record.stat().st_mtime_ns:
            found.add(path.stem)
    return found


def set_aside(results: Path, cases: set[str], name: str, why: str) -> None:
    """Moves results that do not belong into this report out of its way, into a folder of this name beside them."""
    for case_id in sorted(cases):
        aside = results.with_name(name) / case_id
        shutil.rmtree(aside, ignore_errors=True)
        aside.parent.mkdir(exist_ok=True)
        (results / case_id).rename(aside)
        print(f"{case_id}: {why}; its result is now in '{aside}'")
