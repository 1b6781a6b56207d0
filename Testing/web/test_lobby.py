"""Several readers at once: a room for each, and nobody in another's."""

from __future__ import annotations

import argparse
import random
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from SyntheticCECTLib.core.errors import InputRefused
from SyntheticCECTLib.web.__main__ import main
from SyntheticCECTLib.web.arguments import build_parser
from SyntheticCECTLib.web.door.announcement import announce
from SyntheticCECTLib.web.door.session_folder import PREFIX
from Testing.web.conftest import Visitor, needs_room
from Testing.web.room_process import RoomProcess

ROOMS = 2
STARTS_WITHIN_MS = 180_000


def free_ports(count: int) -> int:
    """The first of so many free ports in a row."""
    for first in random.sample(range(20_000, 60_000 - count), 1000):
        try:
            for port in range(first, first + count):
                socket.create_server(("127.0.0.1", port)).close()
        except OSError:
            continue
        return first
    raise AssertionError("no free ports")


@pytest.fixture(scope="module")
def lobby(
    tmp_path_factory: pytest.TempPathFactory, patient_folder: Path
) -> Iterator[tuple[RoomProcess, Path]]:
    """A lobby with two rooms, and where all of them make their temporary files."""
    place = tmp_path_factory.mktemp("lobby")
    running = RoomProcess(
        "--sample", patient_folder, "--rooms", str(ROOMS), "--first-room-port", str(free_ports(ROOMS)),
        "--idle-minutes", "0.05", temporary=place,
    )  # fmt: skip
    yield running, place
    assert running.stop() == 0
    assert not session_folders(place), "a room outlived its lobby, or left files behind"


def session_folders(place: Path) -> set[Path]:
    """Of the lobby and of its rooms."""
    return set(place.glob(f"{PREFIX}*"))


def enter(visitor: Visitor, lobby: RoomProcess) -> None:
    visitor.page.goto(lobby.address)
    visitor.page.click("[data-action=open-room]")
    visitor.page.wait_for_selector("[data-page=start]", timeout=STARTS_WITHIN_MS)


def status_of(visitor: Visitor) -> str:
    return visitor.page.inner_text("[role=status]")


@needs_room
def test_two_readers_never_see_each_others_patient(lobby: tuple[RoomProcess, Path], chromium: Any) -> None:
    process, place = lobby
    anna, ben, cara = (Visitor(chromium) for _ in range(3))
    before = session_folders(place)
    enter(anna, process)
    anna.page.click("[data-action=try]")
    anna.page.wait_for_selector("[data-panel=synthesize]")
    enter(ben, process)
    assert ben.page.url != anna.page.url
    assert ben.page.locator("[data-page=start]").count() == 1, (
        "the second reader sees the first one's patient"
    )
    assert len(session_folders(place) - before) == 2
    assert ben.page.request.get(anna.page.url).status == 403
    assert "token" not in ben.page.url

    cara.page.goto(process.address)
    assert status_of(cara) == f"0 of {ROOMS} rooms are free."
    cara.page.click("[data-action=open-room]")
    cara.page.wait_for_function(
        "() => document.querySelector('[role=status]').innerText.includes('are taken')"
    )
    assert [*anna.complaints, *ben.complaints] == []

    anna.close()
    for _ in range(120):
        cara.page.reload()
        if status_of(cara).startswith("1"):
            break
        cara.page.wait_for_timeout(500)
    assert status_of(cara) == f"1 of {ROOMS} rooms are free.", "a room that was left does not end"
    assert len(session_folders(place) - before) == 1, "its files are still there"
    assert ben.page.locator("[data-page=start]").count() == 1
    ben.close()
    cara.close()


@needs_room
def test_lobby_opens_with_its_token_only(lobby: tuple[RoomProcess, Path], visitor: Visitor) -> None:
    process, _ = lobby
    answer = visitor.page.goto(process.base)
    assert answer is not None and answer.status == 403
    assert visitor.page.request.post(f"{process.base}room").status == 403
    assert process.token not in process.log.read_text()


@needs_room
def test_closed_terminal_ends_the_lobby(open_room: Callable[..., RoomProcess], tmp_path: Path) -> None:
    lobby = open_room("--rooms", "1", "--first-room-port", str(free_ports(1)))
    assert session_folders(tmp_path)
    assert lobby.hang_up() == 0
    assert not session_folders(tmp_path)


@needs_room
def test_lobby_stays_on_this_computer(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--rooms", "2", "--host", "0.0.0.0"]) == 2
    assert "nginx" in capsys.readouterr().err
    assert main(["--rooms", "0"]) == 2
    assert "1 or more" in capsys.readouterr().err


@needs_room
def test_port_that_something_else_uses_is_named(tmp_path: Path) -> None:
    from SyntheticCECTLib.web.lobby.rooms import Rooms

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(InputRefused, match=str(port)) as refusal:
            Rooms(tmp_path, [], port, 1)
    assert refusal.value.code == "port_taken"


@needs_room
def test_rooms_are_opened_on_what_the_lobby_was_opened_on() -> None:
    from SyntheticCECTLib.web.lobby.lobby_server import room_arguments

    given = ["study", "--coordinator", "--most-upload-mb", "10", "--sample", "patient", "--rooms", "3"]
    options = build_parser().parse_args(room_arguments(build_parser().parse_args(given), 7.5))
    assert (options.path, options.sample) == (Path("study"), Path("patient"))
    assert (options.coordinator, options.most_upload_mb, options.idle_minutes) == (True, 10, 7.5)


@pytest.mark.parametrize(("own_token", "printed"), [(True, False), (False, True)])
def test_token_of_ones_own_is_not_printed(
    own_token: bool, printed: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    options = argparse.Namespace(host="127.0.0.1", no_browser=True)
    announce(options, "Reading room", 8080, "a-token-of-mine-1", own_token)
    said = capsys.readouterr().out
    assert said.startswith("Reading room: http://127.0.0.1:8080/")
    assert ("a-token-of-mine-1" in said) is printed
