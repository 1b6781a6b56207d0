"""A reader's own folder holds nothing of the others, and what he reads in it comes back whole or not at all."""

from __future__ import annotations

import gzip
import shutil
import sqlite3
from pathlib import Path

import pytest

from SyntheticCECTLib.core.errors import InputRefused
from SyntheticCECTLib.study.design.study_key import StudyKey
from SyntheticCECTLib.study.hand_out import collect, hand_out
from SyntheticCECTLib.study.read_records import unblind
from SyntheticCECTLib.study.records import Condition
from SyntheticCECTLib.study.session import ReadingSession
from SyntheticCECTLib.study.store.rows import Read
from SyntheticCECTLib.study.study_folder import StudyFolder
from Testing.study.small_study import SECRETS, numbered, small_study
from Testing.study.store.postgresql_cluster import postgresql_cluster

# Long enough not to come about by chance in compressed voxels.
OTHER = "Bernadette"


@pytest.fixture
def key(tmp_path: Path) -> StudyKey:
    return small_study(
        tmp_path / "study",
        cases=3,
        readers=("Anna", OTHER),
        conditions=tuple(Condition),
        sessions=4,
        repeats=1,
    )


def read_some(folder: Path, token: str, count: int, first: int = 1) -> None:
    """Answers so many tasks, each with a mask that no other one has."""
    session = ReadingSession(folder, token)
    for number in range(first, first + count):
        task = session.current
        assert task is not None
        session.submit(numbered(number) if task.draws else None, rating=3, comment=f"read {number}")
        session.next_unread()
    session.close()


def reads_of(folder: Path, reader: str, database: str | None = None) -> list[Read]:
    store = StudyFolder(folder, database).open_store()
    found = [read for read in store.reads(every_version=True) if read.reader == reader]
    store.close()
    return found


def as_given(reads: list[Read]) -> list[tuple[object, ...]]:
    """Everything but the number in the database, which is its own."""
    return [
        (r.receipt.label, r.receipt.version, r.receipt.given_at, r.reader, r.session, r.answer) for r in reads
    ]


def test_folder_holds_nothing_of_other_readers_and_no_secret(tmp_path: Path, key: StudyKey) -> None:
    read_some(tmp_path / "study", key.tokens[OTHER], 5)
    hand_out(StudyFolder(tmp_path / "study"), "Anna", tmp_path / "out")
    read_some(tmp_path / "out", key.tokens["Anna"], 4, first=100)
    others = [entry.label for entry in key.entries if entry.reader == OTHER]
    theirs = reads_of(tmp_path / "study", OTHER)
    hashes = [read.receipt.mask_sha256 for read in theirs if read.receipt.mask_sha256]
    assert len(others) == 16 and hashes
    seen = ""
    for path in (tmp_path / "out").rglob("*"):
        content = path.read_bytes() if path.is_file() else b""
        if path.suffix == ".nrrd":
            header, _, packed = content.partition(b"\n\n")
            content = header + gzip.decompress(packed)
        seen += str(path.relative_to(tmp_path / "out")) + content.decode("latin-1")
    assert "Anna" in seen
    assert [word for word in [OTHER, *others, *hashes, *key.tokens.values()] if word in seen] == []
    assert [secret for secret in SECRETS if secret in seen.lower()] == []
    assert {path.name for path in (tmp_path / "out").iterdir()} <= {
        "study.json", "study.sqlite", "study.sqlite-journal", "images",
    }  # fmt: skip


def test_folder_has_his_images_only(tmp_path: Path, key: StudyKey) -> None:
    given = hand_out(StudyFolder(tmp_path / "study"), "Anna", tmp_path / "out")
    wanted = {
        name
        for task in given.reader.tasks
        for name in (task.image, task.second_image, task.start_mask)
        if name
    }
    images = {path.name for path in (tmp_path / "out" / "images").iterdir()}
    assert images == wanted
    assert len({path.stat().st_mtime for path in (tmp_path / "out" / "images").iterdir()}) == 1


def test_reads_come_back_as_they_were_given(tmp_path: Path, key: StudyKey) -> None:
    study = tmp_path / "study"
    read_some(study, key.tokens["Anna"], 2)
    read_some(study, key.tokens[OTHER], 3, first=50)
    for reader in key.tokens:
        hand_out(StudyFolder(study), reader, tmp_path / reader)
    assert as_given(reads_of(tmp_path / "Anna", "Anna")) == as_given(reads_of(study, "Anna"))
    read_some(tmp_path / "Anna", key.tokens["Anna"], 14, first=3)
    session = ReadingSession(tmp_path / "Anna", key.tokens["Anna"])
    assert session.progress.finished
    session.close()

    found = collect(StudyFolder(study), [tmp_path / "Anna", tmp_path / OTHER])
    assert [(one.reader, one.new, one.of) for one in found] == [("Anna", 14, 16), (OTHER, 0, 3)]
    assert as_given(reads_of(study, "Anna")) == as_given(reads_of(tmp_path / "Anna", "Anna"))
    assert len(reads_of(study, OTHER)) == 3 and len(unblind(StudyFolder(study)).records) == 19


