"""A study of small blocks whose chambers are known, for the tests of designing, reading and importing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK as sitk

from SyntheticCECTLib.study.design.case_source import CaseImages, StudyCase
from SyntheticCECTLib.study.design.creation import create_study
from SyntheticCECTLib.study.design.plan import StudyPlan
from SyntheticCECTLib.study.design.study_key import StudyKey

SHAPE_KJI = (4, 8, 8)
SECRETS = ("patient-smith", "unaided", "overlay", "correct", "truth", "network")


def image_of(array_kji: np.ndarray) -> sitk.Image:
    image = sitk.GetImageFromArray(array_kji)
    image.SetSpacing((2.0, 2.0, 5.0))
    image.SetOrigin((-8.0, -6.0, 40.0))
    return image


def labels(la: int = 2, lv: int = 3) -> sitk.Image:
    """LA and LV of so many rows on slices 1 and 2."""
    array = np.zeros(SHAPE_KJI, np.uint8)
    array[1:3, :la, :4], array[1:3, 4 : 4 + lv, :4] = 1, 2
    return image_of(array)


def numbered(number: int) -> sitk.Image:
    """A mask that no other number has."""
    array = np.zeros(SHAPE_KJI, np.uint8)
    array.ravel()[:16] = [1 + (number >> bit & 1) for bit in range(16)]
    return image_of(array)


def case(number: int) -> StudyCase:
    """Patient Smith with this number, who has everything that a case can have."""

    def load() -> CaseImages:
        native = np.random.default_rng(number).integers(-20, 80, SHAPE_KJI).astype(np.int16)
        native[:, 0] = -1000
        native_ct = image_of(native)
        native_ct.SetMetaData("PatientName", "patient-smith")
        return CaseImages(native_ct, image_of(native + np.int16(250)), labels(), labels(la=3))

    return StudyCase(f"patient-smith-{number}", load)


def plan(**changes: Any) -> StudyPlan:
    given: dict[str, Any] = dict(name="Small study", readers=("Anna", "Ben"), seed=4)
    return StudyPlan(**(given | changes))


def small_study(folder: Path, cases: int = 6, database: str | None = None, **changes: Any) -> StudyKey:
    """Create a study of small cases."""
    return create_study(folder, plan(**changes), [case(n) for n in range(1, cases + 1)], database)


def visible_files(folder: Path) -> list[Path]:
    """What a reader may see of a study."""
    hidden = folder / "coordinator"
    return sorted(path for path in folder.rglob("*") if path.is_file() and hidden not in path.parents)
