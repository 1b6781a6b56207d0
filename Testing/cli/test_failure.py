"""How an exception becomes a line and an exit status."""

from __future__ import annotations

import errno

import pytest

from SyntheticCECTLib.cli import arguments
from SyntheticCECTLib.cli.__main__ import main
from SyntheticCECTLib.cli.failure import Terminated, explain, one_line
from SyntheticCECTLib.core.errors import Cancelled, InputRefused


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (InputRefused("not_ct", "It is an MR scan.", "Give a CT."), 2),
        (RuntimeError("broken"), 1),
        (MemoryError(), 1),
        (OSError(errno.ENOSPC, "No space left on device", "out/x.nrrd"), 1),
        (KeyboardInterrupt(), 130),
        (Cancelled(), 130),
        (Terminated(), 143),
    ],
)
def test_every_kind_of_end_has_its_status(error: BaseException, status: int) -> None:
    assert explain(error)[0] == status


def test_refusal_says_what_is_wrong_and_what_to_do() -> None:
    assert (
        explain(InputRefused("not_ct", "It is an MR scan.", "Give a CT."))[1]
        == "It is an MR scan. Give a CT."
    )


def test_full_disk_is_named_with_the_file() -> None:
    line = explain(OSError(errno.ENOSPC, "No space left on device", "out/x.nrrd"))[1]
    assert "out/x.nrrd" in line and "No space left" in line


def test_unexpected_error_asks_for_a_report() -> None:
    line = explain(ZeroDivisionError("division by zero"))[1]
    assert "ZeroDivisionError" in line and "--debug" in line


def test_message_is_one_printable_line() -> None:
    assert one_line("first\nsecond\r\x1b[31m  third\x00") == "first second [31m third"
    assert len(one_line("x" * 10_000)) == 600


def test_ctrl_c_before_the_arguments_are_read_is_a_line_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(arguments, "build_parser", interrupted)
    assert main(["models"]) == 130
    shown = capsys.readouterr()
    assert shown.err == "synthetic-cect: interrupted; nothing was written.\n" and shown.out == ""
