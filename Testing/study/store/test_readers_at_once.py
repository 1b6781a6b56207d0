"""Several readers at the same time: no read is lost, none is mixed up, on SQLite and on a real PostgreSQL."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from SyntheticCECTLib.study.design.study_key import StudyKey
from SyntheticCECTLib.study.study_folder import StudyFolder
from Testing.study.small_study import small_study
from Testing.study.store.postgresql_cluster import postgresql_cluster

ROOT = Path(__file__).resolve().parents[3]
READERS, READS, CASES = 8, 500, 20

pytestmark = pytest.mark.skipif(
    not hasattr(os, "fork"), reason="readers are started with fork, which this system lacks"
)


@pytest.fixture
def quick_folder() -> Iterator[Path]:
    """In memory where the system offers that: what is tested here is not how fast a disk syncs."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as folder:
        yield Path(folder)


@pytest.fixture(scope="module")
def postgresql() -> Iterator[str]:
    with postgresql_cluster() as address:
        yield address


def write_at_once(
    folder: Path, url: str | None, tokens: list[str], reads: int = READS
) -> list[list[tuple[int, str, int, str]]]:
    """What each writer was told: number, label, version and his own sign of each read."""
    run = subprocess.run(
        [sys.executable, "-m", "Testing.study.store.scripted_writers", str(folder), url or "", ",".join(tokens), str(reads)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": f"{ROOT / 'SyntheticCECT'}{os.pathsep}{ROOT}"},
        capture_output=True,
        text=True,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    result = json.loads(run.stdout)
    assert not any(result["statuses"]), run.stderr
    return [[tuple(one) for one in told] for told in result["told"]]


def require_nothing_lost_or_mixed(folder: Path, url: str | None, key: StudyKey) -> None:
    told = write_at_once(folder, url, list(key.tokens.values()))
    store = StudyFolder(folder, url).open_store()
    owner = {entry.label: entry.reader for entry in key.entries}
    stored = {read.receipt.read_id: read for read in store.reads(every_version=True)}
    assert len(stored) == READERS * READS
    for name, receipts in zip(key.tokens, told, strict=True):
        assert len(receipts) == READS
        for number, label, version, sign in receipts:
            read = stored[number]
            assert (read.reader, owner[label], read.receipt.label, read.receipt.version) == (
                name,
                name,
                label,
                version,
            )
            assert read.answer.mask is not None
            assert read.answer.mask.nrrd == sign.encode() * 20 and read.answer.comment == sign
        for label in {label for _, label, _, _ in receipts}:
            versions = [version for _, other, version, _ in receipts if other == label]
            assert versions == list(range(1, READS // CASES + 1))
    for reader in store.readers():
        assert all(store.draft(task) is None for task in store.tasks(reader))
    store.close()


def readers(count: int) -> tuple[str, ...]:
    return tuple(f"Reader {number}" for number in range(count))


def test_eight_readers_at_once_on_sqlite(quick_folder: Path) -> None:
    folder = quick_folder / "study"
    key = small_study(folder, cases=CASES, readers=readers(READERS))
    require_nothing_lost_or_mixed(folder, None, key)


def test_eight_readers_at_once_on_postgresql(quick_folder: Path, postgresql: str) -> None:
    folder = quick_folder / "study"
    key = small_study(folder, cases=CASES, readers=readers(READERS), database=postgresql)
    assert not (folder / "study.sqlite").exists()
    require_nothing_lost_or_mixed(folder, None, key)


@pytest.mark.parametrize("server", [False, True], ids=["sqlite", "postgresql"])
def test_one_reader_in_two_windows_gets_versions_and_loses_nothing(
    quick_folder: Path, server: bool, request: pytest.FixtureRequest
) -> None:
    url = request.getfixturevalue("postgresql") if server else None
    folder = quick_folder / "study"
    key = small_study(folder, cases=2, readers=("Anna",), database=url)
    first, second = write_at_once(folder, None, [key.tokens["Anna"]] * 2, reads=60)
    versions: dict[str, list[int]] = {}
    for _, label, version, _ in [*first, *second]:
        versions.setdefault(label, []).append(version)
    assert [sorted(numbers) for numbers in versions.values()] == [list(range(1, 61))] * 2


def test_two_studies_share_a_server_and_know_nothing_of_each_other(
    quick_folder: Path, postgresql: str
) -> None:
    one = small_study(quick_folder / "one", cases=2, readers=("Anna",), database=postgresql)
    other = small_study(quick_folder / "other", cases=2, readers=("Anna",), database=postgresql)
    write_at_once(quick_folder / "one", None, [one.tokens["Anna"]], reads=4)
    assert len(list(StudyFolder(quick_folder / "one").open_store().reads(every_version=True))) == 4
    empty = StudyFolder(quick_folder / "other").open_store()
    assert list(empty.reads()) == [] and empty.reader_of(other.tokens["Anna"]).study_id == other.study_id
