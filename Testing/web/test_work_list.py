"""A folder of results as a work list, on disk."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from SyntheticCECTLib.core.errors import InputRefused
from SyntheticCECTLib.core.formats.label_file import read_labels
from SyntheticCECTLib.web.qa.contact_sheet import contact_sheet
from SyntheticCECTLib.web.qa.thumbnail import thumbnail
from SyntheticCECTLib.web.qa.verdict import Verdict
from SyntheticCECTLib.web.qa.work_list import IMPLAUSIBLE, OPEN, QA_JSON, WARNED, WorkList
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
    file = work.keep_edit("a", small_case.image_of(larger))
    assert thumbnail(results / "a", file) != before
    assert thumbnail(results / "a") == before


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
