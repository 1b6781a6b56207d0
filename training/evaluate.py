"""Runs the whole path on virtual patients that no network has seen, and measures it against their truth."""

from __future__ import annotations

import argparse
import json
import os
from functools import partial
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK as sitk
from tqdm import tqdm

from SyntheticCECTLib.core.case import CaseInputs, CaseSettings, process_case
from SyntheticCECTLib.core.case_folder import write_case
from SyntheticCECTLib.core.errors import InputRefused
from SyntheticCECTLib.core.formats.output_folder import output_folder
from SyntheticCECTLib.core.metrics.overlap import dice
from SyntheticCECTLib.core.networks.model_package import load_model
from SyntheticCECTLib.core.pipeline import DEFAULT_MODEL
from SyntheticCECTLib.core.scan import Scan
from SyntheticCECTLib.phantom.patient import Protocol, VirtualPatient, make_patient
from SyntheticCECTLib.phantom.patient_folder import read_patient, write_patient

from .card_results import COLUMNS, mean_and_spread, of_volumes, write_on_card
from .cohort import FIRST_TRAINING_SEED, claim_cohort
from .count_option import count
from .paper_report.cohort_statistics import spread
from .paper_report.report_command import PAGE, write_paper_report
from .worker_pool import in_processes

FIRST_TEST_SEED = 1


def test_protocol(seed: int) -> Protocol:
    """A full-size pair whose CECT is displaced by up to 20 mm and turned by up to 8 degrees."""
    rng = np.random.default_rng([seed, 30])
    shift = rng.normal(size=3)
    shift *= rng.uniform(0, 20) / np.linalg.norm(shift)
    return Protocol.draw(rng, shift_mm=shift, rotation_deg=rng.uniform(-8, 8, 3) / np.sqrt(3))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--patients", type=int, default=20, help="how many")
    parser.add_argument("--first-seed", type=int, default=FIRST_TEST_SEED, help="of these patients")
    parser.add_argument("--workers", type=count, default=os.cpu_count() or 1, help="patients at once")
    parser.add_argument("--model", help="id or folder of the synthesis model; default: the bundled one")
    parser.add_argument(
        "--cohort",
        type=Path,
        default=Path("training-output/test-cohort"),
        help="test patients are kept here",
    )
    parser.add_argument(
        "--output", type=Path, default=Path("training-output/evaluation.json"), help="figures of each patient"
    )
    parser.add_argument(
        "--report", type=Path, metavar="DIR",
        help="also gets the result folder of each patient and the paper's tables and figures of them",
    )  # fmt: skip
    parser.add_argument("--card", action="store_true", help="also write the figures on the model's card")


def run(options: argparse.Namespace) -> None:
    seeds = range(options.first_seed, options.first_seed + options.patients)
    if not 0 <= seeds.start < seeds.stop <= FIRST_TRAINING_SEED:
        raise InputRefused(
            "not_test_seeds",
            f"{options.patients} patients from seed {options.first_seed} on are not all test patients.",
            f"Use one or more seeds from 0 to {FIRST_TRAINING_SEED - 1}; those above are for training and calibration.",
        )
    load_model(options.model or DEFAULT_MODEL)  # refused at once, not by every patient
    results = options.report / "results" if options.report else None
    if results and results.exists():
        raise InputRefused(
            "folder_in_use",
            f"'{results}' exists.",
            "Name another folder, or remove it: results must not mix.",
        )
    rows = evaluate(seeds, options.workers, options.output, options.model, options.cohort, results)
    if results:
        words = f"{len(rows)} simulated patients whom no training ever saw, seeds {seeds[0]} to {seeds[-1]}."
        write_paper_report(results, options.report / "report", words)
        print(f"wrote {options.report / 'report' / PAGE}")
    if options.card:
        who = f"{len(rows)} unseen virtual patients (seeds {rows[0]['seed']} to {rows[-1]['seed']})"
        figures = mean_and_spread(rows) | of_volumes(rows)
        write_on_card(load_model(options.model or DEFAULT_MODEL).folder, "whole path", who, figures)


