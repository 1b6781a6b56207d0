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
from torch import nn

from SyntheticCECTLib.core.errors import InputRefused
from SyntheticCECTLib.core.networks.heart_network import HeartFinder
from SyntheticCECTLib.core.networks.left_heart_network import LeftHeart
from SyntheticCECTLib.core.networks.model_package import ModelPackage, load_model
from SyntheticCECTLib.core.networks.network import Santini2018

from . import processes
from .cohort import FIRST_TRAINING_SEED, draw_cohort, sample_paths
from .count_option import count
from .heart_task import HeartTask
from .leftheart_task import LeftHeartSettings, LeftHeartTask
from .loop import fit
from .package import SIMULATED, write_package
from .prepare.cohort_preparation import pairs_in_words, split_facts, split_paths
from .run_settings import RunSettings, add_settings_arguments, given_settings, make_settings, read_recipe
from .santini_task import SantiniSettings, SantiniTask
from .task import Task


@dataclass(frozen=True)
class Kind:
    """What a recipe's ``model`` stands for: its settings, its network, and what makes its task from settings and files."""

    settings: type[RunSettings]
    network: Callable[[tuple[int, ...]], nn.Module]
    task: Callable[[Any, list[Path], list[Path]], Task]


RUNS, BUNDLED = Path("training-output/runs"), Path("SyntheticCECT/Resources/Models")
DATA = "data.json"
COHORT = ("first_seed", "tissue_variety", "even_sizes", "even_contrast")
OF_VIRTUAL_PATIENTS = ("patients", "validation_patients", *COHORT)


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
    "santini2018": Kind(SantiniSettings, Santini2018, SantiniTask),
    "heart_finder": Kind(RunSettings, HeartFinder, HeartTask),
    "leftheart": Kind(LeftHeartSettings, LeftHeart, LeftHeartTask),
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
        "--threads", type=count, default=os.cpu_count() or 1, help="processor threads of each process"
    )
    add_settings_arguments(parser, *(kind.settings for kind in KINDS.values()))


def run(options: argparse.Namespace) -> Path | None:
    """Trains and writes the package; returns its folder, or None in all processes but the first."""
    recipe = read_recipe(options.config) | given_settings(options)
    if recipe.get("model") not in KINDS:
        message = f"The recipe's model is '{recipe.get('model')}'."
        raise InputRefused("bad_settings", message, f"Name one of {', '.join(KINDS)}.")
    if recipe.get("steps") and recipe.get("epochs"):
        message = f"The recipe says both {recipe['steps']} steps and {recipe['epochs']} epochs."
        raise InputRefused("bad_settings", message, "Leave one out, or set it to 0 (--epochs 0).")
    settings = make_settings(KINDS[recipe["model"]].settings, recipe)
    _refuse_what_cannot_be_trained(settings, given_settings(options) if options.data else {})
    begun_with = _begun_with(settings)
    torch.set_num_threads(options.threads)
    origin = _prepared(options.data) if options.data else _virtual(options, settings, begun_with)
    _refuse_other_processes(settings)
    runs, models = (options.data / "runs", options.data / "models") if options.data else (RUNS, BUNDLED)
    package = train(settings, origin, options.run or runs / settings.model_id, options.models or models)
    if package:
        print(f"wrote {package}; try it: synthetic-cect synthesize SCAN --model {package} -o DIR")
    return package


def train(settings: RunSettings, origin: Origin, folder: Path, models: Path) -> Path | None:
    """Trains on some files, goes on where an earlier start was, and writes the package (the first process does).

    Raises:
        InputRefused: ``other_data``, the folder's run is of other data or began with another model; ``no_start`` and
            ``other_network``, there is no model to start from, or it does not fit; ``seen_patients``, that model was
            trained on those to validate on; or what `fit` refuses.
    """
    begun_with = _begun_with(settings)
    _refuse_other_data(folder, origin, begun_with)
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
    if begun_with:
        findings["start"] = {"id": begun_with.id, "sha256": begun_with.sha256} | {
            key: begun_with.card[key] for key in ("split", "start") if key in begun_with.card
        }
    recipe = settings.as_dict() | {
        "patients": len(origin.train),
        "validation_patients": len(origin.validation),
    }
    if origin.split:  # nobody was drawn
        for name in COHORT:
            del recipe[name]
    return write_package(models, fitted.network, recipe, findings)


def _refuse_what_cannot_be_trained(settings: RunSettings, given_with_pairs: dict[str, Any]) -> None:
    """What would show only after hours of drawing or reading patients."""
    if idle := [name for name in OF_VIRTUAL_PATIENTS if name in given_with_pairs]:
        options = ", ".join(f"--{name.replace('_', '-')}" for name in idle)
        raise InputRefused(
            "bad_settings", f"{options}: such settings are of virtual patients, and --data names pairs.",
            "Leave them out.",
        )  # fmt: skip
    try:
        KINDS[settings.model].network(settings.widths)
    except ValueError as error:
        message = f"widths is {list(settings.widths)}: {error}"
        raise InputRefused("bad_settings", message, "Correct the recipe.") from None


