import numpy as np
import pytest

from SyntheticCECTLib.phantom.shapes import along, coverage, curve, ellipsoid, smooth_union, tube


def at(*points: tuple[float, float, float]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    x, y, z = np.array(points, np.float32).T
    return x, y, z


def test_ellipsoid_distance_is_zero_on_its_surface_and_signed_beside_it() -> None:
    distance = ellipsoid(at((13, 2, 3), (12, 2, 3), (14, 2, 3), (1, 2, 9)), (1, 2, 3), (12, 8, 6))
    assert distance[0] == pytest.approx(0, abs=1e-4)
    assert distance[1] == pytest.approx(-1, abs=0.1)
    assert distance[2] == pytest.approx(1, abs=0.1)
    assert distance[3] == pytest.approx(0, abs=1e-4)


def test_turned_ellipsoid_follows_its_axes() -> None:
    axes = np.array([[0.0, 1, 0], [-1, 0, 0], [0, 0, 1]])
    assert ellipsoid(at((0, 10, 0), (5, 0, 0)), (0, 0, 0), (10, 5, 5), axes) == pytest.approx(
        [0, 0], abs=1e-4
    )


def test_tube_has_its_radius_everywhere_along_the_path() -> None:
    path, radii = np.array([[0.0, 0, 0], [10, 0, 0], [10, 10, 0]]), np.array([2.0, 4, 4])
    assert tube(at((0, 2, 0), (5, 3, 0), (10, 5, 4), (10, 12, 0)), path, radii) == pytest.approx(
        [0, 0, 0, -2], abs=1e-4
    )


def test_smooth_union_is_the_smaller_distance_far_from_the_seam_and_fills_the_corner() -> None:
    a, b = np.array([-5.0, 2.0]), np.array([20.0, 2.0])
    joined = smooth_union(a, b, 4.0)
    assert joined[0] == pytest.approx(-5)
    assert joined[1] == pytest.approx(2 - 4 / 4)


def test_coverage_is_one_half_on_a_border() -> None:
    assert coverage(np.array([-3.0, -0.5, 0.0, 0.5, 3.0]), 2.0).tolist() == [1, 0.75, 0.5, 0.25, 0]


def test_curve_passes_through_its_vertices() -> None:
    path = curve([[0, 0, 0], [10, 0, 0], [10, 10, 5]], 4)
    assert path[0] == pytest.approx([0, 0, 0])
    assert path[4] == pytest.approx([10, 0, 0])
    assert path[-1] == pytest.approx([10, 10, 5])
    assert along([1, 3], len(path))[4] == pytest.approx(2)
