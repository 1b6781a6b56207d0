"""``python -m training ablation``: what each step from `santini2018` to `leftheart` gains, and what it costs."""

from __future__ import annotations

import argparse
import json
import shutil
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import Any

import numpy as np
import SimpleITK as sitk
from tqdm import tqdm

from SyntheticCECTLib.core import chambers
from SyntheticCECTLib.core.agreement import compare
from SyntheticCECTLib.core.errors import InputRefused
from SyntheticCECTLib.core.networks.model_package import load_model
from SyntheticCECTLib.core.pipeline import Synthesis, synthesize

from .count_option import count
from .evaluate import FIRST_TEST_SEED, test_patient
from .package import rewrite_card
from .worker_pool import in_processes

PAPER, PLAIN, RESTRICTED, AVERAGED, ALONE = (
    "santini2018: one slice at a time",
    "leftheart: neighbouring slices, skip connections; plain threshold",
    "leftheart: threshold restricted by its chambers",
    "leftheart: the same, averaged over views",
    "leftheart: its chambers without a threshold",
)
FIGURES = ("dice", "dv_percent", "seconds")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--patients", type=count, default=20, help="how many, seeds from 1 on")
    parser.add_argument(
        "--workers",
        type=count,
        default=1,
        help="patients at once; with more than one, seconds are of a busy machine",
    )
    parser.add_argument(
        "--cohort", type=Path, default=Path("training-output/test-cohort"), help="test patients"
    )
    parser.add_argument(
        "--output", type=Path, default=Path("training-output/ablation.json"), help="figures of each patient"
    )


def run(options: argparse.Namespace) -> None:
    seeds = range(FIRST_TEST_SEED, FIRST_TEST_SEED + options.patients)
    if not load_model("leftheart").card.get("views"):
        raise InputRefused(
            "step_missing", "The card of 'leftheart' has no views.",
            "Package it again: without them two steps would be the same.",
        )  # fmt: skip
    work = in_processes(options.workers, partial(measure, cohort=options.cohort), seeds)
    rows = dict(sorted(tqdm(work, total=len(seeds), desc="test patients", unit="patient")))
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(json.dumps(rows, indent=1) + "\n")
    for line in table(list(rows.values())):
        print(line)


def measure(seed: int, cohort: Path) -> tuple[int, dict[str, dict[str, Any]]]:
    """The seed of one test patient, and his figures for each step."""
    patient = test_patient(seed, cohort)
    native = sitk.Cast(patient.native_ct, sitk.sitkFloat32)
    with TemporaryDirectory() as folder:
        once = synthesize(native, str(variant(Path(folder), {"views": []})))
    paper, left = (synthesize(native, model) for model in ("santini2018", "leftheart"))
    steps = {
        PAPER: (paper, segmented(paper)), PLAIN: (once, segmented(unrestricted(once))),
        RESTRICTED: (once, segmented(once)), AVERAGED: (left, segmented(left)),
        ALONE: (left, left.chamber_prior),
    }  # fmt: skip
    rows = {}
    for name, (synthesis, found) in steps.items():
        figures = compare(
            found, patient.labels, synthesis.synthetic_cect, None, synthesis.heart_mask
        ).as_dict()
        rows[name] = {key: figures.get(key) for key in FIGURES} | {"seconds": synthesis.seconds["network"]}
    return seed, rows


def variant(folder: Path, changes: dict[str, Any]) -> Path:
    """A copy of `leftheart` in a folder of its own, with other values on its card."""
    package = load_model("leftheart")
    copy = Path(shutil.copytree(package.folder, Path(mkdtemp(dir=folder)) / package.id))
    rewrite_card(copy, package.card | changes)
    return copy


def segmented(synthesis: Synthesis) -> sitk.Image:
    return chambers.segment(synthesis, synthesis.default_threshold_hu)


def unrestricted(synthesis: Synthesis) -> Synthesis:
    """The same synthesis, whose threshold may find chambers anywhere in the heart; all of them count as atrium."""
    return replace(synthesis, chamber_prior=synthesis.heart_mask)


def table(rows: list[dict[str, dict[str, Any]]]) -> list[str]:
    """One line for each step: mean Dice per slice, mean dV% and seconds of the network."""
    lines = []
    for name in rows[0]:
        values = {key: [row[name][key] for row in rows if row[name][key] is not None] for key in FIGURES}
        parts = [f"{key} {np.mean(found):.3f}" for key, found in values.items() if found]
        lines.append(f"{name}: {'   '.join(parts)}")
    return lines
