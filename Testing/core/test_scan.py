"""Every volume format comes in as HU on its own grid, or is refused with a reason."""

from __future__ import annotations

import bz2
import hashlib
import os
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from SyntheticCECTLib.core.errors import InputRefused
from SyntheticCECTLib.core.formats import pixel_bytes, zip_folder
from SyntheticCECTLib.core.scan import Scan, read_scan
from Testing.core.small_scans import DATA, chest, image_of, oblique, same_geometry

NAMES = ["a.nrrd", "a.nhdr", "a.nii", "a.nii.gz", "a.mha", "a.mhd"]
MIRRORED = (1, 0, 0, 0, -1, 0, 0, 0, 1)


def refusal_of(path: Path, series: str | None = None) -> InputRefused:
    with pytest.raises(InputRefused) as refusal:
        read_scan(path, series)
    assert "\n" not in str(refusal.value)
    assert refusal.value.remedy
    return refusal.value


def codes(scan: Scan) -> set[str]:
    return {notice.code for notice in scan.notices}


def values(scan: Scan) -> np.ndarray:
    return sitk.GetArrayFromImage(scan.image)


def nrrd(path: Path, array: np.ndarray, body: bytes, *lines: str) -> Path:
    """Writes a NRRD file with a header of its own; ``lines`` come last and win."""
    fields = {
        "type": "short",
        "dimension": str(array.ndim),
        "space": "left-posterior-superior",
        "sizes": " ".join(map(str, array.shape[::-1])),
        "space directions": "(0.8,0,0) (0,0.9,0) (0,0,3)",
        "endian": "little",
        "encoding": "raw",
        "space origin": "(1,2,3)",
    }
    fields |= dict(line.split(": ", 1) for line in lines)
    header = "NRRD0004\n" + "".join(f"{key}: {value}\n" for key, value in fields.items() if value)
    path.write_bytes(header.encode() + b"\n" + body)
    return path


@pytest.mark.parametrize("compressed", [False, True], ids=["raw", "compressed"])
@pytest.mark.parametrize("direction", [MIRRORED, oblique(), (0, 0, 1, 1, 0, 0, 0, 1, 0)])
@pytest.mark.parametrize("name", NAMES)
def test_every_format_is_read_as_simpleitk_reads_it(
    tmp_path: Path, name: str, direction: tuple[float, ...], compressed: bool
) -> None:
    path = tmp_path / name
    sitk.WriteImage(image_of(chest(), direction=direction), str(path), useCompression=compressed)
    scan = read_scan(path)
    expected = sitk.ReadImage(str(path))
    assert same_geometry(scan.image, expected, 1e-4)
    assert scan.image.GetPixelID() == sitk.sitkFloat32
    assert np.array_equal(values(scan), np.maximum(sitk.GetArrayFromImage(expected), -1024))


@pytest.mark.parametrize(
    "kind", [sitk.sitkInt16, sitk.sitkInt32, sitk.sitkInt64, sitk.sitkFloat32, sitk.sitkFloat64]
)
@pytest.mark.parametrize("name", ["a.nrrd", "a.nii.gz", "a.mha"])
def test_integers_and_floats_of_any_width_give_the_same_scan(tmp_path: Path, name: str, kind: int) -> None:
    sitk.WriteImage(sitk.Cast(image_of(chest()), kind), str(tmp_path / name))
    assert np.array_equal(values(read_scan(tmp_path / name)), chest())


def test_the_hash_is_that_of_the_file(tmp_path: Path) -> None:
    sitk.WriteImage(image_of(chest()), str(tmp_path / "a.nrrd"))
    assert (
        read_scan(tmp_path / "a.nrrd").sha256
        == hashlib.sha256((tmp_path / "a.nrrd").read_bytes()).hexdigest()
    )


def test_the_hash_of_a_header_includes_its_data_file(tmp_path: Path) -> None:
    sitk.WriteImage(image_of(chest()), str(tmp_path / "a.mhd"))
    whole = (tmp_path / "a.mhd").read_bytes() + (tmp_path / "a.raw").read_bytes()
    assert read_scan(tmp_path / "a.mhd").sha256 == hashlib.sha256(whole).hexdigest()


def test_the_description_names_grid_and_format_but_not_the_file(tmp_path: Path) -> None:
    sitk.WriteImage(image_of(chest()), str(tmp_path / "jane_doe.nrrd"))
    assert (
        read_scan(tmp_path / "jane_doe.nrrd").description
        == "NRRD, 24 x 20 x 12 voxels of 0.800 x 0.900 x 3.000 mm"
    )


