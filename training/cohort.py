"""Folders of virtual patients: drawn once, and added to only by the version of the phantom that drew them."""

from __future__ import annotations

import json
import os
import zlib
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from functools import partial
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from tqdm import tqdm

from SyntheticCECTLib.core.errors import InputRefused
from SyntheticCECTLib.phantom.phantom_version import PHANTOM_VERSION
from SyntheticCECTLib.phantom.training_sample import TRAINING_VARIETY, TrainingSample, draw_training_sample

# Seeds below the first are for testing, from the second on for calibrating (and for the paper's study), so no training
# patient is ever measured.
FIRST_TRAINING_SEED, FIRST_CALIBRATION_SEED = 100_000, 300_000
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


def sample_paths(
    folder: Path,
    seeds: range,
    tissue_variety: float = TRAINING_VARIETY,
    even_sizes: bool = False,
    even_contrast: bool = False,
) -> list[Path]:
    """Where `draw_cohort` keeps the training patients of some seeds."""
    kind = "" if tissue_variety == TRAINING_VARIETY else f"-tissue-{tissue_variety:g}"
    kind += "-even" * even_sizes + "-contrast" * even_contrast
    return [folder / f"patient-{seed}{kind}.npz" for seed in seeds]


def draw_cohort(
    folder: Path,
    seeds: range,
    workers: int,
    tissue_variety: float = TRAINING_VARIETY,
    even_sizes: bool = False,
    even_contrast: bool = False,
) -> list[Path]:
    """Files of the training patients of some seeds; draws those that are not there yet.

    Args:
        folder: Of the cohort.
        seeds: Of the patients.
        workers: How many are drawn at once.
        tissue_variety: Spread of their tissue values (`draw_training_sample`).
        even_sizes: Whether hearts of rare sizes are as likely as usual ones.
        even_contrast: Whether every contrast of blood against muscle is as likely.

    Raises:
        InputRefused: ``other_phantom``, see `claim_cohort`; ``not_training_seeds``.
    """
    if not FIRST_TRAINING_SEED <= seeds.start <= seeds.stop <= FIRST_CALIBRATION_SEED:
        raise InputRefused(
            "not_training_seeds",
            f"{len(seeds)} patients from seed {seeds.start} on are not all training patients.",
            f"Use seeds from {FIRST_TRAINING_SEED} to {FIRST_CALIBRATION_SEED - 1}: others test or calibrate models.",
        )
    claim_cohort(folder)
    paths = sample_paths(folder, seeds, tissue_variety, even_sizes, even_contrast)
    missing = {seed: path for seed, path in zip(seeds, paths, strict=True) if not path.exists()}
    if missing:
        with ProcessPoolExecutor(workers) as pool:
            draw = partial(_draw_one, tissue_variety, even_sizes, even_contrast)
            drawn = pool.map(draw, missing, missing.values())
            for _ in tqdm(drawn, total=len(missing), desc="virtual patients", unit="patient"):
                pass
    return paths


def load_sample(path: Path) -> TrainingSample:
    """A patient on the networks' grids.

    Raises:
        InputRefused: ``bad_sample``, the file is missing or damaged.
    """
    try:
        with np.load(path) as arrays:
            return TrainingSample(**{name: arrays[name] for name in arrays.files})
    except (OSError, EOFError, ValueError, TypeError, BadZipFile, zlib.error) as error:
        raise InputRefused(
            "bad_sample", f"The patient '{path}' cannot be read ({error}).",
            "Remove the file, and start again what made it: it makes what is missing.",
        ) from None  # fmt: skip


def _draw_one(tissue_variety: float, even_sizes: bool, even_contrast: bool, seed: int, path: Path) -> None:
    unfinished = path.with_name(f".{os.getpid()}.{path.name}")
    sample = draw_training_sample(
        seed, tissue_variety=tissue_variety, even_sizes=even_sizes, even_contrast=even_contrast
    )
    np.savez(unfinished, **asdict(sample))
    unfinished.replace(path)
