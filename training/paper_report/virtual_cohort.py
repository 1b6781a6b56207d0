"""The paper's 150 patients, virtual: scanned twice, drawn on the CECT, and sent through the real path as files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import SimpleITK as sitk

from SyntheticCECTLib.core.formats.label_file import write_chambers
from SyntheticCECTLib.phantom.patient import Protocol, VirtualPatient, make_patient

from ..prepare.cohort_preparation import record_one
from ..prepare.patient_files import PatientFiles

# Apart from the seeds of the bundled models' training (100 000 on) and tests (below).
FIRST_SEED = 500_000


def list_patients(counts: Sequence[int], small: bool) -> list[PatientFiles]:
    """One entry for each patient; the seed is in his name, so no file is needed to list him."""
    kind = "small" if small else "virtual"
    return [PatientFiles(f"{kind}-{FIRST_SEED + n}", "", "", "") for n in range(sum(counts))]


def patient_of(case_id: str) -> VirtualPatient:
    """The patient of a case, always the same: cardiac protocol with a CECT of another breath-hold."""
    kind, _, number = case_id.partition("-")
    seed = int(number)
    rng = np.random.default_rng([seed, 70])
    if kind == "small":
        protocol = Protocol.draw(rng, matrix=128, slices=52, field_mm=215.0)
    else:
        # 0.3 to 0.5 mm pixels and 3 mm slices, as the paper's scans have.
        protocol = Protocol.draw(rng, matrix=512, field_mm=float(rng.uniform(154, 256)))
    return make_patient(seed, protocol)


def prepare_virtual(home: Path, listed: PatientFiles) -> str:
    """Writes a patient's scans, prepares him from these files as any other, and removes them again."""
    patient = patient_of(listed.case_id)
    with TemporaryDirectory(prefix=f".{listed.case_id}.", dir=home) as name:
        folder = Path(name)
        on_cect = sitk.Resample(
            patient.labels, patient.cect, patient.cect_to_native.GetInverse(), sitk.sitkNearestNeighbor, 0
        )
        sitk.WriteImage(patient.native_ct, str(folder / "native.nrrd"))
        sitk.WriteImage(patient.cect, str(folder / "cect.nrrd"))
        sitk.WriteImage(patient.heart_mask, str(folder / "heart_mask.nrrd"), True)
        write_chambers(folder / "labels.seg.nrrd", on_cect)
        files = replace(
            listed, native=str(folder / "native.nrrd"), cect=str(folder / "cect.nrrd"),
            labels=str(folder / "labels.seg.nrrd"), heart_mask=str(folder / "heart_mask.nrrd"),
        )  # fmt: skip
        return record_one(home, listed, files)
