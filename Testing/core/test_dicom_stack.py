"""DICOM slices are put where they lie, and a stack with a gap or a doubled slice is refused."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk
from pydicom.uid import generate_uid

from SyntheticCECTLib.core.scan import read_scan
from Testing.core.small_scans import (
    chest,
    image_of,
    notices,
    refusal_of,
    same_geometry,
    save,
    values,
    write_series,
)


def test_slices_in_any_stack_direction_give_the_same_scan(tmp_path: Path) -> None:
    write_series(tmp_path, chest(), ImageOrientationPatient=[1, 0, 0, 0, -1, 0])
    scan = read_scan(tmp_path)
    expected = image_of(chest()[::-1], direction=(1, 0, 0, 0, -1, 0, 0, 0, -1), origin=(-12.5, 30.25, -68.0))
    assert same_geometry(scan.image, expected)
    assert np.array_equal(values(scan), chest()[::-1])


def test_one_slice_is_refused(tmp_path: Path) -> None:
    write_series(tmp_path, chest()[:1])
    assert refusal_of(tmp_path).code == "single_slice"


@pytest.mark.parametrize("name", ["ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing"])
def test_missing_geometry_is_refused(tmp_path: Path, name: str) -> None:
    write_series(tmp_path, chest(), **{name: None})
    assert refusal_of(tmp_path).code == "no_geometry"


@pytest.mark.parametrize("missing", [[5], [4, 5, 6], [3, 8]])
def test_missing_slices_are_refused_and_counted(tmp_path: Path, missing: list[int]) -> None:
    paths = write_series(tmp_path, chest())
    for index in missing:
        paths[index].unlink()
    refusal = refusal_of(tmp_path)
    assert refusal.code == "missing_slices"
    assert refusal.message.startswith(f"{len(missing)} of 12 slices")


def test_uneven_slices_are_refused(tmp_path: Path) -> None:
    depths = np.concatenate([np.arange(6) * 3.0, 15 + np.arange(1, 7) * 5.0])
    write_series(tmp_path, chest(), ImagePositionPatient=lambda index: [0, 0, float(depths[index])])
    assert refusal_of(tmp_path).code == "uneven_slices"


def test_a_slight_wobble_of_slice_positions_is_named(tmp_path: Path) -> None:
    write_series(
        tmp_path, chest(), ImagePositionPatient=lambda index: [0, 0, index * 3.0 + (0.1 if index == 5 else 0)]
    )
    assert "uneven_slices" in notices(read_scan(tmp_path))


def test_copies_of_a_file_count_once_and_doubled_slices_are_refused(tmp_path: Path) -> None:
    paths = write_series(tmp_path, chest())
    shutil.copy(paths[4], tmp_path / "copy.dcm")
    assert np.array_equal(values(read_scan(tmp_path)), chest())
    other = pydicom.dcmread(paths[4])
    other.SOPInstanceUID = generate_uid()
    save(other, tmp_path / "copy.dcm")
    assert refusal_of(tmp_path).code == "duplicate_slices"


def test_gaps_between_thin_slices_are_named(tmp_path: Path) -> None:
    write_series(tmp_path, chest(), SliceThickness=1.0)
    assert "1 mm" in notices(read_scan(tmp_path))["slice_gaps"]


@pytest.mark.parametrize("tilt_deg", [12.0, -20.0])
def test_a_tilted_gantry_is_straightened(tmp_path: Path, tilt_deg: float) -> None:
    tilt = np.radians(tilt_deg)
    row, column = np.array([1.0, 0, 0]), np.array([0, np.cos(tilt), np.sin(tilt)])
    start, step = np.array([-12.5, 30.25, -101.0]), np.array([0, 0, 3.0])
    k, j, i = np.meshgrid(np.arange(30), np.arange(40), np.arange(24), indexing="ij")
    places = start + k[..., None] * step + j[..., None] * 0.9 * column + i[..., None] * 0.8 * row
    hu = np.round(places @ [30.0, 12.0, 2.0] - 780)
    assert hu.min() > -1024
    write_series(
        tmp_path, hu, ImageOrientationPatient=[*row, *column], Step=tuple(step), GantryDetectorTilt=tilt_deg
    )
    scan = read_scan(tmp_path)
    assert "gantry_tilt" in notices(scan)
    assert f"{abs(tilt_deg):.1f}" in notices(scan)["gantry_tilt"]
    inside = sitk.GetArrayFromImage(sitk.BinaryErode(scan.image > -1023, [1, 1, 0])) > 0
    assert inside.mean() > 0.4
    for k0, j0, i0 in np.argwhere(inside)[::211]:
        place = scan.image.TransformIndexToPhysicalPoint((int(i0), int(j0), int(k0)))
        assert scan.image[int(i0), int(j0), int(k0)] == pytest.approx(
            np.dot(place, [30, 12, 2]) - 780, abs=1.1
        )


def test_an_oblique_stack_keeps_its_geometry(tmp_path: Path) -> None:
    turn = sitk.Euler3DTransform()
    turn.SetRotation(0.1, -0.2, 0.3)
    matrix = np.array(turn.GetMatrix()).reshape(3, 3)
    write_series(
        tmp_path,
        chest(),
        ImageOrientationPatient=[round(x, 8) for x in [*matrix[:, 0], *matrix[:, 1]]],
        Step=3 * matrix[:, 2],
    )
    scan = read_scan(tmp_path)
    assert same_geometry(scan.image, image_of(chest(), direction=tuple(matrix.ravel())), 1e-4)
    assert np.array_equal(values(scan), chest())
