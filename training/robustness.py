"""``python -m training robustness``: the test patients scanned under worse conditions, and what that costs."""

from __future__ import annotations

import argparse
import json
import os
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK as sitk
from tqdm import tqdm

from SyntheticCECTLib.core.case import CaseInputs, CaseSettings, process_case
from SyntheticCECTLib.core.errors import InputRefused
from SyntheticCECTLib.core.networks.model_package import load_model
from SyntheticCECTLib.core.scan import Scan
from SyntheticCECTLib.phantom.patient import make_patient

from .count_option import count
from .evaluate import FIRST_TEST_SEED, test_protocol
from .worker_pool import in_processes

AS_SCANNED = "as scanned"
CONDITIONS: dict[str, dict[str, Any]] = {
    AS_SCANNED: {},
    "noise doubled": {"noise_factor": 2.0},
    "5 mm slices": {"slices": 36, "slice_mm": 5.0},
    "100 kVp": {"native_kilovolt": 100.0},
    "400 mm field": {"field_mm": 400.0},
    "not gated": {"gated": False},
    "arms down": {"noise_factor": 1.3, "streak_hu": 30.0},
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--patients", type=count, default=20, help="how many, seeds from 1 on")
    parser.add_argument("--workers", type=count, default=os.cpu_count() or 1, help="patients at once")
    parser.add_argument(
        "--models", nargs="+", default=["santini2018", "leftheart"], help="ids or folders of synthesis models"
    )
    parser.add_argument(
        "--output", type=Path, default=Path("training-output/robustness.json"), help="figures of each patient"
    )


def run(options: argparse.Namespace) -> None:
    for model in options.models:
        load_model(model)  # refused at once, not by every scan
    work = [(name, FIRST_TEST_SEED + n) for n in range(options.patients) for name in CONDITIONS]
    scans = in_processes(options.workers, partial(measure, models=options.models), work)
    rows = [row for scan in tqdm(scans, total=len(work), desc="scans", unit="scan") for row in scan]
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(json.dumps(rows, indent=1) + "\n")
    for model in options.models:
        print(f"{model}:")
        for line in table([row for row in rows if row["model"] == model]):
            print(f"  {line}")


def measure(condition_and_seed: tuple[str, int], models: list[str]) -> list[dict[str, Any]]:
    """Each model's Dice and volume error of one test patient under one condition; no Dice where the scan was refused."""
    condition, seed = condition_and_seed
    patient = make_patient(seed, replace(test_protocol(seed), **CONDITIONS[condition]))
    scan = Scan(sitk.Cast(patient.native_ct, sitk.sitkFloat32), "", f"virtual patient {seed}")
    rows = []
    for model in models:
        row: dict[str, Any] = {"condition": condition, "seed": seed, "model": model, "refused": None}
        figures: dict[str, Any] = {}
        try:
            result = process_case(CaseInputs(scan, None, patient.labels), CaseSettings(model, device="cpu"))
            figures = result.agreement.as_dict() if result.agreement else {}
        except InputRefused as refusal:
            row["refused"] = refusal.code
        rows.append(row | {key: figures.get(key) for key in ("dice", "dv_percent")})
    return rows


def table(rows: list[dict[str, Any]]) -> list[str]:
    """One line for each condition: mean Dice, what the same patients lost against the plain scan, mean dV%, how many scans."""
    usual = _of_patients(rows, AS_SCANNED, "dice")
    lines = []
    for name in CONDITIONS:
        dice, dv = (_of_patients(rows, name, key) for key in ("dice", "dv_percent"))
        # Of the patients that have both: those who are refused may be the hard ones.
        lost = {seed: usual[seed] - dice[seed] for seed in usual.keys() & dice.keys()}
        lines.append(
            f"{name:14} Dice {_mean(dice):.3f} (loss {_mean(lost):+.3f})   dV% {_mean(dv):5.1f}   n = {len(dice)}"
        )
    return lines


def _of_patients(rows: list[dict[str, Any]], condition: str, key: str) -> dict[int, float]:
    """Seed -> value, of the patients that have one under a condition."""
    return {row["seed"]: row[key] for row in rows if row["condition"] == condition and row[key] is not None}


def _mean(values: dict[int, float]) -> float:
    return float(np.mean(list(values.values()))) if values else float("nan")
