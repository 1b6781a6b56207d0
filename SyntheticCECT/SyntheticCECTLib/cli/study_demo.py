"""The study of ``study demo``: small virtual patients, the bundled network, and simulated readers."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import partial

from ..core.case import OnProgress
from ..core.chambers import segment
from ..core.errors import InputRefused
from ..core.pipeline import synthesize
from ..phantom.patient import Protocol, make_patient
from ..study.demo_study import make_demo_study
from ..study.design.case_source import CaseImages, model_of
from ..study.simulated_readers import KnownErrors, draw_readers
from ..study.study_folder import StudyFolder

STUDY = "study"
# Coarse enough to be drawn in a second; a CECT is not needed, so one slice of it is drawn.
PROTOCOL = Protocol(field_mm=200.0, matrix=128, slices=26, slice_mm=5.0, cect_slice_mm=100.0)


def draw_and_read(options: argparse.Namespace, progress: OnProgress) -> StudyFolder:
    """Draw the patients, make the study and let the simulated readers read it.

    Raises:
        InputRefused: ``study_exists`` or ``bad_study_plan``.
    """
    folder = options.output / STUDY
    if folder.exists():
        raise InputRefused(
            "study_exists", f"'{folder}' is there already.", "Name another --output, or remove it."
        )
    readers = draw_readers(options.readers, KnownErrors(), options.seed)
    patients: list[tuple[str, Callable[[], CaseImages]]] = [
        # Far from the seeds that training and evaluation use.
        (f"virtual-patient-{number:03}", partial(_patient, 7_000_000 + 1000 * options.seed + number))
        for number in range(1, options.cases + 1)
    ]
    make_demo_study(folder, patients, readers, min(options.repeats, options.cases), options.seed, progress)
    return StudyFolder(folder)


def _patient(seed: int) -> CaseImages:
    patient = make_patient(seed, PROTOCOL)
    synthesis = synthesize(patient.native_ct)
    network = segment(synthesis, synthesis.default_threshold_hu)
    return CaseImages(
        patient.native_ct, synthesis.synthetic_cect, patient.labels, network, model_of(synthesis)
    )
