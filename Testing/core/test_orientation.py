"""Turning a scan's axes loses nothing and forgets nothing."""

from __future__ import annotations

from itertools import permutations, product

import numpy as np
import pytest
import SimpleITK as sitk

from SyntheticCECTLib.core.orientation import axial_geometry, to_axial, to_grid_of
from Testing.core.small_scans import chest, image_of, oblique, same_geometry

ALL_48 = list(product(permutations(range(3)), product((1, -1), repeat=3)))
TURNED_45 = (2**-0.5, -(2**-0.5), 0, 2**-0.5, 2**-0.5, 0, 0, 0, 1)
DIRECTIONS = {"axial": (1, 0, 0, 0, 1, 0, 0, 0, 1), "oblique": oblique(), "turned by 45 degrees": TURNED_45}


def reordered(image: sitk.Image, axes: tuple[int, ...], signs: tuple[int, ...]) -> sitk.Image:
    """The same scan with its axes exchanged and reversed: an independent construction, point by point."""
    old = np.array(image.GetDirection()).reshape(3, 3)
    size, spacing = image.GetSize(), image.GetSpacing()
    array = sitk.GetArrayFromImage(image)
    ijk = array.transpose(2, 1, 0).transpose(axes)[tuple(slice(None, None, sign) for sign in signs)]
    first = [0, 0, 0]
    for new, (axis, sign) in enumerate(zip(axes, signs, strict=True)):
        first[axis] = 0 if sign > 0 else size[axis] - 1
        assert ijk.shape[new] == size[axis]
    return image_of(
        np.ascontiguousarray(ijk.transpose(2, 1, 0)),
        tuple(spacing[axis] for axis in axes),
        image.TransformIndexToPhysicalPoint(first),
        tuple((old[:, axes] * signs).ravel()),
    )


@pytest.mark.parametrize("direction", DIRECTIONS.values(), ids=list(DIRECTIONS))
def test_all_48_axis_orders_of_a_scan_become_the_same_image(direction: tuple[float, ...]) -> None:
    image = image_of(chest(), direction=direction)
    expected = to_axial(image)
    for axes, signs in ALL_48:
        turned = to_axial(reordered(image, axes, signs))
        assert same_geometry(turned, expected, 1e-9), (axes, signs)
        assert np.array_equal(sitk.GetArrayViewFromImage(turned), sitk.GetArrayViewFromImage(expected)), (
            axes,
            signs,
        )


@pytest.mark.parametrize("direction", DIRECTIONS.values(), ids=list(DIRECTIONS))
def test_what_was_turned_comes_back_onto_the_scans_own_grid_exactly(direction: tuple[float, ...]) -> None:
    image = image_of(chest(), direction=direction)
    for axes, signs in ALL_48:
        own = reordered(image, axes, signs)
        back = to_grid_of(to_axial(own), own)
        assert same_geometry(back, own, 0.0)
        assert back.GetPixelID() == own.GetPixelID()
        assert np.array_equal(sitk.GetArrayViewFromImage(back), sitk.GetArrayViewFromImage(own))


def test_every_voxel_keeps_its_place_in_the_patient() -> None:
    image = image_of(chest(), direction=oblique())
    turned = to_axial(reordered(image, (2, 0, 1), (-1, 1, -1)))
    for index in ((0, 0, 0), (3, 7, 11), (23, 19, 11)):
        there = turned.TransformPhysicalPointToIndex(image.TransformIndexToPhysicalPoint(index))
        assert turned[there] == image[index]


def test_axial_axes_run_left_posterior_superior() -> None:
    turned = to_axial(reordered(image_of(chest()), (1, 2, 0), (-1, -1, 1)))
    assert np.allclose(turned.GetDirection(), np.eye(3).ravel())
    assert turned.GetSpacing() == (0.8, 0.9, 3.0)


def test_left_handed_scans_become_right_handed() -> None:
    mirrored = image_of(chest(), direction=(1, 0, 0, 0, -1, 0, 0, 0, 1))
    assert np.linalg.det(np.array(to_axial(mirrored).GetDirection()).reshape(3, 3)) == pytest.approx(1)


def test_other_voxel_types_come_back_too() -> None:
    reference = reordered(image_of(chest()), (2, 1, 0), (1, -1, 1))
    labels = sitk.Cast(to_axial(reference) > 0, sitk.sitkUInt8)
    assert np.array_equal(
        sitk.GetArrayFromImage(to_grid_of(labels, reference)), sitk.GetArrayFromImage(reference > 0)
    )


def test_an_image_of_another_grid_is_not_taken_back() -> None:
    with pytest.raises(ValueError, match="axial grid"):
        to_grid_of(image_of(chest((5, 6, 7))), image_of(chest()))


def test_axial_geometry_is_that_of_the_turned_image() -> None:
    own = reordered(image_of(chest(), direction=oblique()), (1, 2, 0), (1, -1, -1))
    geometry, turned = axial_geometry(own), to_axial(own)
    assert np.allclose(geometry.spacing_mm, turned.GetSpacing())
    assert np.allclose(geometry.extent_mm, np.array(turned.GetSpacing()) * turned.GetSize())
    assert 15 < geometry.oblique_deg < 25
