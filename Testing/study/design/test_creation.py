"""A study is made completely or not at all, and its key leads back to every case."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk

from SyntheticCECTLib.core.case_folder import write_case
from SyntheticCECTLib.core.errors import InputRefused
from SyntheticCECTLib.core.folder_chambers import keep_edited
from SyntheticCECTLib.study.design.case_source import (
    CaseImages,
    StudyCase,
    case_of_folder,
    cases_of_table,
)
from SyntheticCECTLib.study.design.creation import create_study
from SyntheticCECTLib.study.design.plan import PER_PATIENT, PER_STUDY, SliceChoice
from SyntheticCECTLib.study.design.study_key import read_key
from SyntheticCECTLib.study.read_records import unblind
from SyntheticCECTLib.study.records import Condition
from SyntheticCECTLib.study.study_folder import StudyFolder
from Testing import small_case
from Testing.small_case import case_result
from Testing.study.small_study import case, image_of, labels, plan, small_study


def voxels(path: Path) -> np.ndarray:
    return sitk.GetArrayFromImage(sitk.ReadImage(str(path)))


def test_key_is_read_back_as_it_was_made(tmp_path: Path) -> None:
    key = small_study(
        tmp_path / "study", conditions=(Condition.UNAIDED, Condition.CORRECT), sessions=2, repeats=2
    )
    study = StudyFolder(tmp_path / "study")
    assert read_key(study.coordinator, study.settings.id) == key
    with pytest.raises(InputRefused, match="belongs to another study"):
        read_key(study.coordinator, "another")


def test_label_leads_to_the_image_of_its_case(tmp_path: Path) -> None:
    key = small_study(tmp_path / "study", repeats=2)
    for entry in key.entries:
        images = case(int(entry.case_id.split("-")[-1])).load()
        shown = voxels(tmp_path / "study" / "images" / entry.image)
        assert (shown == sitk.GetArrayFromImage(images.native_ct)).all() and shown.dtype == np.int16


def test_slices_come_from_those_with_both_chambers(tmp_path: Path) -> None:
    key = small_study(tmp_path / "study", slices=SliceChoice(PER_PATIENT, 1))
    assert {entry.slices for entry in key.entries} == {(1,), (2,)}
    study = StudyFolder(tmp_path / "study").open_store()
    tasks = {task.label: task.slices for reader in study.readers() for task in study.tasks(reader)}
    assert tasks == {entry.label: entry.slices for entry in key.entries}


def test_case_without_a_slice_is_left_out_with_its_files(tmp_path: Path) -> None:
    key = small_study(tmp_path / "study", cases=6, slices=SliceChoice(PER_STUDY, 2))
    assert len(key.cases) <= 2
    shown = {path.name for path in (tmp_path / "study" / "images").iterdir()}
    assert shown == {entry.image for entry in key.entries}
    kept = {path.name for path in (tmp_path / "study" / "coordinator").glob("*.nrrd")}
    assert len(kept) == 2 * len(key.cases)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"readers": ()}, "no readers"),
        ({"readers": ("A", "A")}, "come twice: A"),
        ({"repeats": 7, "sessions": 0}, "0 sessions.*7 cases cannot be repeated, there are 6"),
        ({"washout_days": -1.0}, "-1 days"),
        ({"conditions": ()}, "no conditions"),
        ({"slices": SliceChoice(PER_PATIENT, 0)}, "0 slices"),
        ({"rating_scale": 1}, "from 1 to 1"),
    ],
)
def test_impossible_plan_is_refused_with_all_that_is_wrong(
    tmp_path: Path, changes: dict[str, Any], said: str
) -> None:
    with pytest.raises(InputRefused, match=said):
        small_study(tmp_path / "study", **changes)
    assert list(tmp_path.iterdir()) == []


def test_case_that_lacks_what_a_condition_needs_leaves_no_half_study(tmp_path: Path) -> None:
    poor = StudyCase("poor", lambda: CaseImages(image_of(np.zeros((4, 8, 8), np.int16)), truth=labels()))
    with pytest.raises(
        InputRefused, match="'poor' has no synthetic CECT, which the condition 'overlay' needs"
    ):
        create_study(tmp_path / "study", plan(conditions=(Condition.OVERLAY,)), [case(1), poor])
    assert list(tmp_path.iterdir()) == []


def test_existing_study_is_not_written_over(tmp_path: Path) -> None:
    small_study(tmp_path / "study")
    with pytest.raises(InputRefused, match="is not empty"):
        small_study(tmp_path / "study")


def test_result_folder_is_a_case(tmp_path: Path) -> None:
    (tmp_path / "scan-7").mkdir()
    write_case(case_result(), tmp_path / "scan-7")
    found = case_of_folder(tmp_path / "scan-7")
    images = found.load()
    assert found.case_id == "scan-7"
    assert images.synthetic_cect is not None and images.truth is not None and images.network is not None
    assert sitk.GetArrayFromImage(images.native_ct).max() == 40
    assert sitk.GetArrayFromImage(images.synthetic_cect).max() == 400
    assert images.model is not None and "ab" * 32 in images.model


@pytest.mark.parametrize("threshold_hu", [-200.0, 2000.0], ids=["leaks", "finds nothing"])
def test_a_result_whose_volumes_are_not_to_be_trusted_still_counts_for_the_network(
    tmp_path: Path, threshold_hu: float
) -> None:
    (tmp_path / "scan-7").mkdir()
    metrics = write_case(case_result(threshold_hu), tmp_path / "scan-7")
    assert metrics["volumes_ml"] == {"la": None, "lv": None}
    conditions = (Condition.UNAIDED, Condition.RATE, Condition.CORRECT)
    create_study(tmp_path / "study", plan(conditions=conditions), [case_of_folder(tmp_path / "scan-7")])
    (truth,) = unblind(StudyFolder(tmp_path / "study")).truths
    assert truth.network is not None and truth.network.dice is not None
    assert truth.network.dice == 0 if threshold_hu > 0 else 0 < truth.network.dice < 0.7


def test_chambers_that_a_person_corrected_are_not_the_networks(tmp_path: Path) -> None:
    write_case(case_result(), tmp_path)
    corrected = sitk.GetArrayFromImage(case_result().labels)
    corrected[:, :, :20] = 0
    keep_edited(tmp_path, small_case.image_of(corrected))
    images = case_of_folder(tmp_path).load()
    found = sitk.GetArrayFromImage(case_result().labels)
    assert images.network is not None and (sitk.GetArrayFromImage(images.network) == found).all()
    assert not (found == corrected).all()


def test_patient_folder_is_a_case_and_anything_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputRefused, match="holds neither a result"):
        case_of_folder(tmp_path)
    sitk.WriteImage(case(1).load().native_ct, str(tmp_path / "native_ct.nrrd"))
    sitk.WriteImage(labels(), str(tmp_path / "labels.nrrd"))
    images = case_of_folder(tmp_path).load()
    assert images.truth is not None and images.network is None


def test_table_of_files_gives_cases(tmp_path: Path) -> None:
    sitk.WriteImage(case(1).load().native_ct, str(tmp_path / "ct.nii.gz"))
    sitk.WriteImage(labels(), str(tmp_path / "drawn.nrrd"))
    sitk.WriteImage(labels() * 0, str(tmp_path / "found.nrrd"))
    table = tmp_path / "cases.csv"
    with table.open("w", newline="") as file:
        csv.writer(file).writerows(
            [
                ["case_id", "native_ct", "truth", "network"],
                ["one", "ct.nii.gz", "drawn.nrrd", "found.nrrd"],
            ]
        )
    (found,) = cases_of_table(table)
    images = found.load()
    assert found.case_id == "one" and images.synthetic_cect is None
    assert images.truth is not None and sitk.GetArrayFromImage(images.truth).sum() == 64
    assert images.network is not None and not sitk.GetArrayFromImage(images.network).any()
    table.write_text("case,ct\n1,2\n")
    with pytest.raises(InputRefused, match="its columns are case, ct"):
        cases_of_table(table)
