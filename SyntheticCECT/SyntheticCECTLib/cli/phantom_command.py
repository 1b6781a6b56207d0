"""``phantom``: a virtual patient as files."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..core.formats.output_folder import output_folder
from ..phantom.patient import make_patient
from ..phantom.patient_folder import write_patient
from .progress import Progress
from .result_folder import refuse_unless_writable
from .summary import CHAMBERS, line, print_json


def run(options: argparse.Namespace, progress: Progress) -> None:
    """Carry out the command; arguments as in `arguments.build_parser`."""
    refuse_unless_writable(options.output)
    with output_folder(options.output) as folder:
        truth = draw_into(folder, options.seed, progress, not options.uncompressed)
    progress.close()
    if options.json:
        print_json(truth)
        return
    lines = [line(name, truth["volumes_ml"][key], "mL", 1) for key, name in CHAMBERS.items()]
    print("\n".join([*lines, f"{'Virtual patient':<26} {options.output}"]), flush=True)


def draw_into(
    folder: Path, seed: int, progress: Callable[[float, str], None], compress: bool = True
) -> dict[str, Any]:
    """Draw the patient of a seed into an existing folder; returns what truth.json holds."""
    progress(0.0, "drawing a virtual patient")
    patient = make_patient(seed)
    write_patient(
        patient, folder, lambda fraction, message: progress(0.8 + 0.2 * fraction, message), compress
    )
    progress(1.0, "virtual patient drawn")
    return patient.truth
