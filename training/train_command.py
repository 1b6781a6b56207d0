"""``python -m training train RECIPE``: trains a model by the loop, goes on where a killed run was, writes its package."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from SyntheticCECTLib.core.errors import InputRefused
from SyntheticCECTLib.core.networks.model_package import ModelPackage, load_model

from . import processes
from .cohort import FIRST_TRAINING_SEED, draw_cohort
from .heart_task import HeartTask
from .leftheart_task import LeftHeartSettings, LeftHeartTask
from .loop import fit
from .package import write_package
from .prepare.cohort_preparation import pairs_in_words, split_facts, split_paths
from .run_settings import RunSettings, add_settings_arguments, given_settings, make_settings, read_recipe
from .santini_task import SantiniSettings, SantiniTask
from .task import Task


@dataclass(frozen=True)
class Kind:
    """What a recipe's ``model`` stands for: its settings, and what makes its task from settings and files."""

    settings: type[RunSettings]
    task: Callable[[Any, list[Path], list[Path]], Task]


RUNS, BUNDLED = Path("training-output/runs"), Path("SyntheticCECT/Resources/Models")
DATA = "data.json"
SIMULATED = "Trained on simulated patients only; real anatomy, devices, surgery and congenital disease were never seen."


@dataclass(frozen=True)
class Origin:
    """What a run trains on.

    Attributes:
        train: Samples to train on.
        validation: Samples to validate on.
        words: What they are, for the model card.
        limit: What the card says of the limits of such data.
        split: What it says of the split (`split_facts`); empty for virtual patients, whose seeds tell.
    """

    train: list[Path]
    validation: list[Path]
    words: str
    limit: str
    split: dict[str, Any] = field(default_factory=dict)


KINDS: dict[str, Kind] = {
    "santini2018": Kind(SantiniSettings, SantiniTask),
    "heart_finder": Kind(RunSettings, HeartTask),
    "leftheart": Kind(LeftHeartSettings, LeftHeartTask),
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
    parser.add_argument(
        "--run",
        type=Path,
        help=f"folder of the run; default: {RUNS}/MODEL_ID; with --data: DIR/runs/MODEL_ID",
    )
    parser.add_argument(
        "--models", type=Path, help=f"gets the package; default: {BUNDLED}; with --data: DIR/models"
    )
    parser.add_argument(
        "--threads", type=int, default=os.cpu_count() or 1, help="processor threads of each process"
    )
    add_settings_arguments(parser, *(kind.settings for kind in KINDS.values()))


def run(options: argparse.Namespace) -> Path | None:
    """Trains and writes the package; returns its folder, or None in all processes but the first."""
    recipe = read_recipe(options.config) | given_settings(options)
    if recipe.get("model") not in KINDS:
        message = f"The recipe's model is '{recipe.get('model')}'."
        raise InputRefused("bad_settings", message, f"Name one of {', '.join(KINDS)}.")
    settings = make_settings(KINDS[recipe["model"]].settings, recipe)
    torch.set_num_threads(options.threads)
    origin = _prepared(options.data) if options.data else _virtual(options, settings)
    _refuse_other_processes(settings)
    runs, models = (options.data / "runs", options.data / "models") if options.data else (RUNS, BUNDLED)
    package = train(settings, origin, options.run or runs / settings.model_id, options.models or models)
    if package:
        print(f"wrote {package}; try it: synthetic-cect synthesize SCAN --model {package} -o DIR")
    return package


def train(settings: RunSettings, origin: Origin, folder: Path, models: Path) -> Path | None:
    """Trains on some files, goes on where an earlier start was, and writes the package (the first process does).

    Raises:
        InputRefused: ``other_data``, the folder's run is of other data; ``other_network``, what it starts from does not fit; or
            what `load_model` or `fit` refuses.
    """
    begun_with = load_model(settings.start) if settings.start else None
    if begun_with:
        _refuse_other_network(begun_with, settings)
    _refuse_other_data(folder, origin)
    task = KINDS[settings.model].task(settings, origin.train, origin.validation)
    words = origin.words
    if begun_with:
        task.network.load_state_dict(begun_with.network().state_dict())
        seen = begun_with.card.get("training_data", "data that its card does not name.")
        words += f" Began with the weights of '{begun_with.id}' (SHA-256 {begun_with.sha256}), which has seen: {seen}"
    fitted = fit(task, settings, folder)
    if processes.rank():
        return None
    findings = fitted.facts | {
        "curve": fitted.curve, "data": words, "data_limit": origin.limit,
        "validated_on": f"{len(origin.validation)} further patients, working grid",
    }  # fmt: skip
    if origin.split:
        findings["split"] = origin.split
    counts = {"patients": len(origin.train), "validation_patients": len(origin.validation)}
    return write_package(models, fitted.network, settings.as_dict() | counts, findings)


def _refuse_other_network(package: ModelPackage, settings: RunSettings) -> None:
    """Weights fit only the network that they were trained in."""
    theirs = package.card["architecture"]
    widths = list(theirs.get("arguments", {}).get("widths", ()))
    if theirs["name"] != settings.model or widths != list(settings.widths):
        raise InputRefused(
            "other_network",
            f"start is '{settings.start}', a {theirs['name']} of widths {widths}; the recipe makes a {settings.model} of "
            f"widths {list(settings.widths)}.",
            "Give the recipe that network and those widths, or start from another package.",
        )


def _refuse_other_processes(settings: RunSettings) -> None:
    """Processes that do not know of each other would each train alone, into the same files."""
    started, wanted = int(os.environ.get("WORLD_SIZE", "1")), settings.devices * settings.nodes
    if processes.are_several() and started != wanted:
        raise InputRefused(
            "other_processes",
            f"{started} processes were started for a recipe of {settings.nodes} nodes with {settings.devices} each.",
            "Give --nodes and --devices the numbers that torchrun got as --nnodes and --nproc-per-node.",
        )


def _refuse_other_data(folder: Path, origin: Origin) -> None:
    """A run that goes on must not say of its model that it was trained on data that it never saw."""
    named = {name: [f"{path.name}: {path.stat().st_size} bytes" for path in paths]
             for name, paths in (("train", origin.train), ("validation", origin.validation))}  # fmt: skip
    known = folder / DATA
    if known.exists() and json.loads(known.read_text(encoding="utf-8")) != named:
        raise InputRefused(
            "other_data", f"The run in '{folder}' was trained on other data.", "Give the new run another folder: --run."
        )  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = folder / f".{DATA}.{os.getpid()}"
    unfinished.write_text(json.dumps(named, indent=1) + "\n", encoding="utf-8")
    unfinished.replace(known)


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
    short = [name for name in ("train", "validation") if not split[name]]
    if short:
        raise InputRefused(
            "too_few_pairs", f"'{folder}' holds no sound pair for {' and '.join(short)}.",
            f"Look at {folder / 'pair_check.html'}; then prepare more pairs, or keep the suspects (--keep-suspects).",
        )  # fmt: skip
    facts = split_facts(folder)
    words = (
        f"{pairs_in_words(folder, 'train')}, prepared in '{folder.name}', and {pairs_in_words(folder, 'validation')} to "
        f"validate on, split by seed {facts['seed']} with {facts['test']} pairs held out to test on; who they are, those who "
        "trained it know."
    )
    limit = "Trained on pairs of one collection; other scanners, protocols and patients were never seen."
    return Origin(split["train"], split["validation"], words, limit, facts)
