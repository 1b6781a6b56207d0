"""What is read from a background process, and what people are told of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from SyntheticCECTLib.desktop.run_report import RunReport


def step(fraction: float, message: str = "working") -> str:
    return json.dumps({"progress": fraction, "message": message}) + "\n"


def test_progress_comes_in_pieces() -> None:
    report = RunReport(0.0)
    line = step(0.5, "registering")
    assert not report.read(line[:10], 1.0) and report.read(line[10:], 1.0)
    assert (report.progress.fraction, report.progress.message) == (0.5, "registering")


@pytest.mark.parametrize(
    ("fraction", "now_s", "text"),
    [
        (0.25, 10.0, "Working… about 30 s left"),
        (0.5, 120.0, "Working… about 2 min left"),
        (0.01, 10.0, "Working…"),
        (0.5, 0.5, "Working…"),
    ],
)
def test_time_left_is_told_only_when_it_can_be(fraction: float, now_s: float, text: str) -> None:
    report = RunReport(0.0)
    report.read(step(fraction), now_s)
    assert report.progress.text() == text


def test_what_our_command_line_says_while_it_writes_is_understood(tmp_path: Path) -> None:
    from SyntheticCECTLib.core.case_folder import write_case
    from Testing.small_case import case_result

    report, known = RunReport(0.0), list[bool]()
    report.read(step(0.7, "segmenting"), 1.0)
    assert not report.writing

    def tell(fraction: float, message: str) -> None:
        report.read(step(fraction, message), 1.0)
        known.append(report.writing)

    write_case(case_result(cect=None, reference=None), tmp_path, on_progress=tell, with_report=False)
    assert len(known) > 3 and all(known)


def test_lines_that_only_look_like_progress_are_kept_as_words() -> None:
    report = RunReport(0.0)
    report.read('{"other": 1}\n{broken\n', 1.0)
    assert list(report.lines) == ['{"other": 1}', "{broken"]


def test_refusal_is_the_programs_own_sentence() -> None:
    report = RunReport(0.0)
    report.read(step(0.1) + "synthetic-cect: The scan is no CT. Give a CT.", 1.0)
    failure = report.failure(2, False)
    assert failure.refused and failure.text() == "The scan is no CT. Give a CT."


def test_last_lines_of_a_crash_are_shown_and_no_more() -> None:
    report = RunReport(0.0)
    report.read("".join(f"line {number}\n" for number in range(100)), 1.0)
    text = report.failure(139, True).text()
    assert "line 99" in text and "line 92" in text and "line 91" not in text and "crashed (code 139)" in text


def test_crash_below_slicers_launcher_is_told_as_one() -> None:
    """PythonSlicer itself ends well then, with 1."""
    report = RunReport(0.0)
    report.read("reading\nerror: [/opt/Slicer/bin/python-real] exit abnormally - Report the problem.\n", 1.0)
    failure = report.failure(1, False)
    assert "crashed (code 1)" in failure.message and "not enough memory" in failure.remedy
    assert "Report the problem" not in failure.text() and failure.message.endswith("reading")


def test_silent_process_is_said_to_be_silent() -> None:
    assert "It said nothing." in RunReport(0.0).failure(1, False).message


@pytest.mark.parametrize(
    ("line", "remedy"),
    [
        ("No module named 'safetensors'", "Install what is missing"),
        ("CUDA error: no kernel image", "choose the CPU"),
        ("torch.OutOfMemoryError: CUDA out of memory", "not enough memory"),
    ],
)
def test_known_trouble_has_its_own_remedy(line: str, remedy: str) -> None:
    report = RunReport(0.0)
    report.read(line, 1.0)
    assert remedy in report.failure(1, False).remedy
