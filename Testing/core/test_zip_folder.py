"""A zip or folder with one volume file is read, and a hostile zip does nothing."""

from __future__ import annotations

import tempfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from SyntheticCECTLib.core.formats import zip_folder
from SyntheticCECTLib.core.scan import read_scan
from Testing.core.small_scans import chest, image_of, refusal_of, values


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder for everything that is written temporarily."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def test_a_folder_or_zip_with_one_volume_file_is_read_and_two_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "case"
    folder.mkdir()
    sitk.WriteImage(image_of(chest()), str(folder / "a.nhdr"))
    (folder / "readme.txt").write_text("hello")
    with zipfile.ZipFile(tmp_path / "case.zip", "w") as archive:
        for file in folder.iterdir():
            archive.write(file, f"some where/{file.name}")
    assert np.array_equal(values(read_scan(folder)), chest())
    assert np.array_equal(values(read_scan(tmp_path / "case.zip")), chest())
    sitk.WriteImage(image_of(chest()), str(folder / "b.nrrd"))
    assert refusal_of(folder).code == "several_files"


def test_the_folder_that_macos_adds_is_not_unpacked(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "case.zip", "w") as archive:
        for name in ("a.txt", "__MACOSX/._a.txt", "sub/__MACOSX/b.txt"):
            archive.writestr(name, "hello")
    with zip_folder.unpacked(tmp_path / "case.zip") as folder:
        assert [file.name for file in folder.rglob("*") if file.is_file()] == ["a.txt"]


def test_names_in_a_zip_play_no_tricks_and_nothing_is_left(tmp_path: Path, temporary: Path) -> None:
    sitk.WriteImage(image_of(chest()), str(tmp_path / "a.nrrd"))
    with zipfile.ZipFile(tmp_path / "evil.zip", "w") as archive:
        archive.write(tmp_path / "a.nrrd", "../../../escaped.nrrd")
        for name in ("/absolute.txt", "..\\..\\windows.txt", "C:\\x.txt", "a/../../b.txt", "con\0nul"):
            archive.writestr(name, "hello")
    assert np.array_equal(values(read_scan(tmp_path / "evil.zip")), chest())
    assert {file.name for file in tmp_path.iterdir()} == {"a.nrrd", "evil.zip", "temporary"}
    assert list(temporary.iterdir()) == []


def test_a_zip_bomb_is_refused_and_nothing_is_left(
    tmp_path: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", bytes(5 << 20))
    monkeypatch.setattr(zip_folder, "MAX_BYTES", 1 << 20)
    assert refusal_of(tmp_path / "bomb.zip").code == "too_large"
    assert list(temporary.iterdir()) == []
    monkeypatch.setattr(zip_folder, "MAX_FILES", 0)
    assert refusal_of(tmp_path / "bomb.zip").code == "too_large"


def test_a_damaged_zip_is_refused(tmp_path: Path, temporary: Path) -> None:
    sitk.WriteImage(image_of(chest()), str(tmp_path / "a.nrrd"))
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(tmp_path / "a.nrrd", "a.nrrd")
    whole = (tmp_path / "a.zip").read_bytes()
    for damaged in (whole[:-30], whole[:200], whole[:300] + b"????" + whole[304:]):
        (tmp_path / "a.zip").write_bytes(damaged)
        assert refusal_of(tmp_path / "a.zip").code == "bad_zip"
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_damage_in_any_way_of_packing_is_called_damage(tmp_path: Path, method: int) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w", method) as archive:
        archive.writestr("a.raw", chest().tobytes())
    data = bytearray((tmp_path / "a.zip").read_bytes())
    for place in range(60, len(data) - 200, 37):
        data[place] ^= 0x5A
    (tmp_path / "a.zip").write_bytes(data)
    refusal = refusal_of(tmp_path / "a.zip")
    assert refusal.code == "bad_zip" and "None" not in refusal.message
