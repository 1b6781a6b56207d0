"""What the browser may send: scans of limited size, and nothing that does harm."""

from __future__ import annotations

import asyncio
import io
import json
import stat
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk

from SyntheticCECTLib.core.errors import InputRefused
from SyntheticCECTLib.web.door import zip_check
from SyntheticCECTLib.web.door.upload import Uploads
from SyntheticCECTLib.web.door.zip_check import refuse_bad_zip
from Testing.web.room_process import RoomProcess
from Testing.web.test_access import ask, cookie_of


def zip_of(folder: Path, *names: str, content: bytes = b"x", link: bool = False) -> Path:
    path = folder / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            member = zipfile.ZipInfo(name)
            member.compress_type = zipfile.ZIP_DEFLATED
            if link:
                member.external_attr = (stat.S_IFLNK | 0o777) << 16
            archive.writestr(member, content)
    return path


@pytest.mark.parametrize("name", ["../outside.dcm", "/etc/passwd", "a/../../b", "C:\\b.dcm", "..\\b.dcm"])
def test_zip_whose_names_lead_out_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputRefused) as refusal:
        refuse_bad_zip(zip_of(tmp_path, "good.dcm", name))
    assert refusal.value.code == "zip_path"


def test_zip_with_a_link_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputRefused) as refusal:
        refuse_bad_zip(zip_of(tmp_path, "scan.dcm", content=b"/etc/passwd", link=True))
    assert refusal.value.code == "zip_link"


def test_zip_that_grows_a_thousandfold_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputRefused) as refusal:
        refuse_bad_zip(zip_of(tmp_path, "bomb", content=bytes(zip_check.RATIO_COUNTS_FROM_BYTES + 1)))
    assert refusal.value.code == "zip_bomb"


def test_zip_with_too_many_files_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zip_check, "MOST_FILES", 2)
    with pytest.raises(InputRefused, match="3 files"):
        refuse_bad_zip(zip_of(tmp_path, "a", "b", "c"))


def test_zip_that_is_none_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(b"PK\x03\x04 and then nothing")
    with pytest.raises(InputRefused) as refusal:
        refuse_bad_zip(path)
    assert refusal.value.code == "bad_zip"


def test_zip_of_an_ordinary_series_passes(tmp_path: Path) -> None:
    refuse_bad_zip(zip_of(tmp_path, "series/1.dcm", "series/2.dcm", content=bytes(range(256)) * 40))


def small_nrrd(folder: Path) -> bytes:
    path = folder / "small.nrrd"
    sitk.WriteImage(sitk.GetImageFromArray(np.zeros((4, 4, 4), np.int16)), str(path))
    return path.read_bytes()


def send(room: RoomProcess, content: bytes, ending: str, into: str = "") -> tuple[int, dict[str, str]]:
    path = f"/upload?ending={ending}" + (f"&into={into}" if into else "")
    answer = ask(room, path, "POST", {"Cookie": cookie_of(room)}, content)
    return answer.status, json.loads(answer.read())


@pytest.mark.parametrize(
    ("content", "ending"),
    [(b"MZ\x90 a program", ".exe"), (b"just text", ".nrrd"), (b"%PDF-1.7", ".zip"), (b"", ".dcm")],
)
def test_file_that_is_no_scan_is_refused_with_a_remedy(
    room: RoomProcess, content: bytes, ending: str
) -> None:
    status, said = send(room, content, ending)
    assert status == 415
    assert said["remedy"]


def test_zip_with_a_path_trick_is_refused_by_the_server(room: RoomProcess) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("../../outside.dcm", "x")
    status, said = send(room, packed.getvalue(), ".zip")
    assert (status, said["code"]) == (415, "zip_path")


@pytest.mark.parametrize("into", ["../../tmp", "0" * 31, "g" * 32, "/" * 32])
def test_upload_into_a_made_up_place_is_refused(room: RoomProcess, into: str) -> None:
    assert send(room, b"NRRD0004", ".nrrd", into)[0] == 415


def test_scan_is_taken_and_its_name_is_not(room: RoomProcess, tmp_path: Path) -> None:
    status, said = send(room, small_nrrd(tmp_path), ".nrrd")
    assert status == 200
    kept = list(room.log.parent.glob(f"synthetic-cect-room-*/upload-{said['into']}/*"))
    assert [file.name for file in kept] == ["scan-00000.nrrd"]
    assert kept[0].parent.stat().st_mode & 0o077 == 0


class Sent:
    """A request whose body comes in two pieces.

    Args:
        body: What is sent.
    """

    def __init__(self, body: bytes) -> None:
        self.query, self.content, self._body = {"ending": ".nrrd"}, self, body

    async def iter_chunked(self, _: int) -> AsyncIterator[bytes]:
        half = len(self._body) // 2
        for piece in (self._body[:half], self._body[half:]):
            yield piece


def test_file_that_was_too_large_takes_no_room_from_the_next_one(tmp_path: Path) -> None:
    scan = small_nrrd(tmp_path)
    uploads = Uploads(tmp_path, len(scan))

    def status(body: bytes) -> int:
        request: Any = Sent(body)
        return asyncio.run(uploads._receive(request)).status

    assert status(2 * scan + b"more") == 413
    assert status(scan) == 200
    assert status(scan) == 413