@pytest.mark.parametrize(("padding", "named"), [(-2048, True), (-3024, True), (-1030, False)])
def test_padding_becomes_air_and_is_named(tmp_path: Path, padding: int, named: bool) -> None:
    array = chest()
    array[:, 0, :] = padding
    sitk.WriteImage(image_of(array), str(tmp_path / "a.nrrd"))
    scan = read_scan(tmp_path / "a.nrrd")
    assert np.array_equal(values(scan), np.maximum(array, -1024))
    assert ("padding_replaced" in codes(scan)) is named
    if named:
        assert str(padding) in scan.notices[0].message


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("name", ["a.nrrd", "a.nii", "a.mha"])
def test_values_that_are_not_finite_are_refused(tmp_path: Path, name: str, bad: float) -> None:
    array = chest().astype(np.float32)
    array[3, 4, 5:8] = bad
    sitk.WriteImage(image_of(array), str(tmp_path / name))
    refusal = refusal_of(tmp_path / name)
    assert refusal.code == "not_finite"
    assert "3 of" in refusal.message


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (lambda hu: np.clip(hu + 200, 0, 255).astype(np.uint8), "8-bit"),
        (lambda hu: (hu + 1100).astype(np.uint16), "offset"),
        (lambda hu: (hu / 1000).astype(np.float32), "normalised"),
        (lambda hu: np.maximum(hu, -100), "air"),
        (lambda hu: np.full_like(hu, -1000), "soft tissue"),
        (lambda hu: np.zeros_like(hu), "8-bit"),
    ],
    ids=["8 bit", "no offset", "scaled", "no air", "only air", "all zero"],
)
def test_values_that_cannot_be_a_chest_ct_are_refused_with_the_likely_cause(
    tmp_path: Path, change, word: str
) -> None:
    sitk.WriteImage(image_of(change(chest())), str(tmp_path / "a.nrrd"))
    refusal = refusal_of(tmp_path / "a.nrrd")
    assert refusal.code == "not_hu"
    assert word in refusal.message


@pytest.mark.parametrize("name", ["a.nrrd", "a.nii.gz", "a.mha"])
def test_a_fourth_dimension_of_one_is_dropped(tmp_path: Path, name: str) -> None:
    sitk.WriteImage(sitk.JoinSeries(image_of(chest())), str(tmp_path / name))
    scan = read_scan(tmp_path / name)
    assert np.array_equal(values(scan), chest())
    assert same_geometry(scan.image, image_of(chest()), 1e-4)


@pytest.mark.parametrize("name", ["a.nrrd", "a.nii.gz", "a.mha"])
def test_several_volumes_colour_and_single_slices_are_refused(tmp_path: Path, name: str) -> None:
    path, image = tmp_path / name, image_of(chest())
    sitk.WriteImage(sitk.JoinSeries([image, image]), str(path))
    assert refusal_of(path).code == "several_volumes"
    grey = sitk.Cast(image, sitk.sitkUInt8)
    sitk.WriteImage(sitk.Compose(grey, grey, grey), str(path))
    assert refusal_of(path).code == "not_scalar"
    sitk.WriteImage(image[:, :, 3:4], str(path))
    assert refusal_of(path).code == "single_slice"
    sitk.WriteImage(image[:, :, 3], str(path))
    assert refusal_of(path).code == "single_slice"


@pytest.mark.parametrize("compressed", [False, True], ids=["raw", "compressed"])
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("missing", [1, 5, 700])
def test_a_truncated_file_is_refused(tmp_path: Path, name: str, compressed: bool, missing: int) -> None:
    path = tmp_path / name
    sitk.WriteImage(image_of(chest()), str(path), useCompression=compressed)
    largest = max(tmp_path.iterdir(), key=lambda file: file.stat().st_size)
    largest.write_bytes(largest.read_bytes()[:-missing])
    assert refusal_of(path).code == "truncated_file"


@pytest.mark.parametrize("name", ["a.nrrd", "a.nii", "a.mha"])
def test_more_voxels_than_the_header_promises_are_refused(tmp_path: Path, name: str) -> None:
    sitk.WriteImage(image_of(chest()), str(tmp_path / name))
    with (tmp_path / name).open("ab") as file:
        file.write(b"\1\2\3\4")
    assert refusal_of(tmp_path / name).code == "bad_header"


def test_a_damaged_compressed_stream_is_refused_by_its_checksum(tmp_path: Path) -> None:
    path = tmp_path / "a.nrrd"
    sitk.WriteImage(image_of(chest()), str(path), useCompression=True)
    data = bytearray(path.read_bytes())
    data[-6] ^= 0xFF  # inside the gzip trailer
    path.write_bytes(data)
    assert refusal_of(path).code == "truncated_file"


