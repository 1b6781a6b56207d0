"""The report of a study: complete, marked as simulated, safe, and readable by other programs."""

from __future__ import annotations

import csv
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from SyntheticCECTLib.study.records import CaseTruth, ReadRecord
from SyntheticCECTLib.study.report.number_text import decimals_for, number_text, p_text
from SyntheticCECTLib.study.report.reader_strips import StripSlice
from SyntheticCECTLib.study.report.study_report import write_report
from SyntheticCECTLib.study.simulated_readers import KnownErrors
from Testing.study.report.mask_study import OVERLAY, UNAIDED, mask_study

Study = tuple[list[ReadRecord], list[CaseTruth], list[StripSlice]]
PROVENANCE: dict[str, Any] = {
    "title": "Demo study",
    "simulated": True,
    "known_truth": KnownErrors(1.2, 1.0, 0.6).known_truth(),
    "model": {"id": "santini2018", "sha256": "ab" * 32},
    "seeds": {"design": 11, "readers": 12},
    "database_sha256": "cd" * 32,
}


class Page(HTMLParser):
    """Text and tags of a page; fails on tags that are not closed."""

    VOID = ("meta", "img", "br", "line", "path", "circle")

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.html = path.read_text(encoding="utf-8")
        self.text, self.tags, self.open = "", [], []
        self.feed(self.html)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data + " "


@pytest.fixture(scope="module")
def a_study() -> Study:
    return mask_study(6, 3, 5, (UNAIDED, OVERLAY))


