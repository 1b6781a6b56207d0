"""A virtual patient as files: written all at once or not at all, and read back."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from ..core.formats.itk_name import itk_name
from .patient import VirtualPatient

NATIVE_CT, CECT, LABELS, HEART_MASK = "native_ct.nrrd", "cect.nrrd", "labels.nrrd", "heart_mask.nrrd"
TRUTH = "truth.json"


def write_patient(
    patient: VirtualPatient,
    folder: Path,
    on_progress: Callable[[float, str], None] | None = None,
    compress: bool = True,
) -> None:
    """Writes images and truth into an existing folder; truth.json, the last, says that all are there.

    Args:
        patient: What to write.
        folder: Existing; best one of `core.formats.output_folder`, so that all files appear at once.
        on_progress: Called with a fraction from 0 to 1 and what is being done.
        compress: Whether images are compressed; left out, they are larger, and written and read in a fraction of the time.
    """
    images = {
        NATIVE_CT: patient.native_ct,
        CECT: patient.cect,
        LABELS: patient.labels,
        HEART_MASK: patient.heart_mask,
    }
    for number, (name, image) in enumerate(images.items()):
        if on_progress:
            on_progress(number / len(images), f"writing {name}")
        sitk.WriteImage(image, itk_name(folder / name), useCompression=compress)
    (folder / TRUTH).write_text(json.dumps(patient.truth, indent=2, allow_nan=False) + "\n", encoding="utf-8")


def read_patient(folder: Path) -> VirtualPatient:
    """A patient as `write_patient` left it."""
    truth = json.loads((folder / TRUTH).read_text(encoding="utf-8"))
    moved = truth["native_to_cect"]
    transform = sitk.Euler3DTransform()
    transform.SetCenter(moved["center_mm"])
    transform.SetRotation(*np.deg2rad(moved["rotation_deg"]).tolist())
    transform.SetTranslation(moved["translation_mm"])
    native, cect, labels, mask = (
        sitk.ReadImage(itk_name(folder / name)) for name in (NATIVE_CT, CECT, LABELS, HEART_MASK)
    )
    return VirtualPatient(native, cect, labels, mask, transform, truth)