def test_a_decompression_bomb_is_stopped(tmp_path: Path) -> None:
    import zlib

    stream = zlib.compressobj(wbits=31)
    bomb = b"".join([stream.compress(bytes(1 << 20)) for _ in range(64)]) + stream.flush()
    assert len(pixel_bytes.inflate(bomb, 1000, "NRRD")) == 1001


def test_a_header_that_promises_too_much_is_refused_before_memory_is_taken(tmp_path: Path) -> None:
    path = nrrd(tmp_path / "a.nrrd", chest(), b"", "sizes: 40000 40000 40000")
    assert refusal_of(path).code == "too_large"


@pytest.mark.parametrize(
    ("space", "sign"), [("right-anterior-superior", (-1, -1, 1)), ("LAS", (1, -1, 1)), ("LPS", (1, 1, 1))]
)
def test_other_patient_axes_of_nrrd_are_turned_to_lps(
    tmp_path: Path, space: str, sign: tuple[int, ...]
) -> None:
    scan = read_scan(nrrd(tmp_path / "a.nrrd", chest(), chest().tobytes(), f"space: {space}"))
    assert np.allclose(scan.image.GetOrigin(), np.array([1, 2, 3]) * sign)
    assert np.allclose(scan.image.GetDirection(), np.diag(sign).ravel())


@pytest.mark.parametrize(
    ("body", "lines"),
    [
        (lambda a: a.astype(">i2").tobytes(), ["endian: big"]),
        (lambda a: bz2.compress(a.tobytes()), ["encoding: bzip2"]),
        (lambda a: " ".join(map(str, a.ravel())).encode(), ["encoding: ascii"]),
        (lambda a: a.tobytes().hex().encode(), ["encoding: hex"]),
        (lambda a: b"skipped!" + a.tobytes(), ["byte skip: 8"]),
        (lambda a: b"one\ntwo\n" + a.tobytes(), ["line skip: 2"]),
    ],
    ids=["big-endian", "bzip2", "ascii", "hex", "byte skip", "line skip"],
)
def test_every_nrrd_encoding_is_read(tmp_path: Path, body, lines: list[str]) -> None:
    assert np.array_equal(
        values(read_scan(nrrd(tmp_path / "a.nrrd", chest(), body(chest()), *lines))), chest()
    )


def test_a_nrrd_header_may_name_one_file_for_each_slice(tmp_path: Path) -> None:
    for index, plane in enumerate(chest()):
        (tmp_path / f"s{index:02d}.raw").write_bytes(plane.tobytes())
    listed = "LIST\n" + "\n".join(f"s{index:02d}.raw" for index in range(12))
    scan = read_scan(nrrd(tmp_path / "a.nhdr", chest(), b"", f"data file: {listed}"))
    assert np.array_equal(values(scan), chest())
    scan = read_scan(nrrd(tmp_path / "b.nhdr", chest(), b"", "data file: s%02d.raw 0 11 1"))
    assert np.array_equal(values(scan), chest())


@pytest.mark.parametrize("name", ["../secret.raw", "/etc/passwd", "absent.raw"])
def test_a_header_cannot_reach_files_elsewhere(tmp_path: Path, name: str) -> None:
    (tmp_path / "secret.raw").write_bytes(chest().tobytes())
    (tmp_path / "sub").mkdir()
    path = nrrd(tmp_path / "sub" / "a.nhdr", chest(), b"", f"data file: {name}")
    assert refusal_of(path).code == "missing_data_file"


def test_a_scan_of_unknown_orientation_is_refused(tmp_path: Path) -> None:
    path = nrrd(tmp_path / "a.nrrd", chest(), chest().tobytes(), "space directions: ", "spacings: 1 1 1")
    assert refusal_of(path).code == "no_orientation"


def test_patient_axes_that_are_only_assumed_are_named(tmp_path: Path) -> None:
    path = nrrd(tmp_path / "a.nrrd", chest(), chest().tobytes(), "space: ")
    assert codes(read_scan(path)) == {"orientation_assumed"}


def test_the_scale_of_a_nifti_header_is_applied(tmp_path: Path) -> None:
    path = tmp_path / "a.nii"
    sitk.WriteImage(image_of(chest() + 1024), str(path))
    data = bytearray(path.read_bytes())
    data[112:120] = np.array([1.0, -1024.0], "<f4").tobytes()
    path.write_bytes(data)
    assert np.array_equal(values(read_scan(path)), chest())


