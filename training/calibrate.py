"""``python -m training calibrate``: makes a model's structures as large as true ones, and learns how far volumes may be off.

Both on virtual patients with realistic tissue values, drawn on the working grid, whom no training and no test ever
sees. First the offsets of the network's last layer are set so that half of the patients' structures come out too
large and half too small: a network that was trained on disturbed images errs on clean ones. Then the model measures
further patients as the pipeline does, and `core.volume_interval` turns the errors into intervals for the card.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from functools import cache, partial
from typing import Any

import numpy as np
import torch
from tqdm import tqdm

from SyntheticCECTLib.core.errors import InputRefused
from SyntheticCECTLib.core.networks.contrast_model import ContrastModel, run_block
from SyntheticCECTLib.core.networks.left_heart_network import OUTPUTS, STRUCTURES, LeftHeart
from SyntheticCECTLib.core.networks.model_package import ModelPackage, load_model, save_model
from SyntheticCECTLib.core.pipeline import DEFAULT_MODEL
from SyntheticCECTLib.core.volume_interval import STRUCTURE_OF, calibrate, softness
from SyntheticCECTLib.phantom.training_sample import TrainingSample, draw_training_sample

from .leftheart_task import HeartBlock
from .package import rewrite_card
from .worker_pool import in_processes

# Training patients have seeds from 100 000 on, those of the paper's study from 500 000 on.
FIRST_CALIBRATION_SEED, FIRST_BALANCE_SEED = 300_000, 400_000
LABEL_OF = {"la": 2, "lv": 3}
COVERAGE = 0.95


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", default=DEFAULT_MODEL, help="id or folder of the model")
    parser.add_argument("--balance-patients", type=int, default=60, help="patients for the offsets")
    parser.add_argument("--patients", type=int, default=200, help="patients for the intervals")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="patients at once")


def run(options: argparse.Namespace) -> None:
    package = load_model(options.model)
    network = package.network()
    if not isinstance(network, LeftHeart):
        raise InputRefused(
            "no_structures", f"'{package.id}' has no chambers of its own.", "Calibrate 'leftheart'."
        )
    package = balanced(package, network, options.balance_patients, options.workers)
    seeds = range(FIRST_CALIBRATION_SEED, FIRST_CALIBRATION_SEED + options.patients)
    rows = _of_patients(partial(_errors_of_seed, str(package.folder), package.sha256), seeds, options.workers)
    intervals = {**quantiles_of(rows), "coverage": COVERAGE, "on": _named(seeds)}
    rewrite_card(package.folder, package.card | {"volume_interval": intervals})
    print(f"{package.id}: {intervals}")


def balanced(package: ModelPackage, network: LeftHeart, patients: int, workers: int) -> ModelPackage:
    """The package with new offsets, written in its place; what was learned otherwise stays.

    Raises:
        InputRefused: ``too_few_patients``.
    """
    if patients < 1:
        raise InputRefused(
            "too_few_patients", f"{patients} patients give no offsets.", "Raise --balance-patients."
        )
    seeds = range(FIRST_BALANCE_SEED, FIRST_BALANCE_SEED + patients)
    borders = _of_patients(partial(_borders_of_seed, str(package.folder), package.sha256), seeds, workers)
    offsets = -np.nanmedian(np.array(borders), 0)
    shift_structures(network, offsets)
    told = {"logits": dict(zip(STRUCTURES, offsets.tolist(), strict=True)), "on": _named(seeds)}
    card = {key: value for key, value in package.card.items() if key != "volume_interval"}
    print(f"{package.id}: offsets {told['logits']}")
    return load_model(
        save_model(package.folder.parent, package.id, network, card | {"structure_offsets": told})
    )


def border_logits(network: LeftHeart, sample: TrainingSample) -> list[float]:
    """For each structure the logit that as many voxels exceed as are truly part of it; NaN where it is not there."""
    arrays = (sample.heart_native, sample.heart_cect, sample.heart_labels, sample.heart_structures)
    masks = HeartBlock(*(torch.from_numpy(array) for array in arrays)).masks()
    outputs = run_block(network, sample.heart_native.astype(np.float32), torch.device("cpu"))
    return [
        float(np.partition(logits.ravel(), -count)[-count]) if (count := int(mask.sum())) else np.nan
        for logits, mask in zip(outputs[-len(STRUCTURES) :], masks, strict=True)
    ]


@torch.no_grad()
def shift_structures(network: LeftHeart, offsets: np.ndarray) -> None:
    """Adds offsets to the logits of the structures, in the network's last layer."""
    bias = network.last[-1].bias
    assert isinstance(bias, torch.Tensor)
    bias[len(OUTPUTS) - len(STRUCTURES) :] += torch.from_numpy(offsets).to(bias)


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
    inside = (
        (contrast.structures["heart"] >= 0.5) & (brightest >= 0.5) & (contrast.synthetic_hu >= threshold_hu)
    )
    errors = {}
    for key, probability in maps.items():
        measured = np.count_nonzero(inside & (probability == brightest))
        true = np.count_nonzero(sample.heart_labels == LABEL_OF[key])
        if measured and true:
            errors[key] = float(np.log(true / measured)), softness(probability)
    return errors


def _of_patients(work: Callable[[int], Any], seeds: range, workers: int) -> list[Any]:
    running = in_processes(workers, work, seeds)
    return list(tqdm(running, total=len(seeds), desc="calibration patients", unit="patient"))


def _named(seeds: range) -> str:
    return f"{len(seeds)} further virtual patients (seeds {seeds[0]} to {seeds[-1]}), working grid"


@cache
def _loaded(folder: str, sha256: str) -> tuple[LeftHeart, ContrastModel, float]:
    """Network, model and threshold; the hash tells them from those before the offsets were set."""
    package = load_model(folder)
    network = package.network()
    assert package.sha256 == sha256 and isinstance(network, LeftHeart)
    return network, ContrastModel(package, torch.device("cpu")), float(package.card["threshold_hu"])


def _borders_of_seed(folder: str, sha256: str, seed: int) -> list[float]:
    network, _, _ = _loaded(folder, sha256)
    return border_logits(network, draw_training_sample(seed, variety=1.0))


def _errors_of_seed(folder: str, sha256: str, seed: int) -> dict[str, tuple[float, float]]:
    _, model, threshold_hu = _loaded(folder, sha256)
    return volume_errors(draw_training_sample(seed, variety=1.0), model, threshold_hu)