def test_collecting_again_brings_only_what_is_new(tmp_path: Path, key: StudyKey) -> None:
    study, own = tmp_path / "study", tmp_path / "Anna"
    hand_out(StudyFolder(study), "Anna", own)
    read_some(own, key.tokens["Anna"], 3)
    assert collect(StudyFolder(study), [own])[0].new == 3
    before = StudyFolder(study).open_store().fingerprint()
    assert collect(StudyFolder(study), [own])[0].new == 0
    assert StudyFolder(study).open_store().fingerprint() == before
    session = ReadingSession(own, key.tokens["Anna"])
    session.previous()
    session.submit(numbered(99), rating=5)  # a correction
    session.close()
    assert collect(StudyFolder(study), [own])[0].new == 1
    assert max(read.receipt.version for read in reads_of(study, "Anna")) == 2


def test_two_answers_to_one_task_are_refused_and_nothing_of_any_folder_is_stored(
    tmp_path: Path, key: StudyKey
) -> None:
    study = tmp_path / "study"
    for reader in key.tokens:
        hand_out(StudyFolder(study), reader, tmp_path / reader)
    read_some(tmp_path / "Anna", key.tokens["Anna"], 4)
    read_some(tmp_path / OTHER, key.tokens[OTHER], 2)
    read_some(study, key.tokens[OTHER], 1, first=70)
    before = StudyFolder(study).open_store().fingerprint()
    with pytest.raises(InputRefused, match=r"two different answers for \w{3}-\w{3}, version 1"):
        collect(StudyFolder(study), [tmp_path / "Anna", tmp_path / OTHER])
    assert StudyFolder(study).open_store().fingerprint() == before


def test_folder_of_another_study_is_refused(tmp_path: Path, key: StudyKey) -> None:
    small_study(tmp_path / "other", cases=2)
    hand_out(StudyFolder(tmp_path / "other"), "Anna", tmp_path / "Anna")
    with pytest.raises(InputRefused, match="another study"):
        collect(StudyFolder(tmp_path / "study"), [tmp_path / "Anna"])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("UPDATE task SET slices = '[0]'", "not those that he was given"),
        ("UPDATE task SET image = '../study.json'", "not those that he was given"),
        ("UPDATE task SET label = 'AAA-' || id", "not those that he was given"),
        ("UPDATE reader SET token_sha256 = 'f00'", "no reader 'Anna' with that token"),
        ("DROP TRIGGER read_not_changed; UPDATE read SET mask = x'00' WHERE mask NOT NULL", "is not what was stored"),
    ],
)  # fmt: skip
def test_folder_that_was_tampered_with_is_refused(
    tmp_path: Path, key: StudyKey, change: str, said: str
) -> None:
    study, own = tmp_path / "study", tmp_path / "Anna"
    hand_out(StudyFolder(study), "Anna", own)
    read_some(own, key.tokens["Anna"], 16)
    with sqlite3.connect(own / "study.sqlite") as database:
        database.executescript(change)
    with pytest.raises(InputRefused, match=said) as refused:
        collect(StudyFolder(study), [own])
    assert reads_of(study, "Anna") == [] and refused.value.remedy


def test_unknown_reader_and_full_folder_are_refused(tmp_path: Path, key: StudyKey) -> None:
    study = StudyFolder(tmp_path / "study")
    with pytest.raises(InputRefused, match="no reader 'Zoe'"):
        hand_out(study, "Zoe", tmp_path / "out")
    assert not (tmp_path / "out").exists()
    with pytest.raises(InputRefused, match="is not empty"):
        hand_out(study, "Anna", study.folder)


def test_it_needs_neither_the_coordinators_folder_nor_the_same_kind_of_database(tmp_path: Path) -> None:
    with postgresql_cluster() as address:
        study, own = tmp_path / "study", tmp_path / "Anna"
        key = small_study(study, cases=3, database=address)
        shutil.rmtree(study / "coordinator")
        read_some(study, key.tokens["Anna"], 1)
        hand_out(StudyFolder(study), "Anna", own)
        assert (own / "study.sqlite").is_file() and address not in (own / "study.json").read_text()
        read_some(own, key.tokens["Anna"], 2, first=2)
        assert collect(StudyFolder(study), [own])[0].new == 2
        assert as_given(reads_of(study, "Anna")) == as_given(reads_of(own, "Anna"))
        assert collect(StudyFolder(study), [own])[0].new == 0
