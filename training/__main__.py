"""``python -m training train CONFIG`` makes a bundled model; ``python -m training evaluate`` measures them."""

from __future__ import annotations

import argparse
import os
from dataclasses import asdict
from pathlib import Path

import torch
import yaml

from . import fit_heart, fit_santini
from .cohort import FIRST_TRAINING_SEED, draw_cohort
from .evaluate import evaluate
from .package import write_package
from .settings import Settings

STAGES = {"santini2018": fit_santini.fit, "heart_finder": fit_heart.fit}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    train = commands.add_parser("train", help="train one model and write its package")
    train.add_argument("config", type=Path, help="recipe, such as training/configs/santini2018.yaml")
    train.add_argument(
        "--cohort", type=Path, default=Path("training-output/cohort"), help="where virtual patients are kept"
    )
    train.add_argument(
        "--models",
        type=Path,
        default=Path("SyntheticCECT/Resources/Models"),
        help="where the package is written",
    )
    train.add_argument("--steps", type=int, help="fewer steps, for a try")
    train.add_argument("--threads", type=int, default=os.cpu_count() or 1, help="processor threads")
    test = commands.add_parser("evaluate", help="run unseen virtual patients through the whole path")
    test.add_argument("--patients", type=int, default=20)
    test.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="patients at once")
    test.add_argument("--output", type=Path, default=Path("training-output/evaluation.json"))
    arguments = parser.parse_args()
    if arguments.command == "evaluate":
        evaluate(arguments.patients, arguments.workers, arguments.output)
    else:
        train_model(arguments)


def train_model(arguments: argparse.Namespace) -> None:
    """Draws the cohort, trains, writes the package."""
    recipe = yaml.safe_load(arguments.config.read_text())
    recipe["widths"] = tuple(recipe["widths"])
    if arguments.steps:
        recipe["steps"] = arguments.steps
    settings = Settings(**recipe)
    torch.set_num_threads(arguments.threads)
    paths = draw_cohort(arguments.cohort, settings.patients + settings.validation_patients, arguments.threads)
    train_paths, validation_paths = paths[: settings.patients], paths[settings.patients :]
    network, findings = STAGES[settings.model](settings, train_paths, validation_paths)
    findings |= {"first_seed": FIRST_TRAINING_SEED, "patients": settings.patients}
    folder = write_package(arguments.models, network, asdict(settings), findings)
    print(f"wrote {folder}")


if __name__ == "__main__":
    main()