@pytest.mark.parametrize("directions", ["(0.8,0,0) (0,0.9,0) (0,0.4,3)", "(0.8,0,0) (0,0.9,0) (0.5,-0.3,3)"])
def test_a_tilted_stack_is_straightened_so_that_tissue_lies_where_it_was(
    tmp_path: Path, directions: str
) -> None:
    steps = np.array([[float(x) for x in part[1:-1].split(",")] for part in directions.split(" ")]).T
    # A plane in the patient: HU is a linear function of the place, which linear interpolation keeps exactly.
    size = (24, 20, 30)
    ijk = np.stack(np.meshgrid(*map(np.arange, size), indexing="ij"), axis=-1)
    hu = ((ijk @ steps.T) @ [40.0, 9.0, 3.0] - 900).transpose(2, 1, 0).astype(np.float32)
    path = nrrd(
        tmp_path / "a.nrrd",
        hu,
        hu.tobytes(),
        f"space directions: {directions}",
        "type: float",
        "space origin: (0,0,0)",
    )
    scan = read_scan(path)
    assert "gantry_tilt" in codes(scan)
    direction = np.array(scan.image.GetDirection()).reshape(3, 3)
    assert np.allclose(direction.T @ direction, np.eye(3))
    array = values(scan)
    inside = sitk.GetArrayFromImage(sitk.BinaryErode(scan.image > -1023, [1, 1, 0])) > 0
    k, j, i = (index[::97] for index in np.nonzero(inside))
    points = np.array(
        [scan.image.TransformIndexToPhysicalPoint(list(map(int, ijk))) for ijk in zip(i, j, k, strict=True)]
    )
    assert len(points) > 50
    assert np.allclose(array[k, j, i], points @ [40.0, 9.0, 3.0] - 900, atol=0.05)


def test_any_other_shear_is_refused(tmp_path: Path) -> None:
    path = nrrd(
        tmp_path / "a.nrrd", chest(), chest().tobytes(), "space directions: (0.8,0.1,0) (0,0.9,0) (0,0,3)"
    )
    assert refusal_of(path).code == "sheared_grid"


@pytest.mark.parametrize(
    "directions", ["(0,0,0) (0,0.9,0) (0,0,3)", "(nan,0,0) (0,0.9,0) (0,0,3)", "(800,0,0) (0,1,0) (0,0,3)"]
)
def test_impossible_spacing_is_refused(tmp_path: Path, directions: str) -> None:
    path = nrrd(tmp_path / "a.nrrd", chest(), chest().tobytes(), f"space directions: {directions}")
    assert refusal_of(path).code == "bad_geometry"


def test_what_is_no_scan_is_refused(tmp_path: Path) -> None:
    assert refusal_of(tmp_path / "absent.nrrd").code == "not_found"
    (tmp_path / "empty.nrrd").touch()
    assert refusal_of(tmp_path / "empty.nrrd").code == "empty_file"
    (tmp_path / "text.nrrd").write_text("hello " * 100)
    assert refusal_of(tmp_path / "text.nrrd").code == "unknown_format"
    (tmp_path / "none").mkdir()
    assert refusal_of(tmp_path / "none").code == "empty_folder"
    (tmp_path / "none" / "readme.txt").write_text("hello")
    assert refusal_of(tmp_path / "none").code == "no_scan"


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file_is_refused(tmp_path: Path) -> None:
    sitk.WriteImage(image_of(chest()), str(tmp_path / "a.nrrd"))
    (tmp_path / "a.nrrd").chmod(0)
    assert refusal_of(tmp_path / "a.nrrd").code == "unreadable"


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


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder for everything that is written temporarily."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


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


def test_series_are_for_dicom_only(tmp_path: Path) -> None:
    sitk.WriteImage(image_of(chest()), str(tmp_path / "a.nrrd"))
    assert refusal_of(tmp_path / "a.nrrd", "3").code == "series_not_found"


@pytest.mark.skipif(not DATA.is_dir(), reason="needs the real scans in ../shared/data")
@pytest.mark.parametrize(
    "name", ["cptac_c3n00249_late/ct.nrrd", "lidc_0001_cta/ct.nrrd", "lungdx_a0002_native_thick/ct.nrrd"]
)
def test_real_scans_are_read_as_simpleitk_reads_them(name: str) -> None:
    scan, expected = read_scan(DATA / name), sitk.ReadImage(str(DATA / name))
    assert same_geometry(scan.image, expected, 1e-9)
    assert np.array_equal(values(scan), np.maximum(sitk.GetArrayViewFromImage(expected), -1024))
    assert scan.notices == ()
