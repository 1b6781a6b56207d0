"""What is analysed is what the report says was analysed."""

from __future__ import annotations

from pathlib import Path

from SyntheticCECTLib.study.read_export import export_reads
from SyntheticCECTLib.study.read_records import unblind
from SyntheticCECTLib.study.session import ReadingSession
from SyntheticCECTLib.study.study_folder import StudyFolder
from Testing.study.small_study import numbered, small_study


def test_fingerprint_is_of_the_reads_that_were_measured_not_of_those_that_came_meanwhile(
    tmp_path: Path,
) -> None:
    key = small_study(tmp_path / "study")
    session = ReadingSession(tmp_path / "study", key.tokens["Anna"])
    session.submit(numbered(1))
    before = session.study.open_store().fingerprint()

    def read_on(_: float, message: str) -> None:
        if message == "measuring read 1":
            session.next()
            session.submit(numbered(2))

    found = unblind(StudyFolder(tmp_path / "study"), on_progress=read_on)
    assert len(found.records) == 1 and found.fingerprint == before


def test_export_has_a_mask_for_each_row_and_no_other(tmp_path: Path) -> None:
    key = small_study(tmp_path / "study")
    session = ReadingSession(tmp_path / "study", key.tokens["Anna"])
    session.submit(numbered(1))

    def read_on(_: float, message: str) -> None:
        if message == "measuring read 1":
            session.next()
            session.submit(numbered(2))

    (tmp_path / "export").mkdir()
    found = export_reads(StudyFolder(tmp_path / "study"), tmp_path / "export", on_progress=read_on)
    assert len(found.records) == len(list((tmp_path / "export" / "masks").iterdir())) == 1
