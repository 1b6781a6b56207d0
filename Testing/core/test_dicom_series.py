"""A DICOM series comes in from folder, zip or a real scanner, without identities."""

from __future__ import annotations

import hashlib
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from SyntheticCECTLib.core.scan import read_scan
from Testing.core.small_scans import (
    DATA,
    chest,
    image_of,
    notices,
    refusal_of,
    same_geometry,
    values,
    write_series,
)

REAL = DATA / "lungdx_a0001_native_dicom"
needs_real = pytest.mark.skipif(not REAL.is_dir(), reason="needs the real scans in ../shared/data")


def test_a_series_comes_in_with_its_hu_and_its_place(tmp_path: Path) -> None:
    write_series(tmp_path, chest())
    scan = read_scan(tmp_path)
    assert np.array_equal(values(scan), chest())
    assert same_geometry(scan.image, image_of(chest()))
    assert scan.notices == ()
    assert scan.metadata["kilovolt"] == 120
    assert scan.metadata["contrast_agent"] is None


def test_file_names_folders_and_other_files_do_not_matter(tmp_path: Path) -> None:
    paths = write_series(tmp_path / "first", chest())
    for index, path in enumerate(paths):
        target = tmp_path / f"{index % 3}" / f"IM{(index * 7) % 12}"
        target.parent.mkdir(exist_ok=True)
        shutil.move(path, target)
    (tmp_path / "LICENSE").write_text("free")
    (tmp_path / "picture.png").write_bytes(b"\x89PNG" + bytes(200))
    assert np.array_equal(values(read_scan(tmp_path)), chest())


def test_the_hash_covers_the_files_in_the_order_of_their_names(tmp_path: Path) -> None:
    paths = write_series(tmp_path, chest())
    expected = hashlib.sha256(b"".join(path.read_bytes() for path in sorted(paths))).hexdigest()
    assert read_scan(tmp_path).sha256 == expected


def test_a_zip_gives_what_its_folder_gives(tmp_path: Path) -> None:
    paths = write_series(tmp_path / "series", chest())
    with zipfile.ZipFile(tmp_path / "series.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path in reversed(paths):
            archive.write(path, f"study/{path.name}")
    zipped, folder = read_scan(tmp_path / "series.zip"), read_scan(tmp_path / "series")
    assert np.array_equal(values(zipped), values(folder))
    assert zipped.sha256 == folder.sha256
    assert zipped.description == folder.description


def test_files_that_cannot_be_read_are_counted(tmp_path: Path) -> None:
    write_series(tmp_path, chest())
    (tmp_path / "broken.dcm").write_bytes(b"garbage" * 10)
    assert notices(read_scan(tmp_path))["unreadable_files"].startswith("1 DICOM file")
    for path in tmp_path.glob("slice*"):
        path.unlink()
    assert refusal_of(tmp_path).code == "unreadable"


def test_what_macos_leaves_beside_the_slices_is_no_slice_that_is_missing(tmp_path: Path) -> None:
    paths = write_series(tmp_path / "series", chest())
    beside = b"\x00\x05\x16\x07\x00\x02\x00\x00Mac OS X        " + bytes(140)
    with zipfile.ZipFile(tmp_path / "series.zip", "w") as archive:
        for path in paths:
            archive.write(path, f"study/{path.name}")
            archive.writestr(f"__MACOSX/study/._{path.name}", beside)
            (path.parent / f"._{path.name}").write_bytes(beside)
    for given in (tmp_path / "series", tmp_path / "series.zip"):
        scan = read_scan(given)
        assert "unreadable_files" not in notices(scan)
        assert np.array_equal(values(scan), chest())


def test_no_identity_leaves_the_header(tmp_path: Path) -> None:
    write_series(
        tmp_path / "a",
        chest(),
        SeriesDescription="Thorax Jane DOE ID-4711 3mm",
        ProtocolName="Doe",
        Manufacturer="Doe Inc",
    )
    write_series(
        tmp_path / "b", chest(), SeriesNumber=8, SeriesDescription="doe^jane", ContrastBolusAgent="for Jane"
    )
    scan = read_scan(tmp_path, "3")
    text = f"{scan.description} {scan.metadata} {[n.message for n in read_scan(tmp_path).notices]} {refusal_of(tmp_path, '77')}"
    assert "Thorax" in text
    for secret in ("jane", "doe", "4711"):
        assert secret not in text.lower()


def test_reading_says_nothing_on_the_terminal(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    for path in write_series(tmp_path, chest(), KVP="77", PatientBirthDate="19000101", StudyDate="19000102"):
        damaged = path.read_bytes().replace(b"DS\x02\x0077", b"DS\x02\x007O").replace(b"190001", b"Anno 1")
        path.write_bytes(damaged)
    (tmp_path / "broken.dcm").write_bytes((tmp_path / "slice000.dcm").read_bytes()[:300])
    scan = read_scan(tmp_path)
    assert scan.metadata["kilovolt"] is None
    assert np.array_equal(values(scan), chest())
    assert capfd.readouterr() == ("", "")


@needs_real
def test_a_real_series_is_read_as_simpleitk_reads_it() -> None:
    scan = read_scan(REAL)
    expected = sitk.ReadImage(sitk.ImageSeriesReader.GetGDCMSeriesFileNames(str(REAL)))
    assert same_geometry(scan.image, expected, 1e-6)
    assert np.array_equal(values(scan), sitk.GetArrayViewFromImage(expected))
    assert scan.metadata["kilovolt"] == 120
    assert scan.notices == ()
    assert "Lung_Dx" not in f"{scan.description} {scan.metadata}"
