"""What is accepted on the command line, and how a mistake is answered."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from SyntheticCECTLib.cli.arguments import build_parser
from SyntheticCECTLib.core.version import VERSION

ROOT = Path(__file__).resolve().parents[2] / "SyntheticCECT"
SYNTHESIZE = ["synthesize", "scan.nrrd", "-o", "out"]


@pytest.mark.parametrize(
    "command", ["demo", "synthesize", "threshold", "compare", "export", "phantom", "models", "view"]
)
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        build_parser().parse_args([command, "--help"])
    shown = capsys.readouterr().out
    assert ended.value.code == 0
    assert "--json" in shown and "--progress" in shown and "Research use only" in shown


@pytest.mark.parametrize(
    ("mistake", "named"),
    [
        ([], "COMMAND"),
        (["paint"], "paint"),
        (["synthesize"], "SCAN"),
        (["synthesize", "scan.nrrd"], "--output"),
        ([*SYNTHESIZE, "--threshold", "bright"], "bright"),
        ([*SYNTHESIZE, "--threshold", "nan"], "nan"),
        ([*SYNTHESIZE, "--threshold", "inf"], "inf"),
        ([*SYNTHESIZE, "--threshold", "5000"], "5000"),
        ([*SYNTHESIZE, "--progress", "loud"], "loud"),
        ([*SYNTHESIZE, "--colour"], "--colour"),
        (["threshold", "out"], "--threshold"),
        (["compare", "a.nrrd"], "REF"),
        (["export", "out"], "--dicom"),
        (["phantom", "-o", "out"], "--seed"),
        (["phantom", "--seed", "-3", "-o", "out"], "-3"),
    ],
)
def test_mistake_is_named_in_one_line(
    mistake: list[str], named: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        build_parser().parse_args(mistake)
    error = capsys.readouterr().err
    assert ended.value.code == 2
    assert error.count("\n") == 1
    assert named in error and "--help" in error


def test_threshold_may_be_negative() -> None:
    assert build_parser().parse_args(["threshold", "out", "--threshold", "-50.5"]).threshold == -50.5


def test_defaults_are_the_models_own_threshold_and_any_device() -> None:
    options = build_parser().parse_args(SYNTHESIZE)
    assert options.threshold is None and options.model is None and options.device == "auto"
    assert options.reference_on == "ct" and not options.json and options.progress is None


def test_version_is_printed() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "SyntheticCECTLib.cli", "--version"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.strip() == f"synthetic-cect {VERSION}"


def test_help_waits_for_no_heavy_library() -> None:
    script = (
        "import sys\n"
        "from SyntheticCECTLib.cli.__main__ import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "print(sorted({'numpy', 'scipy', 'SimpleITK', 'torch', 'pydicom', 'tqdm'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.strip().endswith("[]")
