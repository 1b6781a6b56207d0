"""NRRD in every encoding and with every header, or a reason why not."""

from __future__ import annotations

import bz2
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from SyntheticCECTLib.core.scan import read_scan
from Testing.core.small_scans import chest, notices, refusal_of, values


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
    assert set(notices(read_scan(path))) == {"orientation_assumed"}


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
    assert "gantry_tilt" in notices(scan)
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


def test_a_pattern_of_names_is_no_way_to_fill_the_memory(tmp_path: Path) -> None:
    for pattern in ("s%0100000d.raw", "s%s.raw", "s%d%d.raw"):
        path = nrrd(tmp_path / "a.nhdr", chest(), b"", f"data file: {pattern} 0 11 1")
        assert refusal_of(path).code == "bad_header", pattern
