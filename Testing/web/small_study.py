"""A study of small cases with known chambers, as a coordinator creates it."""

from __future__ import annotations

from pathlib import Path

from SyntheticCECTLib.study.design.case_source import CaseImages, StudyCase
from SyntheticCECTLib.study.design.creation import create_study
from SyntheticCECTLib.study.design.plan import PER_PATIENT, SliceChoice, StudyPlan
from SyntheticCECTLib.study.design.study_key import StudyKey
from SyntheticCECTLib.study.records import Condition
from Testing import small_case

SECRET = "patient-smith"


def small_study(
    folder: Path, conditions: tuple[Condition, ...] = (Condition.UNAIDED,), cases: int = 2
) -> StudyKey:
    """Cases that Anna reads on two slices each; the network's chambers are the true ones."""

    def load() -> CaseImages:
        made = small_case.synthesis()
        return CaseImages(made.native_ct, made.synthetic_cect, small_case.labels(), small_case.labels())

    plan = StudyPlan(
        "Small study", ("Anna",), conditions, SliceChoice(PER_PATIENT, 2), instructions="Draw both chambers."
    )
    return create_study(
        folder, plan, [StudyCase(f"{SECRET}-{number}", load) for number in range(1, cases + 1)]
    )
