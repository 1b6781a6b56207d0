"""From files to training data: one virtual patient with known truth through the real path."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from SyntheticCECTLib.core.errors import InputRefused
from SyntheticCECTLib.core.formats.label_file import write_chambers
from SyntheticCECTLib.phantom.patient import Protocol, VirtualPatient, make_patient
from training.cohort import load_sample
from training.prepare.cohort_preparation import Record, prepare_cohort, split_paths
from training.prepare.pair_report import checkerboard, write_pair_report
from training.prepare.patient_files import PatientFiles, read_patients


@pytest.fixture(scope="module")
def patient() -> VirtualPatient:
    small = Protocol(matrix=112, slices=48, slice_mm=3.0, shift_mm=np.array([8.0, -5.0, 6.0]), breath_mm=0.2)
    return make_patient(3, small)


@pytest.fixture(scope="module")
def folder(patient: VirtualPatient, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The patient as files; and again under another name; and one whose CECT is no scan."""
    home = tmp_path_factory.mktemp("files")
    on_cect = sitk.Resample(
        patient.labels, patient.cect, patient.cect_to_native.GetInverse(), sitk.sitkNearestNeighbor
    )
    sitk.WriteImage(patient.native_ct, str(home / "ct.nrrd"))
    sitk.WriteImage(patient.cect, str(home / "cect.nii.gz"))
    sitk.WriteImage(patient.heart_mask, str(home / "heart.nrrd"), True)
    write_chambers(home / "drawn.seg.nrrd", on_cect)
    (home / "broken.nrrd").write_bytes(b"no scan at all")
    rows = [
        ["anna", "ct.nrrd", "cect.nii.gz", "drawn.seg.nrrd", "heart.nrrd", "train"],
        ["bert", "ct.nrrd", "cect.nii.gz", "drawn.seg.nrrd", "heart.nrrd", "test"],
        ["carl", "ct.nrrd", "broken.nrrd", "drawn.seg.nrrd", "heart.nrrd", ""],
    ]
    with (home / "pairs.csv").open("w", newline="") as stream:
        csv.writer(stream).writerows([["case_id", "native", "cect", "labels", "heart_mask", "split"], *rows])
    return home


@pytest.fixture(scope="module")
def prepared(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Record]]:
    output = tmp_path_factory.mktemp("prepared")
    return output, prepare_cohort(read_patients(folder / "pairs.csv"), output)


def test_chambers_come_back_where_they_were_drawn(
    prepared: tuple[Path, list[Record]], patient: VirtualPatient
) -> None:
    output, records = prepared
    sample = load_sample(output / "patients" / "anna.npz")
    for label, key in ((2, "la"), (3, "lv")):
        ml = (sample.heart_labels == label).sum() * 0.00675
        assert ml == pytest.approx(patient.truth["volumes_ml"][key], rel=0.05)
    chambers = sample.heart_labels >= 2
    assert np.median(sample.heart_native[chambers]) < 70 and np.median(sample.heart_cect[chambers]) > 200
    assert sample.heart_native.shape == sample.heart_cect.shape and sample.heart_native.shape[1:] == (
        128,
        128,
    )
    assert sample.heart_native.dtype == np.int16 and sample.thorax_labels.max() == 3
    assert records[0]["registration"]["plausible"] and records[0]["figures"]["rest_shift_mm"] < 2


def test_twin_and_broken_pair_are_left_out_with_reasons(prepared: tuple[Path, list[Record]]) -> None:
    output, (anna, bert, carl) = prepared
    for one, other in ((anna, "bert"), (bert, "anna")):
        assert [doubt["code"] for doubt in one["doubts"]] == ["duplicate"]
        assert f"'{other}', in another split" in one["doubts"][0]["message"]
    assert carl["refused"]["message"] and carl["split"] is None
    assert json.loads((output / "split.json").read_text())["left_out"] == ["anna", "bert", "carl"]


def test_prepared_patients_are_not_prepared_again_and_suspects_come_when_asked_for(
    prepared: tuple[Path, list[Record]], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output, _ = prepared
    patients = read_patients(folder / "pairs.csv")
    monkeypatch.setattr("training.prepare.cohort_preparation.prepare_pair", None)
    kept = prepare_cohort(patients, output, keep_suspects=True)
    # Twins are one patient, so they share a split even though the list tears them apart.
    assert kept[0]["split"] == kept[1]["split"] is not None
    assert sum(len(paths) for paths in split_paths(output).values()) == 2
    prepare_cohort(patients, output)


def test_report_shows_everyone_with_doubts(prepared: tuple[Path, list[Record]]) -> None:
    output, records = prepared
    page = write_pair_report(records, output).read_text(encoding="utf-8")
    assert page.count("data:image/jpeg") == 2 * 8 and "another split" in page and "carl" in page
    assert "http://" not in page and "https://" not in page


def test_checkerboard_takes_fields_by_turns() -> None:
    board = checkerboard(np.zeros((4, 4)), np.ones((4, 4)), field=2)
    assert board.tolist() == [[0, 0, 1, 1], [0, 0, 1, 1], [1, 1, 0, 0], [1, 1, 0, 0]]


def test_folder_per_patient_is_understood(folder: Path, tmp_path: Path) -> None:
    home = tmp_path / "tree" / "dora"
    home.mkdir(parents=True)
    for source, name in (
        ("ct.nrrd", "native.nrrd"),
        ("cect.nii.gz", "CECT.nii.gz"),
        ("drawn.seg.nrrd", "labels.seg.nrrd"),
    ):
        (home / name).symlink_to(folder / source)
    (one,) = read_patients(tmp_path / "tree")
    assert one.case_id == "dora" and one.cect.endswith("cect.nii.gz") and one.labels_on == "cect"


def test_every_problem_of_a_list_is_named_at_once(tmp_path: Path) -> None:
    path = tmp_path / "pairs.csv"
    path.write_text("case_id,native,cect,labels,labels_on\na,x,y,z,moon\na,x,y,z,cect\n")
    with pytest.raises(InputRefused) as refusal:
        read_patients(path)
    assert all(word in str(refusal.value) for word in ("'a' occurs twice", "moon", "no file for native"))
    path.write_text("case_id,native\n")
    with pytest.raises(InputRefused, match="column 'cect' is missing"):
        read_patients(path)


def test_patient_files_are_plain_values() -> None:
    assert PatientFiles("a", "b", "c", "d").as_dict()["labels_on"] == "cect"
