"""From files to training data: one virtual patient with known truth through the real path."""

from __future__ import annotations

import argparse
import csv
import errno
import json
from pathlib import Path

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, RTStructureSetStorage, generate_uid

from SyntheticCECTLib.core.errors import InputRefused
from SyntheticCECTLib.core.formats.label_file import write_chambers
from SyntheticCECTLib.phantom.patient import Protocol, VirtualPatient, make_patient
from SyntheticCECTLib.phantom.training_sample import TrainingSample
from training.cohort import load_sample
from training.prepare import cohort_preparation, prepare_command
from training.prepare.cohort_preparation import (
    Record,
    pairs_in_words,
    prepare_cohort,
    record_one,
    split_paths,
)
from training.prepare.pair import Pair
from training.prepare.pair_images import VIRTUAL
from training.prepare.pair_report import checkerboard, write_pair_report
from training.prepare.patient_files import COLUMNS, PatientFiles, read_patients


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
    structure, chamber = Dataset(), Dataset()
    chamber.ROINumber, chamber.ROIName = 1, "LV"
    structure.Modality, structure.StructureSetROISequence = "RTSTRUCT", [chamber]
    structure.SOPClassUID, structure.SOPInstanceUID = RTStructureSetStorage, generate_uid()
    structure.file_meta = FileMetaDataset()
    structure.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    pydicom.dcmwrite(home / "empty.dcm", structure, enforce_file_format=True)
    rows = [
        ["anna", "ct.nrrd", "cect.nii.gz", "drawn.seg.nrrd", "heart.nrrd", "train"],
        ["bert", "ct.nrrd", "cect.nii.gz", "drawn.seg.nrrd", "heart.nrrd", "test"],
        ["carl", "ct.nrrd", "broken.nrrd", "drawn.seg.nrrd", "heart.nrrd", ""],
        ["dirk", "ct.nrrd", "cect.nii.gz", "empty.dcm", "heart.nrrd", ""],
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
    assert not records[0]["virtual_native"] and pairs_in_words(output, "train") == "0 pairs of scans"


def test_twin_and_broken_pairs_are_left_out_with_reasons(prepared: tuple[Path, list[Record]]) -> None:
    output, (anna, bert, carl, dirk) = prepared
    for one, other in ((anna, "bert"), (bert, "anna")):
        assert [doubt["code"] for doubt in one["doubts"]] == ["duplicate"]
        assert f"'{other}', in another split" in one["doubts"][0]["message"]
    assert "CECT '" in carl["refused"]["message"] and "broken.nrrd'" in carl["refused"]["message"]
    assert carl["split"] is None
    assert (
        "empty.dcm' cannot be used: it has no ROIContourSequence" in dirk["refused"]["message"]
        and dirk["split"] is None
    )
    assert json.loads((output / "split.json").read_text())["left_out"] == ["anna", "bert", "carl", "dirk"]


def test_prepared_patients_are_not_prepared_again_and_suspects_come_when_asked_for(
    prepared: tuple[Path, list[Record]], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output, _ = prepared
    patients, tried = read_patients(folder / "pairs.csv"), list[str]()

    def again(files: PatientFiles) -> None:
        tried.append(files.case_id)
        raise InputRefused("unreadable", "Still no permission.")

    monkeypatch.setattr("training.prepare.cohort_preparation.prepare_pair", again)
    kept = prepare_cohort(patients, output, keep_suspects=True)
    assert tried == ["carl", "dirk"], "a remedy outside their files helps at the next start"
    # Twins are one patient, so they share a split even though the list tears them apart.
    assert kept[0]["split"] == kept[1]["split"] is not None
    assert sum(len(paths) for paths in split_paths(output).values()) == 2
    prepare_cohort(patients, output)


def test_full_disk_leaves_no_half_patient(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (anna, *_) = read_patients(folder / "pairs.csv")

    def full(path: Path, **_: object) -> None:
        path.write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    sample = TrainingSample(*[np.zeros((2, 2, 2), np.uint8)] * 6)
    monkeypatch.setattr(cohort_preparation, "prepare_pair", lambda _: Pair(sample, {}))
    monkeypatch.setattr(cohort_preparation, "measure_pair", lambda *_: {})
    monkeypatch.setattr(cohort_preparation, "judge_pair", lambda *_: [])
    monkeypatch.setattr(np, "savez_compressed", full)
    with pytest.raises(OSError, match="No space left"):
        record_one(tmp_path, anna, anna)
    assert list(tmp_path.iterdir()) == []


def test_link_to_nowhere_in_a_dicom_folder_does_not_stop_the_cohort(tmp_path: Path) -> None:
    (tmp_path / "ct").mkdir()
    (tmp_path / "ct" / "gone.dcm").symlink_to(tmp_path / "nowhere")
    lost = PatientFiles("anna", str(tmp_path / "ct"), str(tmp_path / "ct"), str(tmp_path / "ct"))
    (record,) = prepare_cohort([lost], tmp_path / "pairs")
    assert record["refused"] and record["split"] is None


def test_damaged_patient_is_named_with_what_to_do(tmp_path: Path) -> None:
    whole = tmp_path / "whole.npz"
    np.savez_compressed(whole, **dict.fromkeys(("heart_native", "heart_cect"), np.arange(999)))
    for content in (b"", whole.read_bytes()[:200], b"no archive at all"):
        (tmp_path / "anna.npz").write_bytes(content)
        with pytest.raises(InputRefused, match=r"anna\.npz' cannot be read") as refusal:
            load_sample(tmp_path / "anna.npz")
        assert "Remove the file" in refusal.value.remedy
    with pytest.raises(InputRefused, match=r"whole\.npz"):
        load_sample(whole)


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


def test_misspelt_heart_mask_is_named_on_the_console_and_in_the_report(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home, output = tmp_path / "tree" / "dora", tmp_path / "prepared"
    home.mkdir(parents=True)
    # What is no scan is refused at once: what was not used is said of refused patients too, and of prepared ones.
    names = {"native.nrrd": "broken.nrrd", "cect.nii.gz": "cect.nii.gz", "labels.seg.nrrd": "drawn.seg.nrrd",
             "hart_mask.nrrd": "heart.nrrd"}  # fmt: skip
    for name, source in names.items():
        (home / name).symlink_to(folder / source)
    options = argparse.Namespace(
        source=tmp_path / "tree", output=output, seed=1, split=(1, 0, 0), workers=1, scheduler=None,
        keep_suspects=False,
    )  # fmt: skip
    page = prepare_command.run(options).read_text(encoding="utf-8")
    told = (
        "Not used, since the name says nothing: hart_mask.nrrd. None is called heart_mask: the heart finder"
    )
    assert told in page and "In the folders of 1 patients lie files that were not used." in page
    assert f"dora: {told}" in capsys.readouterr().out
    (home / "hart_mask.nrrd").rename(home / "heart_mask.nrrd")
    assert "not used" not in prepare_command.run(options).read_text(encoding="utf-8").lower()
    assert "ot used" not in capsys.readouterr().out


def test_cect_with_labels_alone_gets_a_virtual_partner_that_is_called_so(
    folder: Path, patient: VirtualPatient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    home, output = tmp_path / "tree" / "dora", tmp_path / "prepared"
    home.mkdir(parents=True)
    # Stored from head to feet: contrast is taken out of axial slices whatever the order in the file.
    sitk.WriteImage(sitk.ReadImage(str(folder / "cect.nii.gz"))[:, :, ::-1], str(home / "cect.nrrd"))
    (home / "labels.seg.nrrd").symlink_to(folder / "drawn.seg.nrrd")
    monkeypatch.setattr("training.prepare.pair.register", lambda *_, **__: pytest.fail("it registers"))
    options = argparse.Namespace(
        source=tmp_path / "tree", output=output, seed=1, split=(1, 0, 0), workers=1, scheduler=None,
        keep_suspects=False,
    )  # fmt: skip
    page = prepare_command.run(options).read_text(encoding="utf-8")
    (case,) = split_paths(output)["train"]
    sample, record = load_sample(case), json.loads(case.with_suffix(".json").read_text())
    native, cect = sample.heart_native.astype(float), sample.heart_cect.astype(float)
    for label, key in ((2, "la"), (3, "lv")):
        chamber = sample.heart_labels == label
        assert chamber.sum() * 0.00675 == pytest.approx(patient.truth["volumes_ml"][key], rel=0.05)
        assert np.median(native[chamber]) == pytest.approx(40, abs=8) and np.median(cect[chamber]) > 200
    lung = cect < -600
    assert lung.sum() > 1000 and np.median(np.abs(native - cect)[lung]) == 0, "the same image elsewhere"
    assert record["doubts"] == [] and record["figures"]["rest_shift_mm"] < 0.5
    assert record["virtual_native"] and record["native"] == VIRTUAL
    assert record["registration"] == {"plausible": True, "reasons": [], "quality": {}}
    assert page.count(VIRTUAL) == 3 and "Heart on the virtual CT" in page, (
        "summary, table and pictures say so"
    )
    assert f"1 of the CTs without contrast are {VIRTUAL}" in capsys.readouterr().out
    assert (
        pairs_in_words(output, "train") == f"1 pairs of scans (1 of the CTs without contrast are {VIRTUAL})"
    )
    split = json.loads((output / "split.json").read_text())
    del split["virtual_native"]  # as an older version wrote it
    (output / "split.json").write_text(json.dumps(split))
    assert pairs_in_words(output, "train") == "1 pairs of scans"


def test_case_with_neither_native_ct_nor_labels_is_refused_with_what_to_do(
    folder: Path, tmp_path: Path
) -> None:
    path = tmp_path / "pairs.csv"
    path.write_text(f"case_id,native,cect,labels,labels_on\na,,{folder / 'cect.nii.gz'},,\n")
    told = "'a' has neither a native CT nor labels on the CECT .*give LA and LV drawn on the CECT"
    with pytest.raises(InputRefused, match=told) as refusal:
        read_patients(path)
    assert "no file for" not in str(refusal.value)
    drawn = folder / "drawn.seg.nrrd"
    path.write_text(f"case_id,native,cect,labels,labels_on\na,,{folder / 'cect.nii.gz'},{drawn},native\n")
    with pytest.raises(InputRefused, match=told):
        read_patients(path)
    path.write_text(f"case_id,native,cect,labels,labels_on\na,,{folder / 'cect.nii.gz'},{drawn},\n")
    assert read_patients(path)[0].native == ""
    (tmp_path / "tree" / "a").mkdir(parents=True)
    (tmp_path / "tree" / "a" / "cect.nii.gz").symlink_to(folder / "cect.nii.gz")
    with pytest.raises(InputRefused, match=told):
        read_patients(tmp_path / "tree")


def test_patient_who_is_put_into_two_splits_is_refused(folder: Path, tmp_path: Path) -> None:
    files = f"{folder / 'ct.nrrd'},{folder / 'cect.nii.gz'},{folder / 'drawn.seg.nrrd'}"
    path, head = tmp_path / "pairs.csv", "case_id,native,cect,labels,patient_id,split\n"
    path.write_text(f"{head}a,{files},p1,train\nb,{files},p1,test\nc,{files},p2,test\nd,{files},p2,\n")
    with pytest.raises(InputRefused, match="the patient 'p1' is put into test and train") as refusal:
        read_patients(path)
    assert "p2" not in str(refusal.value)
    path.write_text(
        f"{head}a,{files},,train\nb,{files},a,test\n"
    )  # without patient_id, the case is the patient
    with pytest.raises(InputRefused, match="the patient 'a' is put into"):
        read_patients(path)


def test_every_problem_of_a_list_is_named_at_once(tmp_path: Path) -> None:
    path = tmp_path / "pairs.csv"
    path.write_text("case_id,native,cect,labels,labels_on\na,x,y,z,moon\na,x,y,z,cect\n")
    with pytest.raises(InputRefused) as refusal:
        read_patients(path)
    assert all(word in str(refusal.value) for word in ("'a' occurs twice", "moon", "no file for native"))
    path.write_text("case_id,native\n")
    with pytest.raises(InputRefused, match="column 'cect' is missing"):
        read_patients(path)


def test_list_as_spreadsheets_write_it(folder: Path, tmp_path: Path) -> None:
    files = [str(folder / name) for name in ("ct.nrrd", "cect.nii.gz", "drawn.seg.nrrd")]
    path, text = (
        tmp_path / "pairs.csv",
        "\n".join(";".join(row) for row in (list(COLUMNS[:4]), ["Jürgen", *files])),
    )
    path.write_text(text, encoding="utf-8-sig")
    (patient,) = read_patients(path)
    assert (patient.case_id, patient.cect) == ("Jürgen", str(Path(files[1]).resolve()))
    path.write_text(text, encoding="cp1252")
    with pytest.raises(InputRefused, match=r"not in UTF-8 .*save it as 'CSV UTF-8'"):
        read_patients(path)


def test_patient_files_are_plain_values() -> None:
    assert PatientFiles("a", "b", "c", "d").as_dict()["labels_on"] == "cect"
