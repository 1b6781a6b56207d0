"""Runs the whole path on virtual patients that no network has seen, and measures it against their truth."""

from __future__ import annotations

import json
import os
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK as sitk
from tqdm import tqdm

from SyntheticCECTLib.core.case import CaseInputs, CaseSettings, process_case
from SyntheticCECTLib.core.metrics.overlap import dice
from SyntheticCECTLib.core.scan import Scan
from SyntheticCECTLib.phantom.patient import Protocol, VirtualPatient, make_patient

FIRST_TEST_SEED = 1
COLUMNS = {
    "dice": "Dice LA+LV per slice", "dice_both_chambers": "same, slices with both",
    "dice_volume": "Dice LA+LV, whole volume", "dice_la": "Dice LA", "dice_lv": "Dice LV", "dv_percent": "dV %",
    "heart_dice": "Dice heart mask", "registration_mm": "registration error, mm", "nmi": "NMI",
    "psnr_db": "PSNR (4096 HU), dB", "mae_hu": "MAE, HU",
}  # fmt: skip


def test_protocol(seed: int) -> Protocol:
    """A full-size pair whose CECT is displaced by up to 20 mm and turned by up to 8 degrees."""
    rng = np.random.default_rng([seed, 30])
    shift = rng.normal(size=3)
    shift *= rng.uniform(0, 20) / np.linalg.norm(shift)
    return Protocol.draw(rng, shift_mm=shift, rotation_deg=rng.uniform(-8, 8, 3) / np.sqrt(3))


def evaluate(patients: int, workers: int, output: Path) -> list[dict[str, Any]]:
    """Figures of each test patient; written as JSON and printed as mean and spread."""
    seeds = range(FIRST_TEST_SEED, FIRST_TEST_SEED + patients)
    with ProcessPoolExecutor(workers, initializer=_one_thread) as pool:
        rows = list(
            tqdm(pool.map(evaluate_patient, seeds), total=patients, desc="test patients", unit="patient")
        )
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(json.dumps(rows, indent=1) + "\n")
    for key, name in COLUMNS.items():
        values = [row[key] for row in rows if row[key] is not None]
        if values:
            print(f"{name:26} {np.mean(values):8.3f} +- {np.std(values):6.3f}   median {np.median(values):8.3f}"
                  f"   {min(values):8.3f} to {max(values):8.3f}   n = {len(values)}")  # fmt: skip
    return rows


def evaluate_patient(seed: int) -> dict[str, Any]:
    """One patient through the whole path."""
    patient = make_patient(seed, test_protocol(seed))
    scan = Scan(sitk.Cast(patient.native_ct, sitk.sitkFloat32), "", f"virtual patient {seed}")
    cect = sitk.Cast(patient.cect, sitk.sitkFloat32)
    result = process_case(CaseInputs(scan, cect, patient.labels), CaseSettings(device="cpu"))
    found = sitk.GetArrayViewFromImage(result.case.synthesis.heart_mask) > 0
    row: dict[str, Any] = {
        "seed": seed,
        "heart_dice": dice(found, sitk.GetArrayViewFromImage(patient.heart_mask) > 0),
        "registration_mm": None,
        "volumes_ml": {key: volume["ml"] for key, volume in result.volumes.items()},
        "true_ml": patient.truth["volumes_ml"],
        "warnings": [notice.code for notice in result.case.notices],
    }
    if result.case.registration:
        row["registration_mm"] = registration_error_mm(result.case.registration.cect_to_native, patient)
    agreement = result.agreement.as_dict() if result.agreement else {}
    return row | {key: agreement.get(key) for key in COLUMNS if key not in row}


def registration_error_mm(found: sitk.Transform, patient: VirtualPatient) -> float:
    """Mean distance between found and true place of the heart's points in the CECT, in mm."""
    inside = np.argwhere(sitk.GetArrayViewFromImage(patient.heart_mask) > 0)[::5000, ::-1]
    points = [patient.heart_mask.TransformIndexToPhysicalPoint([int(n) for n in index]) for index in inside]
    apart = [np.subtract(found.TransformPoint(p), patient.cect_to_native.TransformPoint(p)) for p in points]
    return float(np.linalg.norm(apart, axis=1).mean())


def _one_thread() -> None:
    import torch

    torch.set_num_threads(1)
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
    os.environ["OMP_NUM_THREADS"] = "1"
