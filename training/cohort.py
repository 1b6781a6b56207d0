"""Draws the virtual patients that a network trains on, once, into a folder."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from functools import partial
from pathlib import Path

import numpy as np
from tqdm import tqdm

from SyntheticCECTLib.phantom.training_sample import TrainingSample, draw_training_sample

# Test patients have seeds below this, so no training patient is ever tested on.
FIRST_TRAINING_SEED = 100_000


def draw_cohort(folder: Path, patients: int, workers: int) -> list[Path]:
    """Files of the first ``patients`` training patients; draws those that are not there yet."""
    folder.mkdir(parents=True, exist_ok=True)
    seeds = range(FIRST_TRAINING_SEED, FIRST_TRAINING_SEED + patients)
    paths = [folder / f"patient-{seed}.npz" for seed in seeds]
    missing = [seed for seed, path in zip(seeds, paths, strict=True) if not path.exists()]
    if missing:
        with ProcessPoolExecutor(workers) as pool:
            drawn = pool.map(partial(_draw_one, folder), missing)
            for _ in tqdm(drawn, total=len(missing), desc="virtual patients", unit="patient"):
                pass
    return paths


def load_sample(path: Path) -> TrainingSample:
    with np.load(path) as arrays:
        return TrainingSample(**{name: arrays[name] for name in arrays.files})


def _draw_one(folder: Path, seed: int) -> None:
    unfinished = folder / f".patient-{seed}.npz"
    np.savez(unfinished, **asdict(draw_training_sample(seed)))
    unfinished.rename(folder / f"patient-{seed}.npz")
