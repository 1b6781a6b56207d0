"""Nothing that a reader can see reveals condition, case identity or truth."""

from __future__ import annotations

import gzip
import logging
import re
import shutil
import sqlite3
from pathlib import Path

import pytest
import SimpleITK as sitk

from SyntheticCECTLib.study.design.study_key import StudyKey
from SyntheticCECTLib.study.records import Condition
from SyntheticCECTLib.study.session import ReadingSession
from SyntheticCECTLib.study.study_folder import StudyFolder
from Testing.study.small_study import SECRETS, numbered, small_study, visible_files

EVERY = tuple(Condition)


@pytest.fixture
def key(tmp_path: Path) -> StudyKey:
    return small_study(tmp_path / "study", cases=4, conditions=EVERY, sessions=4, repeats=2)


def secrets_in(text: str) -> list[str]:
    return [secret for secret in SECRETS if secret in text.lower()]


def read_everything(folder: Path, token: str) -> list[str]:
    """Reads the study to its end; returns all that a program could show."""
    session, shown = ReadingSession(folder, token), []
    while (task := session.current) is not None:
        shown += [repr(task), str(session.progress), repr(session.progress), session.instructions]
        mask = session.mask()
        session.draft(numbered(1))
        receipt = session.submit(numbered(1) if task.draws else None, rating=3, comment="fine")
        shown += [repr(receipt), "" if mask is None else " ".join(mask.GetMetaDataKeys())]
        session.next_unread()
    session.close()
    return shown


def test_the_grep_finds_the_secrets_where_they_are(tmp_path: Path, key: StudyKey) -> None:
    texts = [path.read_text("latin-1") for path in (tmp_path / "study" / "coordinator").glob("*.json")]
    assert secrets_in("".join(texts)) == list(SECRETS)


def test_files_names_and_database_reveal_nothing(tmp_path: Path, key: StudyKey) -> None:
    folder = tmp_path / "study"
    for token in key.tokens.values():
        read_everything(folder, token)
    for path in visible_files(folder):
        content = path.read_bytes()
        if path.suffix == ".nrrd":
            header, _, packed = content.partition(b"\n\n")
            content = header + gzip.decompress(packed)
        assert secrets_in(str(path.relative_to(folder))) == []
        assert secrets_in(content.decode("latin-1")) == [], path.name


def test_what_a_program_could_show_or_log_reveals_nothing(
    tmp_path: Path, key: StudyKey, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    # A folder's name is the coordinator's choice; this one is not to be found by the grep.
    shutil.move(tmp_path / "study", tmp_path / "s")
    with caplog.at_level(logging.DEBUG):
        shown = read_everything(tmp_path / "s", key.tokens["Anna"])
    inside = [text.replace(str(tmp_path), "") for text in [*shown, caplog.text, *capfd.readouterr()]]
    assert len(shown) > 100 and secrets_in("\n".join(inside)) == []


def test_reader_needs_nothing_of_the_coordinators(tmp_path: Path, key: StudyKey) -> None:
    shutil.rmtree(tmp_path / "study" / "coordinator")
    assert len(read_everything(tmp_path / "study", key.tokens["Ben"])) > 100


def test_tokens_are_nowhere_but_with_the_coordinator(tmp_path: Path, key: StudyKey) -> None:
    seen = b"".join(path.read_bytes() for path in visible_files(tmp_path / "study"))
    assert all(token.encode() not in seen for token in key.tokens.values())
    assert (tmp_path / "study" / "coordinator").stat().st_mode & 0o077 == 0


def test_a_repeat_has_a_label_and_a_file_of_its_own(tmp_path: Path, key: StudyKey) -> None:
    for reader in key.tokens:
        own = [entry for entry in key.entries if entry.reader == reader]
        assert len(own) == len({entry.label for entry in own}) == len({entry.image for entry in own}) == 24
        assert all(re.fullmatch(r"[A-Z2-9]{3}-[A-Z2-9]{3}", entry.label) for entry in own)


def test_neither_dates_nor_numbers_of_the_files_tell_their_order(tmp_path: Path, key: StudyKey) -> None:
    dates = {path.stat().st_mtime for path in (tmp_path / "study" / "images").iterdir()}
    assert len(dates) == 1


def test_synthetic_image_says_so_in_name_and_header(tmp_path: Path, key: StudyKey) -> None:
    session = ReadingSession(StudyFolder(tmp_path / "study"), key.tokens["Anna"])
    tasks = []
    while (task := session.current) is not None:
        tasks.append(task)
        session.submit(numbered(1) if task.draws else None, rating=3)
        session.next_unread()
    second = [task.second_image for task in tasks if task.second_image is not None]
    assert len(second) == 6
    for path in second:
        assert path.name.startswith("synthetic_")
        assert "SYNTHETIC" in sitk.ReadImage(str(path)).GetMetaData("SyntheticCECT_note")
    others = {task.image.name for task in tasks} | {task.proposal.name for task in tasks if task.proposal}
    assert all(re.fullmatch(r"[a-z2-9]{10}\.nrrd", name) for name in others)


def test_database_lists_no_case_twice_by_anything_but_its_slices(tmp_path: Path, key: StudyKey) -> None:
    with sqlite3.connect(tmp_path / "study" / "study.sqlite") as database:
        names = [
            name
            for row in database.execute("SELECT label, image FROM task WHERE reader_id = 1")
            for name in row
        ]
    assert len(names) == len(set(names)) == 48
