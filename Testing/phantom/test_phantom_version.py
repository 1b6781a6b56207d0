"""A seed stands for the same patient as long as the version is the same: kept cohorts rely on it."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pytest
import SimpleITK as sitk

from SyntheticCECTLib.phantom.patient import Protocol, make_patient
from SyntheticCECTLib.phantom.phantom_version import PHANTOM_VERSION
from SyntheticCECTLib.phantom.training_sample import draw_training_sample

# Means of what version 1 draws; another system's rounding moves them by far less than another draw does.
SAMPLE = {
    "thorax_native": -606.0329, "thorax_labels": 0.0166, "heart_native": -244.6093, "heart_cect": -213.1269,
    "heart_labels": 0.1329, "heart_structures": 0.1571,
}  # fmt: skip
PATIENT = {"native_ct": -393.9375, "cect": -368.6083, "labels": 0.0375, "heart_mask": 0.0607}
ADVICE = "seeds give other patients than before: raise PHANTOM_VERSION, and write the new means here"


def test_seeds_still_draw_the_patients_of_this_version() -> None:
    assert PHANTOM_VERSION == 1, "write the means of the new version here"
    drawn = {name: float(np.mean(array)) for name, array in asdict(draw_training_sample(5)).items()}
    assert drawn == pytest.approx(SAMPLE, rel=1e-4, abs=1e-4), ADVICE
    small = Protocol(field_mm=230.0, matrix=96, slices=30, slice_mm=5.0, cect_slice_mm=4.0)
    patient = make_patient(7, small)
    drawn = {name: float(sitk.GetArrayFromImage(getattr(patient, name)).mean()) for name in PATIENT}
    assert drawn == pytest.approx(PATIENT, rel=1e-4, abs=1e-4), ADVICE
