"""Lists and folders of patients as people have them: capitals, notes beside scans, names that say nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from SyntheticCECTLib.core.errors import InputRefused
from training.prepare.patient_files import COLUMNS, read_patients


def tree(folder: Path, *names: str) -> Path:
    """A folder with one patient, who has these files."""
    home = folder / "tree" / "Jürgen S"
    home.mkdir(parents=True)
    for name in names:
        (home / name).touch()
    return folder / "tree"


def test_voxels_and_notes_beside_a_header_are_no_second_scan(tmp_path: Path) -> None:
    names = "native.mhd", "native.raw", "cect.nii.gz", "cect.json", "labels.seg.nrrd"
    (one,) = read_patients(tree(tmp_path, *names))
    assert one.case_id == "Jürgen S" and [Path(path).name for path in (one.native, one.cect)] == [
        "native.mhd",
        "cect.nii.gz",
    ]


def test_what_is_not_used_is_known_by_name(tmp_path: Path) -> None:
    used = "native.mhd", "native.raw", "cect.nii.gz", "cect.json", "labels.seg.nrrd", ".DS_Store"
    (one,) = read_patients(tree(tmp_path, *used, "hart_mask.nrrd", "notes.pdf"))
    assert one.unused == ("hart_mask.nrrd", "notes.pdf") and one.heart_mask == ""
    assert set(one.as_dict()) == set(COLUMNS), "it changes nothing that is prepared"


def test_scan_under_a_name_that_says_nothing_is_not_replaced_by_a_virtual_one(tmp_path: Path) -> None:
    source = tree(tmp_path, "Scan 1.nrrd", "cect.nii.gz", "seg.nrrd", "notes.pdf", ".DS_Store")
    with pytest.raises(
        InputRefused, match=r"has no file for native .*, but Scan 1\.nrrd, whose name says nothing"
    ):
        read_patients(source)
    (source / "Jürgen S" / "Scan 1.nrrd").unlink()
    assert read_patients(source)[0].native == "", "notes are no scan"


def test_heart_mask_that_is_not_there_is_named_before_the_work(tmp_path: Path) -> None:
    path = tmp_path / "pairs.csv"
    path.write_text("case_id,native,cect,labels,heart_mask\nanna,.,.,.,hart.nrrd\n")
    with pytest.raises(InputRefused, match=r"'anna' has no file for heart_mask: '.*hart\.nrrd'"):
        read_patients(path)


def test_cases_that_differ_in_capitals_would_share_a_file_on_some_disks(tmp_path: Path) -> None:
    path = tmp_path / "pairs.csv"
    path.write_text("case_id,native,cect,labels\nAnna,.,.,.\nanna,.,.,.\n")
    with pytest.raises(InputRefused, match="'anna' occurs twice"):
        read_patients(path)


def test_list_with_a_lost_quotation_mark_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "pairs.csv"
    path.write_text('case_id,native,cect,labels\na,"' + "x" * 140_000)
    with pytest.raises(InputRefused, match="after line 1 it is no CSV"):
        read_patients(path)
