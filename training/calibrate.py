"""``python -m training calibrate``: learns how large a model's chambers are to be drawn, and how far they may be off.

On virtual patients with realistic tissue values, drawn on the working grid, whom no training and no test ever sees, the
model measures the chambers as the pipeline does. A network that was trained on overlap draws them too large: where it is
in doubt, a voxel too many costs less overlap than one too few. So the card gets the `chamber_level` at which LA + LV of
the middle patient come out right, and, by `core.volume_interval`, the errors that are left as 95 % intervals.
"""

from __future__ import annotations

import argparse
import math
import os
from dataclasses import dataclass
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

from .package import rewrite_card
from .worker_pool import in_processes

# Training patients have seeds from 100 000 on, those of the paper's study from 500 000 on.
FIRST_CALIBRATION_SEED = 300_000
LABEL_OF = {"la": 2, "lv": 3}
COVERAGE = 0.95
LEVELS = np.linspace(0.3, 0.8, 101)


@dataclass(frozen=True)
class MeasuredChamber:
    """Voxels of one chamber: true, and measured at each of `LEVELS`, (101,); and its softness."""

    true: int
    measured: np.ndarray
    softness: float

    def log_errors(self) -> np.ndarray:
        """ln(true / measured) at each of `LEVELS`."""
        with np.errstate(divide="ignore"):
            return np.log(self.true / self.measured)


@dataclass(frozen=True)
class MeasuredPatient:
    """Both chambers, by ``la`` and ``lv``."""

    chambers: dict[str, MeasuredChamber]

    def both(self) -> MeasuredChamber:
        """LA + LV; the softness is of no meaning."""
        la, lv = self.chambers["la"], self.chambers["lv"]
        return MeasuredChamber(la.true + lv.true, la.measured + lv.measured, math.nan)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", default=DEFAULT_MODEL, help="id or folder of the model")
    parser.add_argument("--patients", type=int, default=200, help="how many")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="patients at once")


def run(options: argparse.Namespace) -> None:
    package = load_model(options.model)
    if not isinstance(package.network(), LeftHeart):
        raise InputRefused(
            "no_structures", f"'{package.id}' has no chambers of its own.", "Calibrate 'leftheart'."
        )
    seeds = range(FIRST_CALIBRATION_SEED, FIRST_CALIBRATION_SEED + options.patients)
    measured = in_processes(options.workers, partial(_measured_seed, str(package.folder)), seeds)
    patients = list(tqdm(measured, total=len(seeds), desc="calibration patients", unit="patient"))
    level = level_of(patients)
    who = f"{len(seeds)} further virtual patients (seeds {seeds[0]} to {seeds[-1]}), working grid"
    intervals = {**quantiles_of(patients, level), "coverage": COVERAGE, "on": who}
    rewrite_card(package.folder, package.card | {"chamber_level": level, "volume_interval": intervals})
    print(f"{package.id}: chamber level {level}, {intervals}")


def level_of(patients: list[MeasuredPatient]) -> float:
    """The one of `LEVELS` at which measured LA + LV are nearest to the truth in the median of patients.

    Raises:
        InputRefused: ``no_chambers``, in none of them; ``level_out_of_range``, none of `LEVELS` comes near.
    """
    found = [both for patient in patients if (both := patient.both()).true and both.measured[0]]
    if not found:
        raise InputRefused(
            "no_chambers",
            f"The model finds no chambers in any of {len(patients)} patients.",
            "Train it for longer.",
        )
    errors = np.median([both.log_errors() for both in found], axis=0)
    best = int(np.abs(errors).argmin())
    if best in (0, len(LEVELS) - 1):
        raise InputRefused(
            "level_out_of_range",
            f"At a probability of {LEVELS[best]:.2f} the chambers are still {100 * np.expm1(-errors[best]):+.0f} % off.",
            "Train the model for longer, or on patients nearer to these.",
        )
    return float(LEVELS[best])


def quantiles_of(patients: list[MeasuredPatient], level: float) -> dict[str, list[float]]:
    """What `core.volume_interval` needs of each chamber, from patients measured at one of `LEVELS`.

    Raises:
        InputRefused: ``too_few_patients`` for the coverage.
    """
    n = int(np.abs(LEVELS - level).argmin())
    quantiles = {}
    for key in STRUCTURE_OF:
        chambers = [patient.chambers[key] for patient in patients]
        known = [chamber for chamber in chambers if chamber.true and chamber.measured[n]]
        errors = np.array([chamber.log_errors()[n] for chamber in known])
        try:
            quantiles[key] = calibrate(errors, np.array([chamber.softness for chamber in known]), COVERAGE)
        except ValueError as error:
            raise InputRefused("too_few_patients", str(error), "Raise --patients.") from error
    return quantiles


def measure(sample: TrainingSample, model: ContrastModel, threshold_hu: float) -> MeasuredPatient:
    """The chambers of one patient as the pipeline would draw them at each of `LEVELS`, specks and all."""
    contrast = model.run(sample.heart_native.astype(np.float32))
    maps = {key: contrast.structures[name] for key, name in STRUCTURE_OF.items()}
    brightest = np.maximum(maps["la"], maps["lv"])
    heart = one_part(contrast.structures["heart"])
    inside = (heart >= 0.5) & (contrast.synthetic_hu >= threshold_hu)
    chambers = {}
    for key, probability in maps.items():
        own = np.sort(probability[inside & (probability == brightest)])
        measured = len(own) - np.searchsorted(own, LEVELS)
        true = int(np.count_nonzero(sample.heart_labels == LABEL_OF[key]))
        chambers[key] = MeasuredChamber(true, measured, softness(probability))
    return MeasuredPatient(chambers)


@cache
def _loaded(folder: str) -> tuple[ContrastModel, float]:
    package = load_model(folder)
    return ContrastModel(package, torch.device("cpu")), float(package.card["threshold_hu"])


def _measured_seed(folder: str, seed: int) -> MeasuredPatient:
    return measure(draw_training_sample(seed, variety=1.0), *_loaded(folder))
