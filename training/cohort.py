"""Folders of virtual patients: drawn once, and added to only by the version of the phantom that drew them."""

from __future__ import annotations

import json
import os
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from functools import partial
from pathlib import Path

import numpy as np
from tqdm import tqdm

from SyntheticCECTLib.core.errors import InputRefused
from SyntheticCECTLib.phantom.phantom_version import PHANTOM_VERSION
from SyntheticCECTLib.phantom.training_sample import TrainingSample, draw_training_sample

# Test patients have seeds below this, so no training patient is ever tested on.
FIRST_TRAINING_SEED = 100_000
DRAWN_BY = "drawn_by.json"
# Folders that were begun before versions were written down were drawn by this one.
UNWRITTEN_VERSION = 1


def claim_cohort(folder: Path) -> None:
    """Refuses a folder whose virtual patients another version of the phantom drew; marks a new one as this version's.

    Nothing is written into a folder that holds anything already.

    Raises:
        InputRefused: ``other_phantom``.
    """
    # Looked at first: another process may claim the folder and begin to fill it meanwhile.
    begun = folder.is_dir() and any(not entry.name.startswith(".") for entry in folder.iterdir())
    known = folder / DRAWN_BY
    if known.exists():
        try:
            version = json.loads(known.read_text(encoding="utf-8"))["phantom_version"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InputRefused(
                "other_phantom",
                f"'{known}', which names the phantom that drew these virtual patients, cannot be read ({error}).",
                "Name another folder, or remove that one: its patients are drawn again.",
            ) from None
    elif begun:
        version = UNWRITTEN_VERSION
    else:
        version = PHANTOM_VERSION
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = folder / f".{DRAWN_BY}.{os.getpid()}"
        unfinished.write_text(json.dumps({"phantom_version": version}) + "\n", encoding="utf-8")
        unfinished.replace(known)
    if version != PHANTOM_VERSION:
        raise InputRefused(
            "other_phantom",
            f"The virtual patients in '{folder}' were drawn by version {version} of the phantom; this is version "
            f"{PHANTOM_VERSION}, which draws other patients from the same seeds.",
            "Name another folder, or remove that one: its patients are drawn again.",
        )


def draw_cohort(folder: Path, patients: int, workers: int) -> list[Path]:
    """Files of the first ``patients`` training patients; draws those that are not there yet.

    Raises:
        InputRefused: ``other_phantom``, see `claim_cohort`.
    """
    claim_cohort(folder)
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
