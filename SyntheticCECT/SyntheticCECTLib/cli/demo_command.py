"""``demo``: everything at once, on a virtual patient whose truth is known or on a scan."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import SimpleITK as sitk

from ..core.case import CaseResult, CaseSettings, part_of, process_case
from ..core.case_folder import NATIVE_CT, SCENE, older_files, write_case
from ..core.formats.itk_name import itk_name
from ..core.formats.output_folder import output_folder
from ..phantom import patient_folder
from .phantom_command import draw_into
from .progress import Progress
from .result_folder import refuse_unless_writable
from .slicer_scene import write_scene
from .summary import show
from .synthesize_command import read_inputs, title_of

PATIENT = "virtual_patient"


def run(options: argparse.Namespace, progress: Progress) -> None:
    """Carry out the command; arguments as in `arguments.build_parser`."""
    refuse_unless_writable(options.output)
    with output_folder(options.output, older_files(options.output)) as folder:
        metrics = _demonstrate(options, folder, progress)
    progress.close()
    show(metrics, options.output, options.json)
    if not options.json:
        print(f"{'Scene for 3D Slicer':<26} {options.output / SCENE}", flush=True)


def _demonstrate(options: argparse.Namespace, folder: Path, progress: Progress) -> dict[str, Any]:
    files = dict(series=None, cect=None, reference=None, reference_on="ct", heart_mask=None, chambers=None)
    if options.scan is None:
        patient = folder / PATIENT
        patient.mkdir()
        draw_into(patient, options.seed, part_of(progress, 0.0, 0.5))
        files |= dict(
            scan=patient / patient_folder.NATIVE_CT, cect=patient / patient_folder.CECT,
            reference=patient / patient_folder.LABELS,
        )  # fmt: skip
    else:
        files |= dict(scan=options.scan)
    progress(0.5, "reading")
    settings = CaseSettings(options.model, None, options.device)
    result = process_case(read_inputs(argparse.Namespace(**files)), settings, part_of(progress, 0.5, 0.9))
    title = f"Virtual patient {options.seed}" if options.scan is None else title_of(options.scan)
    native_ct = _native_of(result, folder, options.scan is None)
    metrics = write_case(result, folder, title, part_of(progress, 0.9, 1.0), also={SCENE})
    write_scene(folder, native_ct, metrics["files"])
    return metrics


def _native_of(result: CaseResult, folder: Path, virtual: bool) -> str:
    """Where the CT lies, seen from the scene; a scan is copied in, since it may be DICOM and may move."""
    if virtual:
        return f"{PATIENT}/{patient_folder.NATIVE_CT}"
    sitk.WriteImage(result.case.synthesis.native_ct, itk_name(folder / NATIVE_CT), useCompression=True)
    return NATIVE_CT
