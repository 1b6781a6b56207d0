"""Nothing of a patient stays behind when a session ends, however it ends."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from SyntheticCECTLib.web.door.session_folder import PREFIX, remove_left_behind, session_folder
from Testing.web.room_process import ROOT, RoomProcess


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
    program = (
        "import os, sys; from SyntheticCECTLib.web.door.session_folder import session_folder\n"
        "with session_folder(sys.argv[1]) as folder: (folder / 'patient.nrrd').write_text('x'); os._exit(1)"
    )
    environment = os.environ | {"PYTHONPATH": str(ROOT / "SyntheticCECT")}
    with session_folder(tmp_path) as living:
        subprocess.run([sys.executable, "-c", program, str(tmp_path)], env=environment, check=False)
        (dead,) = set(tmp_path.glob(f"{PREFIX}*")) - {living}
        assert remove_left_behind(tmp_path) == [dead]
        assert list(tmp_path.glob(f"{PREFIX}*")) == [living]
    assert list(tmp_path.iterdir()) == []


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