@pytest.fixture(scope="module")
def folder(a_study: Study, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "out"
    write_report(path, PROVENANCE, *a_study)
    return path


@pytest.fixture(scope="module")
def report_page(folder: Path) -> Page:
    return Page(folder / "report.html")


def test_the_four_files_appear_together(folder: Path) -> None:
    names = {"report.html", "analysis.json", "analysis.csv", "imrmc.csv"}
    assert {file.name for file in folder.iterdir()} == names


def test_the_page_fetches_nothing_and_runs_nothing(report_page: Page) -> None:
    assert not {"script", "link", "iframe", "form"} & set(report_page.tags)
    assert not re.search(r"https?://|url\(|@import|\son\w+=", re.sub(r"data:[^\"]*", "", report_page.html))
    assert "default-src 'none'" in report_page.html


def test_the_papers_sentences_stand_beside_this_studys_figures(report_page: Page) -> None:
    for paper in ("0.89 ± 0.03", "0.85 ± 0.05", "7 %", "0.99", "0.85"):
        assert paper in report_page.text
    for name in ("Dice, network", "Dice, human", "dV%, human", "Intra-observer ρ", "Inter-observer ρ"):
        assert name in report_page.text


def test_cases_that_the_networks_figures_leave_out_are_counted(a_study: Study, tmp_path: Path) -> None:
    records, truths, _ = a_study
    for lacking, said in ((0, False), (2, True), (len(truths), False)):
        changed = [replace(truth, network=None) if n < lacking else truth for n, truth in enumerate(truths)]
        write_report(tmp_path / str(lacking), PROVENANCE, records, changed)
        page = Page(tmp_path / str(lacking) / "report.html").text
        assert (f"{lacking} of the cases have no segmentation of the network" in page) == said
        content = json.loads((tmp_path / str(lacking) / "analysis.json").read_text())
        assert content["cases_without_network"] == (lacking if said else 0)


def test_the_papers_table_is_filled(folder: Path) -> None:
    rows = {row["figure"]: row for row in json.loads((folder / "analysis.json").read_text())["paper_table"]}
    assert len(rows) == 7
    assert all(row["this_study"]["value"] is not None for row in rows.values())
    assert 0.9 < rows["Dice, network"]["this_study"]["value"] < 1
    assert rows["Inter-observer ρ"]["paper"] == "0.85"


def test_simulated_readers_are_marked_on_page_pictures_and_files(folder: Path, report_page: Page) -> None:
    assert (
        report_page.text.count("SIMULATED READERS") >= 1
        and "This study, simulated readers" in report_page.text
    )
    assert json.loads((folder / "analysis.json").read_text())["simulated"] is True
    with (folder / "analysis.csv").open(newline="") as lines:
        assert {row["simulated"] for row in csv.DictReader(lines)} == {"True"}


def test_people_are_not_called_simulated(a_study: Study, tmp_path: Path) -> None:
    write_report(tmp_path, PROVENANCE | {"simulated": False, "known_truth": None}, *a_study)
    page = Page(tmp_path / "report.html")
    assert "imulated reader" not in page.text and "Simulated truth" not in page.text


def test_the_truth_of_simulated_readers_stands_beside_the_estimates(report_page: Page) -> None:
    assert "Simulated truth" in report_page.text and "0.600 ✓" in report_page.text


def test_provenance_is_on_the_page_and_in_the_json(folder: Path, report_page: Page) -> None:
    for fact in ("ab" * 32, "cd" * 32, "santini2018", "seeds readers", "SyntheticCECT"):
        assert fact in report_page.text
    assert json.loads((folder / "analysis.json").read_text())["study"]["seeds"]["readers"] == 12


def test_all_six_charts_are_drawn(report_page: Page) -> None:
    assert report_page.tags.count("svg") == 6
    # Pictures are left out: their letters are arbitrary.
    assert not re.search(r'c[xy]="nan|[ML]nan', re.sub(r"data:[^\"]*", "", report_page.html))


def test_each_strip_has_four_pictures(report_page: Page) -> None:
    assert report_page.html.count('<img src="data:image/jpeg') == 8


def test_a_study_without_strips_or_network_has_a_report(a_study: Study, tmp_path: Path) -> None:
    truths = [replace(truth, network=None) for truth in a_study[1]]
    write_report(tmp_path, {"title": "No network"}, a_study[0], truths)
    page = Page(tmp_path / "report.html")
    assert "img" not in page.tags and "no value" in page.text


def test_a_study_that_has_just_begun_has_a_report_full_of_reasons(a_study: Study, tmp_path: Path) -> None:
    write_report(tmp_path, {}, a_study[0][:3], a_study[1])
    page = Page(tmp_path / "report.html")
    assert "not enough" in page.text and "NaN" not in page.text and "nan to" not in page.text
    assert '": NaN' not in (tmp_path / "analysis.json").read_text()


def test_an_empty_study_has_a_report(tmp_path: Path) -> None:
    write_report(tmp_path, {"title": "Empty"}, [], [])
    assert "no reads on the non-contrast CT unaided" in Page(tmp_path / "report.html").text


def test_text_from_outside_cannot_become_markup(a_study: Study, tmp_path: Path) -> None:
    evil = "<script>alert(1)</script>"
    records = [replace(r, reader=evil if r.reader == "reader-1" else r.reader) for r in a_study[0]]
    strips = [replace(s, case_id=evil, drawn={evil: s.drawn["reader-1"]}) for s in a_study[2]]
    write_report(tmp_path, PROVENANCE | {"title": evil, "model": evil}, records, a_study[1], strips)
    assert "script" not in Page(tmp_path / "report.html").tags


def test_imrmc_scores_hold_first_reads_and_truth(folder: Path, a_study: Study) -> None:
    with (folder / "imrmc.csv").open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert list(rows[0]) == ["readerID", "caseID", "modalityID", "score"]
    truth = {row["caseID"]: float(row["score"]) for row in rows if row["readerID"] == "truth"}
    assert truth == {t.case_id: pytest.approx(t.la_ml + t.lv_ml) for t in a_study[1]}
    reads = [row for row in rows if row["readerID"] != "truth"]
    assert len(reads) == 3 * 6 * 2 and {row["modalityID"] for row in reads} == {UNAIDED, OVERLAY}
    assert {row["modalityID"] for row in rows if row["readerID"] == "truth"} == {"truth"}


def test_csv_and_json_hold_the_same_statistics(folder: Path) -> None:
    with (folder / "analysis.csv").open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    statistics = json.loads((folder / "analysis.json").read_text())["statistics"]
    assert len(rows) == len(statistics)
    for row, statistic in zip(rows, statistics, strict=True):
        assert row["statistic"] == statistic["statistic"]
        assert row["value"] == ("" if statistic["value"] is None else str(statistic["value"]))


def test_numbers_are_written_as_people_read_them() -> None:
    assert (number_text(-1.25, 1), number_text(-0.001, 2)) == ("−1.2", "0.00")
    assert (p_text(0.0002), p_text(0.034), p_text(0.5), p_text(None)) == ("< 0.001", "0.034", "0.50", "")
    assert [decimals_for(x) for x in (0.123, 12.3, -123.0)] == [3, 2, 1]
