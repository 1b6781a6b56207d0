"""Masks that were drawn in other programs find their place by their names."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from SyntheticCECTLib.core.errors import InputRefused
from SyntheticCECTLib.core.formats.label_file import write_chambers
from SyntheticCECTLib.study.design.study_key import read_key
from SyntheticCECTLib.study.mask_import import import_masks
from SyntheticCECTLib.study.read_records import unblind
from SyntheticCECTLib.study.records import Condition
from SyntheticCECTLib.study.session import ReadingSession
from SyntheticCECTLib.study.study_folder import DATABASE, StudyFolder
from Testing.study.small_study import labels, numbered, small_study


@pytest.fixture
def study(tmp_path: Path) -> StudyFolder:
    (tmp_path / "drawn").mkdir()
    small_study(
        tmp_path / "study", cases=2, repeats=1, readers=("Dr. A_B", "Cleo"), sessions=2,
        conditions=(Condition.UNAIDED, Condition.OVERLAY),
    )  # fmt: skip
    return StudyFolder(tmp_path / "study")


@pytest.fixture
def drawn(tmp_path: Path) -> Path:
    return tmp_path / "drawn"


def test_masks_of_three_formats_become_reads_of_the_right_reader_case_and_condition(
    study: StudyFolder, drawn: Path
) -> None:
    write_chambers(drawn / "Dr. A_B_patient-smith-1_unaided.seg.nrrd", labels(la=1))
    sitk.WriteImage(labels(la=2), str(drawn / "cleo_PATIENT-SMITH-2_overlay.nii.gz"))
    sitk.WriteImage(labels(la=3), str(drawn / "Cleo_patient-smith-1_unaided.nrrd"))
    (drawn / "notes.txt").write_text("no mask")
    done = import_masks(study, drawn)
    assert len(done) == 3 and all(one.receipt is not None for one in done)
    records = {(r.reader, r.case_id, r.condition): r for r in unblind(study).records}
    voxel_ml = 2 * 2 * 5 / 1000
    assert {key: round(r.la_ml / voxel_ml) for key, r in records.items() if r.la_ml is not None} == {
        ("Dr. A_B", "patient-smith-1", "unaided"): 8,
        ("Cleo", "patient-smith-2", "overlay"): 16,
        ("Cleo", "patient-smith-1", "unaided"): 24,
    }
    assert all(r.repeat == 0 and r.seconds is None and r.comment == "imported" for r in records.values())


def test_what_an_import_leaves_in_the_readers_database_names_no_case(study: StudyFolder, drawn: Path) -> None:
    write_chambers(drawn / "Cleo_patient-smith-1_unaided.seg.nrrd", labels())
    import_masks(study, drawn)
    content = (study.folder / DATABASE).read_bytes().lower()
    assert b"imported" in content and b"patient-smith" not in content


def test_importing_again_stores_only_what_changed(study: StudyFolder, drawn: Path) -> None:
    for reader in ("Cleo", "Dr. A_B"):
        write_chambers(drawn / f"{reader}_patient-smith-1_unaided.seg.nrrd", labels())
    import_masks(study, drawn)
    write_chambers(drawn / "Cleo_patient-smith-1_unaided.seg.nrrd", labels(la=3))
    receipts = {one.entry.reader: one.receipt for one in import_masks(study, drawn)}
    assert receipts["Dr. A_B"] is None
    assert receipts["Cleo"] is not None and receipts["Cleo"].version == 2
    assert len(unblind(study).records) == 2


def test_repeat_and_label_tell_presentations_apart(study: StudyFolder, drawn: Path, tmp_path: Path) -> None:
    key = read_key(study.coordinator, study.settings.id)
    again = next(
        e for e in key.entries if e.repeat == 1 and e.condition is Condition.UNAIDED and e.reader == "Cleo"
    )
    write_chambers(drawn / f"r1-unaided-{again.case_id}-Cleo.seg.nrrd", labels())
    (one,) = import_masks(study, drawn, "r{repeat}-{condition}-{case}-{reader}")
    assert one.entry == again
    other = tmp_path / "other"
    other.mkdir()
    write_chambers(other / f"final {again.label} v7.seg.nrrd", labels(la=1))
    (two,) = import_masks(study, other, "* {label} v*")
    assert two.entry == again and two.receipt is not None and two.receipt.version == 2


def test_mask_on_another_grid_is_brought_onto_the_image(study: StudyFolder, drawn: Path) -> None:
    fine = sitk.Resample(
        labels(), (16, 16, 4), sitk.Transform(), sitk.sitkNearestNeighbor, (-8.5, -6.5, 40.0), (1, 1, 5)
    )
    sitk.WriteImage(fine, str(drawn / "Cleo_patient-smith-1_unaided.nrrd"))
    import_masks(study, drawn)
    (record,) = unblind(study).records
    assert record.dice == 1.0


@pytest.mark.parametrize(
    ("name", "pattern", "code"),
    [
        ("Zoe_patient-smith-1_unaided", "{reader}_{case}_{condition}", "unknown_mask"),
        ("Cleo_patient-smith-1", "{reader}_{case}_{condition}", "unknown_mask"),
        ("Cleo_patient-smith-1", "{reader}_{case}", "ambiguous_mask"),
        ("Cleo_patient-smith-1", "{reader}", "bad_pattern"),
        ("Cleo_patient-smith-1", "{reader}_{case}_{colour}", "bad_pattern"),
        ("Cleo_patient-smith-1", "{reader_{case}", "bad_pattern"),
    ],
)
def test_name_that_does_not_lead_to_one_presentation_is_refused(
    study: StudyFolder, drawn: Path, name: str, pattern: str, code: str
) -> None:
    write_chambers(drawn / f"{name}.seg.nrrd", labels())
    with pytest.raises(InputRefused) as refused:
        import_masks(study, drawn, pattern)
    assert refused.value.code == code


def test_one_bad_file_stops_the_import_before_anything_is_stored(study: StudyFolder, drawn: Path) -> None:
    write_chambers(drawn / "Cleo_patient-smith-1_unaided.seg.nrrd", labels())
    (drawn / "Cleo_patient-smith-2_unaided.nrrd").write_bytes(b"NRRD0004\nnonsense\n\n")
    with pytest.raises(InputRefused, match=r"Cleo_patient-smith-2_unaided\.nrrd: "):
        import_masks(study, drawn)
    assert unblind(study).records == []


def test_two_files_for_one_presentation_and_an_empty_folder_are_refused(
    study: StudyFolder, drawn: Path
) -> None:
    with pytest.raises(InputRefused, match="holds no mask files"):
        import_masks(study, drawn)
    write_chambers(drawn / "Cleo_patient-smith-1_unaided.seg.nrrd", labels())
    sitk.WriteImage(labels(), str(drawn / "Cleo_patient-smith-1_unaided.nii.gz"))
    with pytest.raises(InputRefused, match="answer the same presentation"):
        import_masks(study, drawn)


def test_imported_case_is_done_for_its_reader(study: StudyFolder, drawn: Path) -> None:
    key = read_key(study.coordinator, study.settings.id)
    first = next(entry for entry in key.entries if entry.reader == "Cleo")
    write_chambers(drawn / f"{first.label}.seg.nrrd", labels())
    import_masks(study, drawn, "{label}")
    session = ReadingSession(study, key.tokens["Cleo"])
    assert session.progress.done == 1 and session.current is not None and session.current.label != first.label
    mask = session.previous() and session.mask()
    assert mask is not None and (sitk.GetArrayFromImage(mask) == sitk.GetArrayFromImage(labels())).all()
    assert np.allclose(mask.GetOrigin(), labels().GetOrigin())


def test_import_leaves_the_drawing_that_its_reader_has_begun(study: StudyFolder, drawn: Path) -> None:
    key = read_key(study.coordinator, study.settings.id)
    session = ReadingSession(study, key.tokens["Cleo"])
    session.draft(numbered(7))
    assert session.current is not None
    write_chambers(drawn / f"{session.current.label}.seg.nrrd", labels())
    import_masks(study, drawn, "{label}")
    mask = session.mask()
    assert mask is not None
    assert (sitk.GetArrayFromImage(mask) == sitk.GetArrayFromImage(numbered(7))).all()
