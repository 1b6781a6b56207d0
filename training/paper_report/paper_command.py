"""``python -m training paper -o DIR``: the paper's study on virtual patients, from drawing them to its tables."""

from __future__ import annotations

import argparse
import os
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import SimpleITK as sitk
import torch
from tqdm import tqdm

from SyntheticCECTLib.core.case import CaseInputs, CaseSettings, process_case
from SyntheticCECTLib.core.case_folder import write_case
from SyntheticCECTLib.core.formats.output_folder import output_folder
from SyntheticCECTLib.core.networks.model_package import load_model
from SyntheticCECTLib.core.scan import Scan

from ..cohort import claim_cohort
from ..count_option import count
from ..package import SIMULATED
from ..prepare.cohort_preparation import prepare_cohort, split_paths
from ..prepare.pair_report import write_pair_report
from ..prepare.split import PAPER
from ..run_settings import make_settings, read_recipe
from ..run_state import refuse_other_settings
from ..santini_task import SantiniSettings
from ..train_command import Origin, train
from ..worker_pool import in_processes
from .evaluate_pairs import done_with
from .report_command import PAGE, write_paper_report
from .virtual_cohort import FIRST_SEED, list_patients, patient_of, prepare_virtual

RECIPE = Path(__file__).parents[1] / "configs" / "santini2018_paper.yaml"
# For a machine without GPU and without time: it shows that every step runs, not what the method can do.
QUICK = {
    "widths": [8, 8, 16, 16, 32, 32, 64, 64, 96], "epochs": 6, "epoch_steps": 30, "learning_rate": 0.004,
    "one_cycle": True, "mean_cross_entropy": True, "beta": 0.4, "weight_decay": 1e-4, "average_decay": 0.9, "batch": 16,
    "augmentation": "full", "model_id": "santini2018_quick",
}  # fmt: skip
QUICK_COUNTS = (8, 1, 4)
OUTPUT, QUICK_OUTPUT = Path("training-output/paper"), Path("training-output/paper-quick")
# Its patients are drawn whole, with realistic tissues; the card shall say so.
PATIENTS = {"first_seed": FIRST_SEED, "tissue_variety": 1.0}


@dataclass(frozen=True)
class Study:
    """How the paper's study is repeated: patients in train, validation and test; recipe; seed; small or full scans."""

    counts: tuple[int, int, int]
    recipe: dict[str, Any]
    seed: int
    small: bool


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "-o", "--output", type=Path, metavar="DIR",
        help=f"gets pairs, run, model, results and report; default: {OUTPUT}, with --quick {QUICK_OUTPUT}",
    )  # fmt: skip
    parser.add_argument(
        "--quick", action="store_true", help="13 small patients and few steps: minutes, not days"
    )
    parser.add_argument("--recipe", type=Path, default=RECIPE, help="default: the paper's, 800 epochs")
    parser.add_argument("--seed", type=int, default=2018, help="of split and training")
    parser.add_argument("--workers", type=count, default=os.cpu_count() or 1, help="patients at once")


def run(options: argparse.Namespace) -> Path:
    """Runs the study, going on where it was stopped; returns the page."""
    recipe = read_recipe(options.recipe) | {"seed": options.seed} | (QUICK if options.quick else {})
    counts = QUICK_COUNTS if options.quick else PAPER
    study = Study(counts, recipe, options.seed, options.quick)
    output = options.output or (QUICK_OUTPUT if options.quick else OUTPUT)
    page = repeat_paper(study, output, options.workers)
    print(f"wrote {page}")
    return page


def repeat_paper(study: Study, output: Path, workers: int) -> Path:
    """Cohort, training, evaluation, report; each goes on where an earlier start was stopped.

    Raises:
        InputRefused: ``other_phantom``, see `claim_cohort`; ``other_settings``, the folder's run has others;
            ``other_results``, it holds results of another model.
    """
    claim_cohort(output)
    settings = make_settings(SantiniSettings, study.recipe | PATIENTS)
    refuse_other_settings(output / "run", settings)  # before hours of drawing and preparing
    prepared, results = output / "pairs", output / "results"
    patients = list_patients(study.counts, study.small)
    # A virtual pair that the check doubts stays in: its truth is known, and the study shall not pick.
    records = prepare_cohort(
        patients, prepared, study.seed, study.counts, workers, None, True, prepare_virtual
    )
    write_pair_report(records, prepared)
    split = split_paths(prepared)
    last = FIRST_SEED + len(patients) - 1
    origin = Origin(
        split["train"], split["validation"],
        f"{len(split['train'])} virtual patients (of seeds {FIRST_SEED} to {last}); no real patient.",
        SIMULATED,
    )  # fmt: skip
    torch.set_num_threads(workers)
    package = train(settings, origin, output / "run", output / "models")
    assert package is not None  # one process trains here
    cases = [path.stem for path in split["test"]]
    done = done_with(results, load_model(package))
    missing = [case for case in cases if case not in done]
    work = in_processes(workers, partial(_evaluate, results, str(package)), missing)
    for _ in tqdm(work, total=len(missing), desc="test patients", unit="patient"):
        pass
    write_paper_report(results, output / "report", _words(study, len(cases)), observers=True, seed=study.seed)
    return output / "report" / PAGE


def _evaluate(results: Path, model: str, case_id: str) -> str:
    """One test patient through the whole path, with his heart mask given, as in the paper."""
    patient = patient_of(case_id)
    native, cect = (sitk.Cast(image, sitk.sitkFloat32) for image in (patient.native_ct, patient.cect))
    inputs = CaseInputs(Scan(native, "", case_id), cect, patient.labels, heart_mask=patient.heart_mask)
    result = process_case(inputs, CaseSettings(model=model, device="cpu"))
    with output_folder(results / case_id) as folder:
        write_case(result, folder, f"{case_id} (simulated)")
    return case_id


def _words(study: Study, tested: int) -> str:
    size = "small scans and a short training, which show that every step runs and not what the method can do" if study.small \
        else "scans as large as the paper's"  # fmt: skip
    return (
        f"{tested} simulated test patients of {sum(study.counts)}: {size}. The heart mask is given, as in the paper; CT and "
        "CECT are registered, not aligned beforehand; image figures are taken at full resolution against a noisy CECT."
    )
