"""``python -m training calibrate``: learns how far the volumes of a model may be off, for its 95 % intervals.

On virtual patients with realistic tissue values, drawn on the working grid, whom no training and no test ever sees: the
model measures them as the pipeline does, and `core.volume_interval` turns the errors into intervals for the card.
"""

from __future__ import annotations

import argparse
import os
from functools import cache, partial

import numpy as np
import torch
from tqdm import tqdm

from SyntheticCECTLib.core.errors import InputRefused
from SyntheticCECTLib.core.networks.contrast_model import ContrastModel
from SyntheticCECTLib.core.networks.left_heart_network import LeftHeart
from SyntheticCECTLib.core.networks.model_package import load_model
from SyntheticCECTLib.core.pipeline import DEFAULT_MODEL
from SyntheticCECTLib.core.solid_part import one_part
from SyntheticCECTLib.core.volume_interval import STRUCTURE_OF, calibrate, softness
from SyntheticCECTLib.phantom.training_sample import TrainingSample, draw_training_sample

from .cohort import FIRST_CALIBRATION_SEED
from .count_option import count
from .package import INTERVAL, rewrite_card
from .worker_pool import in_processes

LABEL_OF = {"la": 2, "lv": 3}
COVERAGE = 0.95


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", default=DEFAULT_MODEL, help="id or folder of the model")
    parser.add_argument("--patients", type=count, default=200, help="how many")
    parser.add_argument("--workers", type=count, default=os.cpu_count() or 1, help="patients at once")


def run(options: argparse.Namespace) -> None:
    package = load_model(options.model)
    if not isinstance(package.network(), LeftHeart):
        raise InputRefused(
            "no_structures", f"'{package.id}' has no chambers of its own.", "Calibrate 'leftheart'."
        )
    seeds = range(FIRST_CALIBRATION_SEED, FIRST_CALIBRATION_SEED + options.patients)
    measured = in_processes(options.workers, partial(_errors_of_seed, str(package.folder)), seeds)
    rows = list(tqdm(measured, total=len(seeds), desc="calibration patients", unit="patient"))
    who = f"{len(seeds)} further virtual patients (seeds {seeds[0]} to {seeds[-1]}), working grid"
    intervals = {**quantiles_of(rows), "coverage": COVERAGE, "on": who}
    rewrite_card(package.folder, package.card | {INTERVAL: intervals})
    print(f"{package.id}: {intervals}")


def quantiles_of(rows: list[dict[str, tuple[float, float]]]) -> dict[str, list[float]]:
    """What `core.volume_interval` needs of each chamber, from the rows of `volume_errors`.

    Raises:
        InputRefused: ``too_few_patients`` for the coverage.
    """
    quantiles = {}
    for key in STRUCTURE_OF:
        pairs = np.array([row[key] for row in rows if key in row]).reshape(-1, 2)
        try:
            quantiles[key] = calibrate(pairs[:, 0], pairs[:, 1], COVERAGE)
        except ValueError as error:
            raise InputRefused("too_few_patients", str(error), "Raise --patients.") from error
    return quantiles


def volume_errors(
    sample: TrainingSample, model: ContrastModel, threshold_hu: float
) -> dict[str, tuple[float, float]]:
    """For each chamber that is there and was found: ln(true / measured volume), and its softness."""
    contrast = model.run(sample.heart_native.astype(np.float32))
    maps = {key: contrast.structures[name] for key, name in STRUCTURE_OF.items()}
    brightest = np.maximum(maps["la"], maps["lv"])
    heart = one_part(contrast.structures["heart"])
    inside = (heart >= 0.5) & (brightest >= 0.5) & (contrast.synthetic_hu >= threshold_hu)
    errors = {}
    for key, probability in maps.items():
        measured = np.count_nonzero(inside & (probability == brightest))
        true = np.count_nonzero(sample.heart_labels == LABEL_OF[key])
        if measured and true:
            errors[key] = float(np.log(true / measured)), softness(probability)
    return errors


@cache
def _loaded(folder: str) -> tuple[ContrastModel, float]:
    package = load_model(folder)
    return ContrastModel(package, torch.device("cpu")), float(package.card["threshold_hu"])


def _errors_of_seed(folder: str, seed: int) -> dict[str, tuple[float, float]]:
    return volume_errors(draw_training_sample(seed, variety=1.0), *_loaded(folder))
