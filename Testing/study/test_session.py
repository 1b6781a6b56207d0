"""A reader reads through the session that every reading program sits on."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk

from SyntheticCECTLib.core.errors import InputRefused
from SyntheticCECTLib.study.records import Condition
from SyntheticCECTLib.study.session import ReadingSession
from SyntheticCECTLib.study.store.migration import upgrade
from SyntheticCECTLib.study.store.rows import SIGNED_IN_ELSEWHERE, Answer, Said
from SyntheticCECTLib.study.store.stored_mask import store_mask
from SyntheticCECTLib.study.study_folder import StudyFolder
from Testing.study.small_study import image_of, labels, numbered, small_study

PACKAGE = Path(__file__).resolve().parents[2] / "SyntheticCECT"
BOTH = (Condition.UNAIDED, Condition.OVERLAY)


class Clock:
    """A clock that moves when it is told to."""

    def __init__(self) -> None:
        self.seconds = 100.0
        self.date = datetime.now(timezone.utc)

    def __call__(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return self.date


def same(one: sitk.Image | None, other: sitk.Image) -> bool:
    assert one is not None
    return bool((sitk.GetArrayFromImage(one) == sitk.GetArrayFromImage(other)).all()) and np.allclose(
        one.GetOrigin(), other.GetOrigin()
    )


def test_reader_sees_a_label_an_image_and_how_far_he_is(tmp_path: Path) -> None:
    key = small_study(tmp_path / "study")
    session = ReadingSession(tmp_path / "study", key.tokens["Ben"])
    task = session.current
    assert session.reader == "Ben" and str(session.progress) == "0 of 6"
    assert task is not None and (task.number, task.of, task.given) == (1, 6, False)
    assert task.label in key.by_label() and key.by_label()[task.label].reader == "Ben"
    assert task.image.is_file() and task.second_image is None and task.proposal is None and task.draws
    assert (task.window.width, task.window.level) == (350, 40)


def test_stranger_is_refused(tmp_path: Path) -> None:
    small_study(tmp_path / "study")
    with pytest.raises(InputRefused, match="No reader of this study has that token"):
        ReadingSession(tmp_path / "study", "guessed")


def test_answer_is_there_after_the_session_is_opened_again_and_reading_resumes(tmp_path: Path) -> None:
    key = small_study(tmp_path / "study")
    session = ReadingSession(tmp_path / "study", key.tokens["Anna"])
    first = session.current
    receipt = session.submit(numbered(5), confidence=4, comment="  blurred ", seconds=12.5)
    second = session.next()
    session.close()
    assert first is not None and second is not None and receipt.label == first.label != second.label

    again = ReadingSession(tmp_path / "study", key.tokens["Anna"])
    assert again.current == second and str(again.progress) == "1 of 6"
    back = again.previous()
    assert back is not None and back.label == first.label and back.given
    assert same(again.mask(), numbered(5))


def test_correction_is_a_new_version_and_the_first_one_stays(tmp_path: Path) -> None:
    key = small_study(tmp_path / "study")
    session = ReadingSession(tmp_path / "study", key.tokens["Anna"])
    assert session.submit(numbered(1)).version == 1
    assert session.submit(numbered(2), comment="better").version == 2
    store = session.study.open_store()
    every = list(store.reads(every_version=True))
    assert [read.receipt.version for read in every] == [1, 2]
    assert [read.receipt.version for read in store.reads()] == [2]
    assert len({read.receipt.mask_sha256 for read in every}) == 2


def test_draft_survives_and_is_gone_once_the_answer_is_given(tmp_path: Path) -> None:
    key = small_study(tmp_path / "study")
    session = ReadingSession(tmp_path / "study", key.tokens["Anna"])
    session.draft(numbered(7))
    # Nobody closes the session: the program was killed.
    again = ReadingSession(tmp_path / "study", key.tokens["Anna"])
    assert same(again.mask(), numbered(7)) and str(again.progress) == "0 of 6"
    again.submit(numbered(8))
    assert same(again.mask(), numbered(8))


def test_words_survive_and_stand_before_those_of_the_last_answer(tmp_path: Path) -> None:
    key = small_study(tmp_path / "study")
    session = ReadingSession(tmp_path / "study", key.tokens["Anna"])
    assert session.said == Said()
    session.say(Said(None, 2, "half a sentence"))
    session.draft(numbered(7))
    again = ReadingSession(tmp_path / "study", key.tokens["Anna"])
    assert again.said == Said(None, 2, "half a sentence") and same(again.mask(), numbered(7))
    again.submit(numbered(7), confidence=4, comment="a sentence")
    assert again.said == Said(None, 4, "a sentence")
    again.draft(numbered(8))
    assert again.said == Said(None, 4, "a sentence"), "of a correction nothing was said yet"
    again.say(Said(None, 4, ""))
    last = ReadingSession(tmp_path / "study", key.tokens["Anna"])
    last.previous()
    assert last.said == Said(None, 4, ""), "what was taken back stays so"


def test_reader_finds_his_drawing_in_an_old_study_once_it_is_upgraded(tmp_path: Path) -> None:
    key = small_study(tmp_path / "study")
    session = ReadingSession(tmp_path / "study", key.tokens["Anna"])
    session.draft(numbered(7))
    session.close()
    with sqlite3.connect(tmp_path / "study" / "study.sqlite") as old:  # as the version before wrote it
        old.executescript(
            "ALTER TABLE reader DROP COLUMN seat; ALTER TABLE draft DROP COLUMN rating; ALTER TABLE draft DROP COLUMN "
            "confidence; ALTER TABLE draft DROP COLUMN comment; UPDATE alembic_version SET version_num = '0002'"
        )
    with pytest.raises(InputRefused, match=r"version 0002.*study upgrade"):
        ReadingSession(tmp_path / "study", key.tokens["Anna"])
    assert upgrade(session.study.open_database()) == ("0002", "0003")
    again = ReadingSession(tmp_path / "study", key.tokens["Anna"])
    assert same(again.mask(), numbered(7)) and again.said == Said()


def test_whoever_signs_in_elsewhere_goes_on_there_and_nowhere_else(tmp_path: Path) -> None:
    key, clock = small_study(tmp_path / "study"), Clock()
    first = ReadingSession(tmp_path / "study", key.tokens["Anna"], clock=clock)
    ben = ReadingSession(tmp_path / "study", key.tokens["Ben"])
    clock.seconds += 10
    first.draft(numbered(1))
    first.say(Said(comment="kept"))
    second = ReadingSession(tmp_path / "study", key.tokens["Anna"], clock=clock)
    clock.seconds += 20
    for late in (
        lambda: first.draft(numbered(2)),
        lambda: first.say(Said(comment="late")),
        lambda: first.submit(numbered(2)),
        lambda: first.next(),
    ):
        with pytest.raises(InputRefused, match=r"signed in elsewhere since.*Go on there") as refused:
            late()
        assert refused.value.code == SIGNED_IN_ELSEWHERE
    first.close()
    assert same(second.mask(), numbered(1)) and second.said == Said(comment="kept")
    assert second.submit(numbered(3)).version == 1
    (read,) = second.study.open_store().reads(every_version=True)
    assert read.answer.seconds == 30.0, "the same seconds are not counted in both"
    assert ben.submit(numbered(4)).version == 1, "another reader is not meant"


def test_answer_that_came_by_another_way_is_not_replaced_unseen(tmp_path: Path) -> None:
    key = small_study(tmp_path / "study")
    session = ReadingSession(tmp_path / "study", key.tokens["Anna"])
    session.draft(numbered(2))
    store = session.study.open_store()  # as the coordinator's, who collects or imports
    store.give(session._task(), Answer(store_mask(numbered(1))))
    with pytest.raises(InputRefused, match=r"was answered elsewhere since.*becomes a correction"):
        session.submit(numbered(2))
    assert [read.receipt.version for read in store.reads(every_version=True)] == [1]
    assert session.current is not None and session.current.given
    assert session.submit(numbered(2)).version == 2


def test_only_active_time_counts_and_it_survives_a_pause(tmp_path: Path) -> None:
    key, clock = small_study(tmp_path / "study"), Clock()
    session = ReadingSession(tmp_path / "study", key.tokens["Anna"], clock=clock)
    for step in (10.0, 20.0, 3600.0, 5.0):
        clock.seconds += step
        session.touch()
    assert session.seconds == 35.0
    session.close()
    again = ReadingSession(tmp_path / "study", key.tokens["Anna"], clock=clock)
    clock.seconds += 4.0
    again.submit(numbered(1))
    read = next(again.study.open_store().reads())
    assert read.answer.seconds == 39.0


def test_looking_back_costs_the_earlier_case_no_time(tmp_path: Path) -> None:
    key, clock = small_study(tmp_path / "study"), Clock()
    session = ReadingSession(tmp_path / "study", key.tokens["Anna"], clock=clock)
    clock.seconds += 10
    session.submit(numbered(1))
    session.next()
    session.previous()
    clock.seconds += 50
    session.touch()
    session.next()
    session.previous()
    assert session.seconds == 10.0


def test_next_leads_through_all_tasks_and_back_to_the_skipped_one(tmp_path: Path) -> None:
    key = small_study(tmp_path / "study", cases=3)
    session = ReadingSession(tmp_path / "study", key.tokens["Anna"])
    skipped = session.current
    for _ in range(2):
        assert session.next() is not None
        session.submit(numbered(1))
    assert skipped is not None and session.next() == skipped
    session.submit(numbered(2))
    second = session.next()
    assert second is not None and second.number == 2 and second.given, "looking through is not cut short"
    assert session.next_unread() is None
    assert session.progress.finished and str(session.progress) == "3 of 3"
    with pytest.raises(InputRefused, match="no case to read"):
        session.submit(numbered(3))


def test_second_session_waits_for_the_wash_out_and_the_first_is_closed_then(tmp_path: Path) -> None:
    key = small_study(tmp_path / "study", cases=2, conditions=BOTH, sessions=2, washout_days=14)
    clock = Clock()
    session = ReadingSession(tmp_path / "study", key.tokens["Anna"], now=clock.now)
    for _ in range(2):
        session.submit(numbered(1))
        session.next()
    assert session.current is None and not session.progress.finished
    assert session.progress.opens_at is not None and session.progress.opens_at > clock.date + timedelta(
        days=13.9
    )
    clock.date += timedelta(days=15)
    assert session.next() is not None and session.progress.session == 2
    first = session.current
    assert session.previous() == first


def test_what_is_shown_depends_on_the_condition(tmp_path: Path) -> None:
    every = tuple(Condition)
    key = small_study(tmp_path / "study", cases=2, conditions=every, sessions=4, readers=("Anna",))
    session, seen = ReadingSession(tmp_path / "study", key.tokens["Anna"]), {}
    while (task := session.current) is not None:
        condition = key.by_label()[task.label].condition
        seen[condition] = (task.second_image is not None, task.proposal is not None, task.draws)
        if condition is Condition.CORRECT:
            assert same(session.mask(), labels(la=3))
        else:
            assert session.mask() is None
        if task.draws:
            session.submit(numbered(1))
        else:
            session.submit(rating=4)
        session.next_unread()
    assert seen == {
        Condition.UNAIDED: (False, False, True),
        Condition.OVERLAY: (True, False, True),
        Condition.RATE: (False, True, False),
        Condition.CORRECT: (False, True, True),
    }


def test_answer_that_is_incomplete_or_does_not_fit_is_refused_and_nothing_is_stored(tmp_path: Path) -> None:
    key = small_study(tmp_path / "study", conditions=(Condition.UNAIDED, Condition.RATE), sessions=2, cases=2)
    session = ReadingSession(tmp_path / "study", key.tokens["Anna"])
    while session.current is not None and not session.current.draws:
        session.next()
    elsewhere = numbered(1)
    elsewhere.SetOrigin((0.0, 0.0, 0.0))
    mirrored = numbered(1)
    mirrored.SetDirection((1.0, 0.0, 0.0, 0.0, -1.0, 0.0, 0.0, 0.0, 1.0))
    nothing = image_of(np.zeros((4, 8, 8), np.uint8))
    cases: list[tuple[sitk.Image | None, dict[str, Any], str]] = [
        (None, {}, "no_mask"),
        (elsewhere, {}, "other_grid"),
        (mirrored, {}, "other_grid"),
        (nothing, {}, "empty_mask"),
        (numbered(1), {"confidence": 6}, "bad_rating"),
        (numbered(1), {"rating": 0}, "bad_rating"),
    ]
    for mask, changes, code in cases:
        with pytest.raises(InputRefused) as refused:
            session.submit(mask, **changes)
        assert refused.value.code == code
    assert list(session.study.open_store().reads()) == []
    assert session.submit(nothing, comment="no chamber on these slices").version == 1


def test_copied_study_holds_the_same_reads_and_goes_on_by_itself(tmp_path: Path) -> None:
    key = small_study(tmp_path / "study")
    session = ReadingSession(tmp_path / "study", key.tokens["Anna"])
    session.submit(numbered(1))
    shutil.copytree(tmp_path / "study", tmp_path / "a copy, ä ö 100%")
    copy = ReadingSession(tmp_path / "a copy, ä ö 100%", key.tokens["Anna"])
    assert str(copy.progress) == "1 of 6"
    before = session.study.open_store().fingerprint()
    assert copy.study.open_store().fingerprint() == before
    copy.submit(numbered(2))
    assert copy.study.open_store().fingerprint() != before
    assert session.study.open_store().fingerprint() == before


def test_folder_that_is_no_study_or_is_damaged_is_refused_with_a_reason(tmp_path: Path) -> None:
    with pytest.raises(InputRefused, match=r"it has no study\.json"):
        StudyFolder(tmp_path)
    small_study(tmp_path / "study")
    study = StudyFolder(tmp_path / "study")
    (tmp_path / "study" / "study.sqlite").write_bytes(b"not a database, but long enough to look at")
    with pytest.raises(InputRefused, match="is damaged"):
        study.open_store()
    (tmp_path / "study" / "study.sqlite").unlink()
    with pytest.raises(InputRefused, match="is missing"):
        study.open_store()
    assert not (tmp_path / "study" / "study.sqlite").exists()


def test_missing_database_package_is_named_with_its_remedy(tmp_path: Path) -> None:
    small_study(tmp_path / "study")
    script = (
        "import sys\n"
        "sys.modules['sqlalchemy'] = None\n"
        "from SyntheticCECTLib.study.session import ReadingSession\n"
        f"try: ReadingSession({str(tmp_path / 'study')!r}, 'token')\n"
        "except ValueError as refused: print(refused)"
    )
    run = subprocess.run([sys.executable, "-c", script], cwd=PACKAGE, capture_output=True, text=True)
    assert "needs sqlalchemy, which is not installed. Install it: pip install" in run.stdout, run.stderr
