"""``synthetic-cect view``: the reading room as a program that the command line starts and ends."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from SyntheticCECTLib.cli.progress import Progress
from SyntheticCECTLib.cli.view_command import add_view, room_arguments, run
from SyntheticCECTLib.web.arguments import build_parser
from Testing.web.conftest import needs_room
from Testing.web.room_process import ENDS_WITHIN_S, ROOT


def parsed(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_view(parser.add_subparsers())
    return parser.parse_args(["view", *words])


def test_every_option_reaches_the_room() -> None:
    words = [
        "study", "--port", "8080", "--host", "0.0.0.0", "--token-file", "token", "--most-upload-mb", "10",
        "--idle-minutes", "5.0", "--rooms", "3", "--first-room-port", "9100", "--no-browser", "--coordinator", "--debug",
    ]  # fmt: skip
    assert room_arguments(parsed(*words)) == words
    there = vars(build_parser().parse_args(words))
    assert there["path"] == Path("study") and there["idle_minutes"] == 5 and there["coordinator"]
    assert room_arguments(parsed()) == []


@needs_room
@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 0)], ids=["terminated", "Ctrl-C"]
)
def test_ending_the_command_ends_the_room(tmp_path: Path, number: signal.Signals, status: int) -> None:
    environment = os.environ | {
        "PYTHONPATH": str(ROOT / "SyntheticCECT"),
        "TMPDIR": str(tmp_path),
        "PYTHONUNBUFFERED": "1",
    }
    command = subprocess.Popen(
        [sys.executable, "-m", "SyntheticCECTLib.cli", "view", "--no-browser"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, start_new_session=True,
    )  # fmt: skip
    assert command.stdout is not None and command.stderr is not None
    assert command.stdout.readline().startswith("Reading room: http://127.0.0.1:")
    if number == signal.SIGINT:
        os.killpg(command.pid, number)  # a terminal tells all that run in it
    else:
        command.send_signal(number)
    assert command.wait(ENDS_WITHIN_S) == status
    assert list(tmp_path.iterdir()) == []
    said = command.stderr.read()
    assert said == "", "what was read and judged before is kept"
    command.stdout.close()
    command.stderr.close()


def test_room_that_ends_by_itself_is_not_ended_by_force(monkeypatch: pytest.MonkeyPatch) -> None:
    class Room:
        """Ctrl-C comes while it runs; told by it as well, it ends in good order."""

        def __init__(self, *_: object, **__: object) -> None:
            self.ends = iter([KeyboardInterrupt(), None])

        def wait(self, timeout: float | None = None) -> int:
            error = next(self.ends)
            if error is not None:
                raise error
            return 0

        def terminate(self) -> None:
            raise AssertionError("its files and the drawing would be lost on Windows")

        kill = terminate

    monkeypatch.setattr(subprocess, "Popen", Room)
    run(parsed(), Progress())


def test_folder_that_is_not_there_is_refused_with_the_rooms_own_words(tmp_path: Path) -> None:
    environment = os.environ | {"PYTHONPATH": str(ROOT / "SyntheticCECT")}
    done = subprocess.run(
        [sys.executable, "-m", "SyntheticCECTLib.cli", "view", "--no-browser", str(tmp_path / "absent")],
        capture_output=True, text=True, env=environment, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "absent" in done.stderr
