"""Who may open the reading room to a network, and how."""

from __future__ import annotations

from pathlib import Path

import pytest

from SyntheticCECTLib.core.errors import InputRefused
from SyntheticCECTLib.web.__main__ import main
from SyntheticCECTLib.web.arguments import build_parser, is_loopback, token_of


def test_default_is_this_computer_only() -> None:
    assert is_loopback(build_parser().parse_args([]).host)
    assert not is_loopback("0.0.0.0")


def test_network_without_a_token_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--host", "0.0.0.0"]) == 2
    assert "token" in capsys.readouterr().err


@pytest.mark.parametrize("token", ["short", "x" * 15, "spaces are no good here", "Ünïcödé-" * 4])
def test_weak_token_is_refused(token: str) -> None:
    with pytest.raises(InputRefused) as refusal:
        token_of("127.0.0.1", token)
    assert refusal.value.code == "weak_token"


def test_token_of_ones_own_is_taken() -> None:
    assert token_of("0.0.0.0", " abcdefghijklmnop-1234\n") == "abcdefghijklmnop-1234"
    assert token_of("127.0.0.1", None) is None


def test_path_that_is_not_there_is_named(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main([str(tmp_path / "absent.nrrd")]) == 2
    assert "absent.nrrd" in capsys.readouterr().err
