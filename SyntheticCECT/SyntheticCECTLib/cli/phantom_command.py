"""``phantom``: a virtual patient as files."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import SimpleITK as sitk

from ..core.formats.output_folder import output_folder
from ..phantom.patient import make_patient
from .progress import Progress
from .result_folder import refuse_unless_writable
from .summary import CHAMBERS, line, print_json

NATIVE_CT, CECT, LABELS, HEART_MASK, TRUTH = (
    "native_ct.nrrd",
    "cect.nrrd",
    "labels.nrrd",
    "heart_mask.nrrd",
    "truth.json",
)


def run(options: argparse.Namespace, progress: Progress) -> None:
    """Carry out the command; arguments as in `arguments.build_parser`."""
    refuse_unless_writable(options.output)
    with output_folder(options.output) as folder:
        truth = write_patient(options.seed, folder, progress)
    progress.close()
    if options.json:
        print_json(truth)
        return
    lines = [line(name, truth["volumes_ml"][key], "mL", 1) for key, name in CHAMBERS.items()]
    print("\n".join([*lines, f"{'Virtual patient':<26} {options.output}"]), flush=True)


def write_patient(seed: int, folder: Path, progress: Any) -> dict[str, Any]:
    """Draw the patient of a seed into an existing folder; returns what truth.json holds."""
    progress(0.0, "drawing a virtual patient")
    patient = make_patient(seed)
    images = {
        NATIVE_CT: patient.native_ct,
        CECT: patient.cect,
        LABELS: patient.labels,
        HEART_MASK: patient.heart_mask,
    }
    for number, (name, image) in enumerate(images.items()):
        progress(0.8 + 0.05 * number, f"writing {name}")
        sitk.WriteImage(image, str(folder / name), useCompression=True)
    (folder / TRUTH).write_text(json.dumps(patient.truth, indent=2, allow_nan=False) + "\n", encoding="utf-8")
    progress(1.0, "virtual patient drawn")
    return patient.truth
