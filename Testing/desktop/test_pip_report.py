"""What people are told of pip's words."""

from __future__ import annotations

import pytest

from SyntheticCECTLib.desktop.pip_report import PipReport


def test_download_tells_its_file_its_share_and_the_time_left() -> None:
    report = PipReport()
    report.read(
        "  Downloading https://download.pytorch.org/whl/torch-2.10%2Bcpu.whl#sha256=1 (180 MB)\n", 0.0
    )
    assert report.progress.text() == "Downloading torch-2.10+cpu.whl (180 MB)…"
    report.read("Progress 0 of 2000\nProgress 10", 1.0)
    assert report.read("0 of 2000\n", 11.0)
    assert report.progress.fraction == 0.05 and "about 3 min left" in report.progress.text()
    report.read("Progress 500 of 0\n", 12.0)
    assert report.progress.fraction == 0.05
    report.read("Collecting sympy\n", 13.0)
    assert report.progress.text() == "Collecting sympy…"


def test_long_lines_are_shortened() -> None:
    report = PipReport()
    report.read("Installing collected packages: " + ", ".join(["nvidia-cublas-cu12"] * 30) + "\n", 0.0)
    assert len(report.progress.message) <= 120


def test_writing_lasts_until_pip_says_so() -> None:
    report = PipReport()
    for line, writing in (
        ("Collecting torch", False), ("Installing collected packages: torch", True),
        ("  Attempting uninstall: torch", True), ("Successfully installed torch-2.10.0", False),
    ):  # fmt: skip
        report.read(line + "\n", 0.0)
        assert report.writing is writing, line


@pytest.mark.parametrize(
    ("line", "remedy"),
    [
        ("ERROR: Could not install packages due to an OSError: [WinError 206] The filename", "short path"),
        ("ERROR: Could not install packages due to an OSError: [WinError 5] Access", "Restart Slicer"),
        ("ERROR: ... [Errno 28] No space left on device", "Free space"),
        ("ERROR: ResolutionImpossible: for help visit", "update Slicer"),
        ("Connection to pypi.org timed out", "Check the network"),
    ],
)
def test_known_trouble_has_its_own_remedy(line: str, remedy: str) -> None:
    report = PipReport()
    report.read(f"Collecting torch\n{line}", 0.0)
    failure = report.failure(1, False)
    assert remedy in failure.remedy and failure.message.endswith(f"Collecting torch\n{line}")


def test_silent_pip_is_said_to_be_silent() -> None:
    assert "crashed (code 9)" in PipReport().failure(9, True).message
    assert "It said nothing." in PipReport().failure(1, False).message
