"""A folder of results as a work list, on disk."""

from __future__ import annotations

import csv
import io
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from filelock import FileLock

from SyntheticCECTLib.core.errors import InputRefused
from SyntheticCECTLib.core.formats.label_file import read_labels
from SyntheticCECTLib.web.qa.contact_sheet import contact_sheet
from SyntheticCECTLib.web.qa.thumbnail import thumbnail
from SyntheticCECTLib.web.qa.verdict import Verdict
from SyntheticCECTLib.web.qa.work_list import IMPLAUSIBLE, LOCK, OPEN, QA_JSON, WARNED, WorkList
from Testing import small_case
from Testing.web.conftest import write_results


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """Three results; the second has a volume without value."""
    write_results(tmp_path, ("a", "b", "c"))
    metrics = json.loads((tmp_path / "b/metrics.json").read_text())
    metrics["volumes_ml"]["la"] = None
    metrics["reasons"]["volumes_ml.la"] = "2.0 mL is outside the plausible 8 to 500 mL"
    (tmp_path / "b/metrics.json").write_text(json.dumps(metrics))
    return tmp_path


def test_flags_come_from_what_the_results_say(results: Path) -> None:
    work = WorkList(results)
    assert [entry.name for entry in work.filtered(IMPLAUSIBLE)] == ["b"]
    assert [entry.name for entry in work.filtered(WARNED)] == ["a", "b", "c"]
    assert "outside the plausible" in work.filtered(IMPLAUSIBLE)[0].reasons[0]


def test_verdicts_are_there_again_after_a_restart(results: Path) -> None:
    WorkList(results).give("a", Verdict("fail", ("leak",), "into the aorta"))
    again = WorkList(results)
    assert again.verdict("a").text == "into the aorta"
    assert again.verdict("a").given_at
    assert [entry.name for entry in again.filtered(OPEN)] == ["b", "c"]
    assert again.done() == 1


def test_two_rooms_keep_each_others_verdicts(results: Path) -> None:
    anna, ben = WorkList(results), WorkList(results)
    anna.give("a", Verdict("fail"))
    ben.give("b", Verdict("pass"))
    file = anna.keep_edit("c", small_case.labels())
    ben.give("c", Verdict("fix"))
    assert [ben.verdict(name).verdict for name in "abc"] == ["fail", "pass", "fix"]
    assert ben.verdict("c").edited == file
    again = WorkList(results)
    assert again.verdicts == ben.verdicts
    assert not list(results.glob("*.partial"))


def test_many_rooms_at_once_lose_nothing(results: Path) -> None:
    rooms = {name: WorkList(results) for name in "abc"}

    def work(name: str) -> None:
        for number in range(20):
            rooms[name].give(name, Verdict("pass", text=str(number)))

    with ThreadPoolExecutor() as threads:
        list(threads.map(work, rooms))
    assert [WorkList(results).verdict(name).text for name in "abc"] == ["19"] * 3


def test_room_that_waits_in_vain_says_so(results: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("SyntheticCECTLib.web.qa.work_list.LOCK_WAITS_S", 0.2)
    work = WorkList(results)
    with FileLock(results / LOCK), pytest.raises(InputRefused, match="Another reading room"):
        work.give("a", Verdict("pass"))
    assert not work.verdict("a").verdict


@pytest.mark.parametrize("name", ["../elsewhere", "/etc", "", "absent"])
def test_name_that_leads_out_of_the_list_is_refused(results: Path, name: str) -> None:
    work = WorkList(results)
    for call in (
        lambda: work.folder_of(name),
        lambda: work.give(name, Verdict("pass")),
        lambda: work.keep_edit(name, small_case.labels()),
    ):
        with pytest.raises(InputRefused) as refusal:
            call()
        assert refusal.value.code == "no_such_result"
    assert not (results / QA_JSON).exists()


def test_edit_lies_beside_the_original_which_stays(results: Path) -> None:
    work, original = WorkList(results), (results / "a/chambers.seg.nrrd").read_bytes()
    labels = small_case.labels()
    assert work.keep_edit("a", labels) == "chambers_edited_1.seg.nrrd"
    assert work.keep_edit("a", labels) == "chambers_edited_2.seg.nrrd"
    assert (results / "a/chambers.seg.nrrd").read_bytes() == original
    edited = read_labels(results / "a/chambers_edited_2.seg.nrrd")
    assert np.array_equal(sitk.GetArrayFromImage(edited), sitk.GetArrayFromImage(labels))
    assert work.verdict("a").edited == "chambers_edited_2.seg.nrrd"
    assert not [file for file in (results / "a").iterdir() if "partial" in file.name]


def test_table_has_every_result_and_no_formula(results: Path) -> None:
    work = WorkList(results)
    work.give("c", Verdict("fix", ("split", "leak"), "=HYPERLINK(1)"))
    rows = list(csv.DictReader(io.StringIO(work.csv())))
    assert [row["case"] for row in rows] == ["a", "b", "c"]
    assert rows[2]["text"] == "'=HYPERLINK(1)"
    assert rows[2]["reasons"] == "atrium and ventricle mixed up; chamber leaks"
    assert rows[1]["la_ml"] == ""


def test_contact_sheet_carries_its_pictures_and_escapes_what_people_write(results: Path) -> None:
    work = WorkList(results)
    work.give("a", replace(Verdict("fail"), text="<script>alert(1)</script>"))
    page = contact_sheet(work, {"a": thumbnail(results / "a")})
    assert page.count("data:image/jpeg;base64,") == 1
    assert "<script>" not in page and "&lt;script&gt;" in page
    assert "http" not in page
    assert "Research use" in page


def test_thumbnail_shows_the_edited_chambers(results: Path) -> None:
    work, before = WorkList(results), thumbnail(results / "a")
    larger = sitk.GetArrayFromImage(small_case.labels())
    larger[small_case.LA[0], 12:30, 14:36] = 1
    work.keep_edit("a", small_case.image_of(larger))
    assert thumbnail(results / "a") != before
    assert thumbnail(results / "b") == before


def test_damaged_result_is_listed_as_implausible(results: Path) -> None:
    (results / "c/metrics.json").write_text("{")
    assert [entry.name for entry in WorkList(results).filtered(IMPLAUSIBLE)] == ["b", "c"]


@pytest.mark.parametrize(
    "content", ["{", "[]", '{"format": 2}', '{"format": 1, "verdicts": {"a": {"verdict": "maybe"}}}']
)
def test_damaged_verdicts_are_refused_and_not_overwritten(results: Path, content: str) -> None:
    (results / QA_JSON).write_text(content)
    with pytest.raises(InputRefused, match=QA_JSON):
        WorkList(results)
    assert (results / QA_JSON).read_text() == content


def test_folder_without_results_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputRefused) as refusal:
        WorkList(tmp_path)
    assert refusal.value.code == "no_results"
