"""Closed surfaces: their volume and place, which way they face, and how long they take."""

from __future__ import annotations

import importlib
import time
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk

from SyntheticCECTLib.mrml.segment_surfaces import make_surfaces
from SyntheticCECTLib.mrml.segmentation_node import add_chambers
from SyntheticCECTLib.mrml.volume_node import add_volume
from Testing.small_case import LA

SURFACE = "Closed surface"
RADIUS_MM, SPACING_MM = 30.0, (1.0, 1.0, 3.0)
Z, Y, X = np.meshgrid(np.arange(-36, 37, 3), np.arange(-36, 37), np.arange(-36, 37), indexing="ij")
BALL = ((X**2 + Y**2 + Z**2 < RADIUS_MM**2) * np.where(X > 0, 2, 1)).astype(np.uint8)
"""Of 30 mm about the origin, one half the atrium (1), the other the ventricle (2)."""


@pytest.fixture
def halves(scene: Any) -> Any:
    """The ball without surfaces: two chambers that touch, of one label map."""
    image = sitk.GetImageFromArray(BALL)
    image.SetSpacing(SPACING_MM)
    image.SetOrigin((-36.0, -36.0, -36.0))
    native = add_volume(scene, sitk.Cast(image, sitk.sitkInt16), "CT")
    return add_chambers(scene, image, native, "halves", surfaces=False)


def surface_of(node: Any, key: str) -> Any:
    return node.GetSegmentation().GetSegment(key).GetRepresentation(SURFACE)


def volume_ml(surface: Any) -> float:
    filters = importlib.import_module("vtkmodules.vtkFiltersCore")
    triangles, mass = filters.vtkTriangleFilter(), filters.vtkMassProperties()
    triangles.SetInputData(surface)
    mass.SetInputConnection(triangles.GetOutputPort())
    return mass.GetVolume() / 1000


def test_surfaces_hold_what_their_voxels_do(halves: Any) -> None:
    make_surfaces(halves)
    for key, label in (("la", 1), ("lv", 2)):
        voxels_ml = np.count_nonzero(label == BALL) * np.prod(SPACING_MM) / 1000
        # Smoothing rounds the edge of a half, so its surface holds a little less.
        assert 0.96 * voxels_ml < volume_ml(surface_of(halves, key)) < voxels_ml


def test_surfaces_face_outwards_all_over(halves: Any) -> None:
    numpy_support = importlib.import_module("vtkmodules.util.numpy_support")
    make_surfaces(halves)
    for key, side in (("la", 1), ("lv", -1)):  # the image counts x to the left, the scene to the right
        surface = surface_of(halves, key)
        points = numpy_support.vtk_to_numpy(surface.GetPoints().GetData())
        normals = numpy_support.vtk_to_numpy(surface.GetPointData().GetNormals())
        outwards = points - np.array([side * RADIUS_MM / 3, 0, 0])
        assert ((normals * outwards).sum(axis=1) > 0).mean() > 0.99


def test_surfaces_lie_where_the_voxels_do(scene: Any, some_labels: sitk.Image, a_native_node: Any) -> None:
    node = add_chambers(scene, some_labels, a_native_node, "chambers")
    low_x, high_x, low_y, high_y, low_z, high_z = surface_of(node, "la").GetBounds()
    k, j, i = LA
    middle_lps = [
        -40 + (i.start + i.stop - 1),
        -30 + (j.start + j.stop - 1),
        100 + (k.start + k.stop - 1) * 2.5,
    ]
    middle_ras = [(low_x + high_x) / 2, (low_y + high_y) / 2, (low_z + high_z) / 2]
    assert middle_ras == pytest.approx([-middle_lps[0], -middle_lps[1], middle_lps[2]], abs=0.5)


def test_nobody_sees_a_segmentation_with_only_some_of_its_surfaces(halves: Any) -> None:
    segmentation = halves.GetSegmentation()
    seen: list[list[bool]] = []

    def look(*_: Any) -> None:
        seen.append([surface_of(halves, key) is not None for key in ("la", "lv")])

    halves.AddObserver(segmentation.SegmentModified, look)
    make_surfaces(halves, on_progress=look)
    assert seen[:2] == [[False, False]] * 2, "the progress of each"
    assert len(seen) > 2 and all(all(both) for both in seen[2:]), "views are told, and after the last only"


def test_cancelling_between_surfaces_leaves_none(halves: Any) -> None:
    def cancel(fraction: float, _: str) -> None:
        if fraction > 0:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        make_surfaces(halves, on_progress=cancel)
    assert surface_of(halves, "la") is None and surface_of(halves, "lv") is None


def test_surfaces_take_less_than_half_the_time_of_slicers_first_choice(halves: Any) -> None:
    segmentation = halves.GetSegmentation()

    def seconds(make: Any) -> float:
        """Of this thread: what a busy machine takes away is not ours."""
        segmentation.RemoveRepresentation(SURFACE)
        started = time.thread_time()
        make()
        return time.thread_time() - started

    ours = min(seconds(lambda: make_surfaces(halves)) for _ in range(5))
    slicers = min(seconds(halves.CreateClosedSurfaceRepresentation) for _ in range(5))
    assert ours < slicers / 2
