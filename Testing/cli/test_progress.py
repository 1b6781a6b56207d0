"""The three ways of showing progress."""

from __future__ import annotations

import builtins
import io
import json
import sys
from typing import Any

import pytest

from SyntheticCECTLib.cli.progress import BarProgress, JsonProgress, Progress, TextProgress, make_progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_json_progress_is_one_object_a_line() -> None:
    stream = io.StringIO()
    progress = JsonProgress(stream)
    progress(0.25, "registering")
    progress(0.25, "registering")
    progress(1.5, 'done "well"')
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert lines == [
        {"progress": 0.25, "message": "registering"},
        {"progress": 1.0, "message": 'done "well"'},
    ]


def test_progress_never_walks_backwards() -> None:
    stream = io.StringIO()
    progress = JsonProgress(stream)
    for fraction in (0.5, 0.3, -1.0, 0.6):
        progress(fraction, "searching")
    assert [json.loads(line)["progress"] for line in stream.getvalue().splitlines()] == [0.5, 0.6]


def test_bar_shows_share_and_stage() -> None:
    stream = Terminal()
    with BarProgress(stream) as progress:
        progress(0.5, "registering")
    assert "50%" in stream.getvalue() and "registering" in stream.getvalue()


def test_bar_without_tqdm_is_still_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    real_import = builtins.__import__

    def without_tqdm(name: str, *rest: Any, **more: Any) -> Any:
        if name == "tqdm":
            raise ImportError(name)
        return real_import(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without_tqdm)
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    with make_progress("bar") as progress:
        assert isinstance(progress, TextProgress)
        progress(0.5, "registering")
    assert "50 % registering" in stream.getvalue()
    assert stream.getvalue().endswith("\r")


def test_log_file_gets_no_bar_and_a_terminal_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    assert type(make_progress(None)) is Progress
    monkeypatch.setattr(sys, "stderr", Terminal())
    assert isinstance(make_progress(None), BarProgress)


def test_no_progress_writes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with make_progress("none") as progress:
        progress(0.5, "registering")
    assert capsys.readouterr() == ("", "")
