"""``python -m training train RECIPE``: trains a model by the loop, goes on where a killed run was, writes its package."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from SyntheticCECTLib.core.errors import InputRefused

from . import processes
from .cohort import FIRST_TRAINING_SEED, draw_cohort
from .heart_task import HeartTask
from .leftheart_task import LeftHeartTask
from .loop import fit
from .package import write_package
from .prepare.cohort_preparation import split_paths
from .run_settings import RunSettings, add_settings_arguments, given_settings, make_settings, read_recipe
from .santini_task import SantiniSettings, SantiniTask
from .task import Task


@dataclass(frozen=True)
class Kind:
    """What a recipe's ``model`` stands for: its settings, and what makes its task from settings and files."""

    settings: type[RunSettings]
    task: Callable[[Any, list[Path], list[Path]], Task]


SIMULATED = "Trained on simulated patients only; real anatomy, devices, surgery and congenital disease were never seen."


@dataclass(frozen=True)
class Origin:
    """What a run trains on.

    Attributes:
        train: Samples to train on.
        validation: Samples to validate on.
        words: What they are, for the model card.
        limit: What the card says of the limits of such data.
    """

    train: list[Path]
    validation: list[Path]
    words: str
    limit: str


KINDS: dict[str, Kind] = {
    "santini2018": Kind(SantiniSettings, SantiniTask),
    "heart_finder": Kind(RunSettings, HeartTask),
    "leftheart": Kind(RunSettings, LeftHeartTask),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("config", type=Path, help="recipe, such as training/configs/santini2018_paper.yaml")
    parser.add_argument(
        "--data",
        type=Path,
        metavar="DIR",
        help="prepared pairs with a split (of 'prepare'); default: virtual patients",
    )
    parser.add_argument(
        "--cohort", type=Path, default=Path("training-output/cohort"), help="virtual patients' folder"
    )
    parser.add_argument("--run", type=Path, help="folder of the run; default: training-output/runs/MODEL_ID")
    parser.add_argument(
        "--models", type=Path, default=Path("SyntheticCECT/Resources/Models"), help="gets the package"
    )
    parser.add_argument(
        "--threads", type=int, default=os.cpu_count() or 1, help="processor threads of each process"
    )
    add_settings_arguments(parser, SantiniSettings)


def run(options: argparse.Namespace) -> Path | None:
    """Trains and writes the package; returns its folder, or None in all processes but the first."""
    recipe = read_recipe(options.config) | given_settings(options)
    if recipe.get("model") not in KINDS:
        message = f"The recipe's model is '{recipe.get('model')}'."
        raise InputRefused("bad_settings", message, f"Name one of {', '.join(KINDS)}.")
    settings = make_settings(KINDS[recipe["model"]].settings, recipe)
    torch.set_num_threads(options.threads)
    origin = _prepared(options.data) if options.data else _virtual(options, settings)
    folder = options.run or Path("training-output/runs") / settings.model_id
    return train(settings, origin, folder, options.models)


def train(settings: RunSettings, origin: Origin, folder: Path, models: Path) -> Path | None:
    """Trains on some files, goes on where an earlier start was, and writes the package (the first process does)."""
    fitted = fit(KINDS[settings.model].task(settings, origin.train, origin.validation), settings, folder)
    if processes.rank():
        return None
    findings = fitted.facts | {
        "curve": fitted.curve, "data": origin.words, "data_limit": origin.limit,
        "validated_on": f"{len(origin.validation)} further patients, working grid",
    }  # fmt: skip
    counts = {"patients": len(origin.train), "validation_patients": len(origin.validation)}
    return write_package(models, fitted.network, settings.as_dict() | counts, findings)


def _virtual(options: argparse.Namespace, settings: RunSettings) -> Origin:
    wanted = settings.patients + settings.validation_patients
    if processes.are_several() and len(list(options.cohort.glob("patient-*.npz"))) < wanted:
        raise InputRefused(
            "cohort_missing", f"'{options.cohort}' does not hold {wanted} virtual patients yet.",
            "Draw them first: start once with one process.",
        )  # fmt: skip
    paths = draw_cohort(options.cohort, wanted, options.threads)
    last = FIRST_TRAINING_SEED + settings.patients - 1
    words = f"{settings.patients} virtual patients (seeds {FIRST_TRAINING_SEED} to {last}); no real patient."
    return Origin(paths[: settings.patients], paths[settings.patients :], words, SIMULATED)


def _prepared(folder: Path) -> Origin:
    split = split_paths(folder)
    words = f"{len(split['train'])} pairs of scans prepared in '{folder.name}'; who they are, those who trained it know."
    limit = "Trained on pairs of one collection; other scanners, protocols and patients were never seen."
    return Origin(split["train"], split["validation"], words, limit)
