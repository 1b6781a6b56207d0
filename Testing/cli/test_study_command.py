"""Observer studies from the command line, as a coordinator would set them up and analyse them."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import SimpleITK as sitk

from SyntheticCECTLib.cli import study_demo
from SyntheticCECTLib.cli.__main__ import main
from SyntheticCECTLib.cli.arguments import build_parser
from SyntheticCECTLib.core.case_folder import write_case
from SyntheticCECTLib.core.formats.label_file import write_chambers
from SyntheticCECTLib.study.design.case_source import CaseImages
from SyntheticCECTLib.study.session import ReadingSession
from SyntheticCECTLib.study.store.database import Database, sqlite_url
from SyntheticCECTLib.study.store.migration import upgrade
from Testing.small_case import blocks, case_result, image_of, labels

Shown = pytest.CaptureFixture[str]


@pytest.fixture
def cases(tmp_path: Path) -> list[str]:
    folders = [tmp_path / f"scan-{number}" for number in (1, 2, 3)]
    folders[0].mkdir()
    write_case(case_result(), folders[0])
    for folder in folders[1:]:
        shutil.copytree(folders[0], folder)
    return [str(folder) for folder in folders]


def said(shown: Shown) -> dict[str, Any]:
    return json.loads(shown.readouterr().out)


def created(cases: list[str], folder: Path, shown: Shown, *more: str) -> dict[str, Any]:
    status = main(
        ["study", "create", *cases, "-o", str(folder), "--reader", "Anna", "--reader", "Ben", "--json", *more]
    )
    assert status == 0
    return said(shown)


def test_study_is_created_read_followed_exported_and_analysed(
    cases: list[str], tmp_path: Path, capsys: Shown
) -> None:
    folder = tmp_path / "study"
    made = created(cases, folder, capsys, "--repeats", "1", "--slices-per-patient", "2", "--name", "Trial")
    assert made["cases"] == 3 and made["reads"] == 8 and set(made["tokens"]) == {"Anna", "Ben"}
    session = ReadingSession(folder, made["tokens"]["Anna"])
    for _ in range(2):
        session.submit(labels(), seconds=30.0, confidence=5, comment="=HYPERLINK(1)")
        session.next_unread()
    session.close()

    assert main(["study", "status", str(folder), "--json"]) == 0
    readers = {one["reader"]: one for one in said(capsys)["readers"]}
    assert (readers["Anna"]["done"], readers["Anna"]["of"], readers["Ben"]["done"]) == (2, 4, 0)
    assert readers["Ben"]["last_read_at"] is None

    assert main(["study", "export", str(folder), "-o", str(tmp_path / "out"), "--json"]) == 0
    assert said(capsys)["reads"] == 2
    reads = json.loads((tmp_path / "out" / "reads.json").read_text())["reads"]
    assert [read["dice"] for read in reads] == [1.0, 1.0] and all(len(read["slices"]) == 2 for read in reads)
    table = (tmp_path / "out" / "reads.csv").read_text()
    assert table.count("\n") == 3 and table.count(",'=HYPERLINK(1),") == 2, (
        "no spreadsheet takes it for a formula"
    )
    masks = sorted((tmp_path / "out" / "masks").iterdir())
    assert len(masks) == 2 and all(mask.name.startswith("Anna_scan-") for mask in masks)
    assert (sitk.GetArrayFromImage(sitk.ReadImage(str(masks[0]))) == sitk.GetArrayFromImage(labels())).all()

    assert main(["study", "analyse", str(folder), "-o", str(tmp_path / "report"), "--json"]) == 0
    analysed = said(capsys)
    assert analysed["reads"] == 2 and analysed["simulated"] is False
    page = (tmp_path / "report" / "report.html").read_text()
    assert "Trial" in page and analysed["reads_sha256"] in page and "SIMULATED READERS" not in page


def test_reader_reads_in_a_folder_of_his_own(cases: list[str], tmp_path: Path, capsys: Shown) -> None:
    study, own = str(tmp_path / "study"), str(tmp_path / "for-anna")
    token = created(cases, tmp_path / "study", capsys)["tokens"]["Anna"]
    assert main(["study", "hand-out", study, "--reader", "Anna", "-o", own, "--json"]) == 0
    assert said(capsys) == {"folder": own, "reader": "Anna", "tasks": 3, "reads": 0}
    session = ReadingSession(own, token)
    session.submit(labels(), seconds=30.0)
    session.close()
    assert main(["study", "collect", study, own, "--json"]) == 0
    assert said(capsys) == {
        "new": 1, "folders": [{"folder": own, "reader": "Anna", "new": 1, "reads": 1}],
    }  # fmt: skip
    assert main(["study", "status", study, "--json"]) == 0
    assert [one["done"] for one in said(capsys)["readers"]] == [1, 0]
    assert main(["study", "hand-out", study, "--reader", "Zoe", "-o", str(tmp_path / "z")]) == 2
    assert "no reader 'Zoe'" in capsys.readouterr().err
    assert main(["study", "collect", study, str(tmp_path)]) == 2
    assert "is not a study" in capsys.readouterr().err


def test_masks_are_imported_by_name(cases: list[str], tmp_path: Path, capsys: Shown) -> None:
    folder, drawn = tmp_path / "study", tmp_path / "drawn"
    created(cases, folder, capsys)
    drawn.mkdir()
    write_chambers(drawn / "ben-scan-2.seg.nrrd", labels())
    arguments = ["study", "import", str(folder), str(drawn), "--pattern", "{reader}-{case}", "--json"]
    assert main(arguments) == 0
    first = said(capsys)
    assert (
        first["imported"] == 1 and first["files"][0]["reader"] == "Ben" and first["files"][0]["version"] == 1
    )
    assert main(arguments) == 0
    assert (said(capsys)["there_already"]) == 1


def test_key_may_lie_elsewhere(cases: list[str], tmp_path: Path, capsys: Shown) -> None:
    created(cases, tmp_path / "study", capsys)
    (tmp_path / "study" / "coordinator").rename(tmp_path / "safe")
    assert main(["study", "export", str(tmp_path / "study"), "-o", str(tmp_path / "out")]) == 2
    assert "coordinator" in capsys.readouterr().err and not (tmp_path / "out").exists()
    export = [
        "study",
        "export",
        str(tmp_path / "study"),
        "-o",
        str(tmp_path / "out"),
        "--key",
        str(tmp_path / "safe"),
    ]
    assert main(export) == 0


def test_old_study_asks_for_an_upgrade_and_gets_it(cases: list[str], tmp_path: Path, capsys: Shown) -> None:
    created(cases, tmp_path / "study", capsys)
    (tmp_path / "study" / "study.sqlite").unlink()
    upgrade(Database(sqlite_url(tmp_path / "study" / "study.sqlite")), "0001")
    assert main(["study", "status", str(tmp_path / "study")]) == 2
    assert "study upgrade" in capsys.readouterr().err
    assert main(["study", "upgrade", str(tmp_path / "study"), "--json"]) == 0
    assert said(capsys) == {"before": "0001", "after": "0003"}
    assert main(["study", "status", str(tmp_path / "study")]) == 0


def test_refusal_is_one_line_and_leaves_nothing(cases: list[str], tmp_path: Path, capsys: Shown) -> None:
    for arguments, named in (
        (
            ["study", "create", *cases, "-o", str(tmp_path / "s"), "--reader", "A", "--repeats", "9"],
            "9 cases",
        ),
        (["study", "create", str(tmp_path), "-o", str(tmp_path / "s"), "--reader", "A"], "neither a result"),
        (
            ["study", "create", *cases, "-o", str(tmp_path / "s"), "--reader", "A", "--washout-days", "nan"],
            "nan",
        ),
        (["study", "status", str(tmp_path)], "is not a study"),
        (["study", "analyse", str(tmp_path / "none"), "-o", str(tmp_path / "r")], "is not a study"),
    ):
        assert main(arguments) == 2
        error = capsys.readouterr().err
        assert error.count("\n") == 1 and error.startswith("synthetic-cect: ") and named in error
        assert not (tmp_path / "s").exists() and not (tmp_path / "r").exists()


def test_sample_size_answers_each_wish(capsys: Shown) -> None:
    # Bonett 2002: 4 raters, ICC 0.85, width 0.2 gives 20 cases. Bland: 192 repeats for a within-SD to 10 %.
    wishes = ["--icc", "0.85", "--icc-width", "0.2", "--readers", "4", "--within-percent", "10"]
    assert main(["study", "sample-size", *wishes, "--json"]) == 0
    found = said(capsys)
    assert found["cases_for_icc"] == 20 and "cases_for_limits" not in found
    assert found["repeated_reads"] in (192, 193)
    assert found["repeats_of_each_reader"] == -(-found["repeated_reads"] // 4)
    assert main(["study", "sample-size", "--limits", "0.34", "--sd", "1"]) == 0
    assert re.search(r"Cases, limits +(9\d|10\d): ", capsys.readouterr().out)


@pytest.mark.parametrize(
    ("wishes", "named"),
    [
        ([], "Nothing was asked for"),
        (["--limits", "3"], "--limits and --sd"),
        (["--icc", "0.9"], "--icc-width and --icc"),
        (["--limits", "-3", "--sd", "4"], "-3"),
        (["--icc", "1.2", "--icc-width", "0.1"], "1.2"),
        (["--icc", "0.9", "--icc-width", "0.1", "--readers", "1"], "two or more"),
        (["--within-percent", "nan"], "nan"),
    ],
)
def test_wish_that_cannot_be_met_is_refused(wishes: list[str], named: str, capsys: Shown) -> None:
    assert main(["study", "sample-size", *wishes]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and named in error


def test_demo_makes_reads_and_analyses_a_study_that_says_simulated(
    tmp_path: Path, capsys: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    def patient(seed: int) -> CaseImages:
        return CaseImages(image_of(blocks()), None, labels(), labels(), "blocks")

    monkeypatch.setattr(study_demo, "_patient", patient)
    out = tmp_path / "demo"
    assert (
        main(["study", "demo", "-o", str(out), "--cases", "3", "--readers", "2", "--repeats", "1", "--json"])
        == 0
    )
    shown = said(capsys)
    assert shown["simulated"] is True and shown["reads"] == 2 * 4 and shown["cases"] == 3
    assert "SIMULATED READERS" in (out / "report.html").read_text()
    assert main(["study", "status", shown["study"], "--json"]) == 0
    assert all(one["done"] == one["of"] == 4 for one in said(capsys)["readers"])
    assert main(["study", "demo", "-o", str(out)]) == 2
    assert "is there already" in capsys.readouterr().err


@pytest.mark.parametrize(
    "action",
    [
        "sample-size",
        "create",
        "status",
        "hand-out",
        "collect",
        "import",
        "analyse",
        "export",
        "upgrade",
        "demo",
    ],
)
def test_every_action_explains_itself(action: str, capsys: Shown) -> None:
    with pytest.raises(SystemExit) as ended:
        build_parser().parse_args(["study", action, "--help"])
    shown = capsys.readouterr().out
    assert ended.value.code == 0
    assert "--json" in shown and "--progress" in shown and "Research use only" in shown


@pytest.mark.parametrize(
    ("mistake", "named"),
    [
        (["study"], "ACTION"),
        (["study", "paint"], "paint"),
        (["study", "create", "a", "-o", "s"], "--reader"),
        (["study", "create", "a", "-o", "s", "--reader", "A", "--condition", "blind"], "blind"),
        (["study", "create", "a", "-o", "s", "--reader", "A", "--slices-per-study", "0"], "'0'"),
        (["study", "demo", "--cases", "few"], "few"),
    ],
)
def test_mistake_is_named_in_one_line(mistake: list[str], named: str, capsys: Shown) -> None:
    with pytest.raises(SystemExit) as ended:
        build_parser().parse_args(mistake)
    error = capsys.readouterr().err
    assert ended.value.code == 2 and error.count("\n") == 1 and named in error
