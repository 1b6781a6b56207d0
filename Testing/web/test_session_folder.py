"""Nothing of a patient stays behind when a session ends, however it ends."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from SyntheticCECTLib.web.door.session_folder import PREFIX, remove_left_behind, session_folder
from Testing.web.room_process import RoomProcess


def test_folder_is_private_and_gone_at_the_end(tmp_path: Path) -> None:
    with session_folder(tmp_path) as folder:
        (folder / "patient.nrrd").write_text("x")
        assert folder.stat().st_mode & 0o077 == 0
    assert list(tmp_path.iterdir()) == []


def test_folder_goes_when_the_work_fails(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), session_folder(tmp_path):
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_folder_of_a_dead_process_is_swept_up_and_that_of_a_living_one_stays(tmp_path: Path) -> None:
    dead, living = tmp_path / f"{PREFIX}4194304-a", tmp_path / f"{PREFIX}{os.getpid()}-b"
    dead.mkdir()
    living.mkdir()
    assert remove_left_behind(tmp_path) == [dead]
    assert list(tmp_path.iterdir()) == [living]


def test_server_that_is_ended_or_killed_leaves_no_folder(
    open_room: Callable[..., RoomProcess], tmp_path: Path
) -> None:
    killed = open_room()
    assert len(list(tmp_path.glob(f"{PREFIX}*"))) == 1
    killed.kill()
    ended = open_room()
    assert len(list(tmp_path.glob(f"{PREFIX}*"))) == 1, "the killed one's folder is still there"
    assert ended.stop() == 0
    assert list(tmp_path.glob(f"{PREFIX}*")) == []