def _begun_with(settings: RunSettings) -> ModelPackage | None:
    """The package whose weights the run begins with; they fit only the network that they were trained in."""
    if not settings.start:
        return None
    try:
        package = load_model(settings.start)
    except InputRefused as refusal:
        raise InputRefused(
            "no_start", f"start is '{settings.start}': {refusal.message}",
            "Train that model first, by its own recipe, or start from another one.",
        ) from None  # fmt: skip
    theirs = package.card["architecture"]
    widths = list(theirs.get("arguments", {}).get("widths", ()))
    if theirs["name"] != settings.model or widths != list(settings.widths):
        raise InputRefused(
            "other_network",
            f"start is '{settings.start}', a {theirs['name']} of widths {widths}; the recipe makes a {settings.model} of "
            f"widths {list(settings.widths)}.",
            "Give the recipe that network and those widths, or start from another package.",
        )
    return package


def _refuse_other_processes(settings: RunSettings) -> None:
    """Processes that do not know of each other would each train alone, into the same files."""
    started, wanted = processes.started(), settings.devices * settings.nodes
    if started > 1 and started != wanted:
        raise InputRefused(
            "other_processes",
            f"{started} processes were started for a recipe of {settings.nodes} nodes with {settings.devices} each.",
            "Give --nodes and --devices the numbers that torchrun got as --nnodes and --nproc-per-node.",
        )


def _refuse_other_data(folder: Path, origin: Origin, begun_with: ModelPackage | None) -> None:
    """A run that goes on must not say of its model that it was trained on data, or began with weights, that it never saw."""
    named: dict[str, Any] = {
        name: [f"{path.name}: {path.stat().st_size} bytes" for path in paths]
        for name, paths in (("train", origin.train), ("validation", origin.validation))
    } | {"start": begun_with.sha256 if begun_with else ""}
    known = folder / DATA
    if known.exists():
        before = json.loads(known.read_text(encoding="utf-8"))
        # Runs of earlier versions did not write down what they began with.
        before.setdefault("start", named["start"])
        if before == named:
            return
        what = (
            "began with other weights" if before["start"] != named["start"] else "was trained on other data"
        )
        raise InputRefused(
            "other_data", f"The run in '{folder}' {what}.", "Give the new run another folder: --run."
        )  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = folder / f".{DATA}.{os.getpid()}"
    unfinished.write_text(json.dumps(named, indent=1) + "\n", encoding="utf-8")
    unfinished.replace(known)


def _virtual(options: argparse.Namespace, settings: RunSettings, begun_with: ModelPackage | None) -> Origin:
    wanted = settings.patients + settings.validation_patients
    seeds = range(settings.first_seed, settings.first_seed + wanted)
    kind = settings.tissue_variety, settings.even_sizes, settings.even_contrast
    there = [path.exists() for path in sample_paths(options.cohort, seeds, *kind)]
    if processes.started() > 1 and not all(there):
        raise InputRefused(
            "cohort_missing", f"'{options.cohort}' holds {sum(there)} of the {wanted} virtual patients yet.",
            "Draw them first: start once with one process.",
        )  # fmt: skip
    _refuse_seen_patients(begun_with, seeds[settings.patients :])
    paths = draw_cohort(options.cohort, seeds, options.threads, *kind)
    words = (
        f"{settings.patients} virtual patients (seeds {seeds[0]} to {seeds[settings.patients - 1]}, tissue values of variety "
        f"{settings.tissue_variety:g}{', hearts of rare sizes as many as usual ones' * settings.even_sizes}"
        f"{', every contrast of blood against muscle as frequent' * settings.even_contrast}); no real patient."
    )
    return Origin(paths[: settings.patients], paths[settings.patients :], words, SIMULATED)


def _refuse_seen_patients(begun_with: ModelPackage | None, validation: range) -> None:
    """Who trained the model that the run begins with cannot judge the run."""
    if begun_with is None or "split" in begun_with.card:
        return
    theirs = begun_with.card["recipe"]
    first = theirs.get("first_seed", FIRST_TRAINING_SEED)
    last = first + theirs["patients"] - 1
    if validation.start <= last and first < validation.stop:
        raise InputRefused(
            "seen_patients",
            f"'{begun_with.id}', which the run begins with, was trained on seeds {first} to {last}; seeds "
            f"{validation.start} to {validation.stop - 1}, which shall judge the run, are among them.",
            "Give the run other patients: --first-seed.",
        )


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