def evaluate(
    seeds: range, workers: int, output: Path, model: str | None, cohort: Path, results: Path | None = None
) -> list[dict[str, Any]]:
    """Figures of each test patient; written as JSON and printed as mean and spread.

    Args:
        seeds: Of the patients.
        workers: How many at once.
        output: JSON file.
        model: Id or folder of the synthesis model; the default one where None.
        cohort: Where test patients are kept; those that are not there yet are drawn.
        results: Gets the result folder of each patient.

    Raises:
        InputRefused: ``other_phantom``, see `claim_cohort`.
    """
    claim_cohort(cohort)  # before any worker begins
    one = partial(evaluate_patient, model=model, cohort=cohort, results=results)
    work = in_processes(workers, one, seeds)
    rows = sorted(tqdm(work, total=len(seeds), desc="test patients", unit="patient"), key=itemgetter("seed"))
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(json.dumps(rows, indent=1) + "\n")
    for key, name in COLUMNS.items():
        if over := spread([row[key] for row in rows]):
            print(f"{name:26} {over.mean:8.3f} +- {over.sd or 0:6.3f}   median {over.median:8.3f}"
                  f"   {over.least:8.3f} to {over.most:8.3f}   n = {over.n}")  # fmt: skip
    for name, value in of_volumes(rows).items():
        print(f"{name}: {value}")
    for row in rows:
        if row["refused"]:
            print(f"seed {row['seed']} was refused: {row['refused']}")
    return rows


def test_patient(seed: int, cohort: Path) -> VirtualPatient:
    """The test patient of a seed, drawn where the folder does not hold him yet.

    Raises:
        InputRefused: ``other_phantom``, see `claim_cohort`.
    """
    claim_cohort(cohort)
    folder = cohort / f"patient-{seed}"
    if not folder.exists():
        with output_folder(folder) as unfinished:
            write_patient(make_patient(seed, test_protocol(seed)), unfinished)
    return read_patient(folder)


def evaluate_patient(
    seed: int, model: str | None, cohort: Path, results: Path | None = None
) -> dict[str, Any]:
    """One patient through the whole path; a refused one has no figures, and the reason."""
    patient = test_patient(seed, cohort)
    scan = Scan(sitk.Cast(patient.native_ct, sitk.sitkFloat32), "", f"virtual patient {seed}")
    cect = sitk.Cast(patient.cect, sitk.sitkFloat32)
    row: dict[str, Any] = {"seed": seed, "refused": None, "true_ml": patient.truth["volumes_ml"]}
    row["wall_mm"] = patient.truth.get("wall_mm")  # not of patients kept since before it was written down
    try:
        result = process_case(CaseInputs(scan, cect, patient.labels), CaseSettings(model, device="cpu"))
    except InputRefused as refusal:
        return row | {"refused": str(refusal), "volumes_ml": {}, "intervals_ml": {}} | dict.fromkeys(COLUMNS)
    if results:
        with output_folder(results / f"patient-{seed}") as folder:
            write_case(result, folder, f"virtual patient {seed} (simulated)")
    found = sitk.GetArrayViewFromImage(result.case.synthesis.heart_mask) > 0
    row |= {
        "heart_dice": dice(found, sitk.GetArrayViewFromImage(patient.heart_mask) > 0),
        "registration_mm": None,
        "volumes_ml": {key: volume["ml"] for key, volume in result.volumes.items()},
        "intervals_ml": result.intervals_ml,
        "warnings": [notice.code for notice in result.case.notices],
    }
    if result.case.registration:
        row["registration_mm"] = registration_error_mm(result.case.registration.cect_to_native, patient)
    agreement = result.agreement.as_dict() if result.agreement else {}
    return row | {key: agreement.get(key) for key in COLUMNS if key not in row}


def registration_error_mm(found: sitk.Transform, patient: VirtualPatient) -> float:
    """Mean distance between found and true place of the heart's points in the CECT, in mm."""
    inside = np.argwhere(sitk.GetArrayViewFromImage(patient.heart_mask) > 0)[::5000, ::-1]
    points = [patient.heart_mask.TransformIndexToPhysicalPoint([int(n) for n in index]) for index in inside]
    apart = [np.subtract(found.TransformPoint(p), patient.cect_to_native.TransformPoint(p)) for p in points]
    return float(np.linalg.norm(apart, axis=1).mean())
