import numpy as np
import pytest
import SimpleITK as sitk

from SyntheticCECTLib.core.working_grid import box_on_scan, grid_around, grid_over, on_scan


def ramp(
    size: tuple[int, int, int], spacing: tuple[float, float, float], origin: tuple[float, float, float]
) -> sitk.Image:
    """An image whose value is x + 2 y + 3 z of each voxel, in mm."""
    k, j, i = np.indices(size[::-1])
    x, y, z = (o + s * n for o, s, n in zip(origin, spacing, (i, j, k), strict=True))
    image = sitk.GetImageFromArray((x + 2 * y + 3 * z).astype(np.float32))
    image.SetOrigin(origin)
    image.SetSpacing(spacing)
    return image


@pytest.mark.parametrize("spacing", [(0.4, 0.4, 1.0), (0.9, 0.9, 3.0), (0.7, 0.7, 5.0)])
def test_sampling_keeps_values_where_they_are(spacing: tuple[float, float, float]) -> None:
    scan = ramp((150, 140, 40), spacing, (-30.0, 12.0, 100.0))
    lower = np.array(scan.TransformIndexToPhysicalPoint((20, 20, 8)))
    upper = np.array(scan.TransformIndexToPhysicalPoint((60, 60, 30)))
    grid = grid_around(scan, lower, upper, (1.5, 1.5, 3.0), 16)
    sampled = grid.sample(scan)
    expected = sitk.GetArrayFromImage(ramp(grid.size_xyz, grid.spacing_xyz, grid.origin_xyz))
    assert np.abs(sampled - expected).max() < 0.05


def test_working_slices_coincide_with_three_millimetre_slices_of_the_scan() -> None:
    scan = ramp((64, 64, 30), (1.0, 1.0, 3.0), (0.0, 0.0, -17.3))
    grid = grid_around(scan, np.array([10.0, 10, 4.0]), np.array([50.0, 50, 40.0]), (1.5, 1.5, 3.0), 16)
    assert (grid.origin_xyz[2] + 17.3) / 3 == pytest.approx(round((grid.origin_xyz[2] + 17.3) / 3))


def test_grid_over_covers_the_scan_in_multiples() -> None:
    scan = ramp((100, 90, 33), (0.8, 0.8, 5.0), (-40.0, -36.0, 7.0))
    grid = grid_over(scan, 3.0, 16)
    assert all(n % 16 == 0 for n in grid.size_xyz)
    assert grid.origin_xyz[0] <= -40 and grid.origin_xyz[0] + 3 * (grid.size_xyz[0] - 1) >= -40 + 0.8 * 99
    assert grid.origin_xyz[2] == 7 and 7 + 3 * (grid.size_xyz[2] - 1) >= 7 + 5 * 32


def test_values_return_to_the_scan() -> None:
    scan = ramp((60, 60, 20), (1.0, 1.0, 3.0), (0.0, 0.0, 0.0))
    grid = grid_over(scan, 2.0, 4)
    box = box_on_scan(scan, np.array([10.0, 10, 9]), np.array([40.0, 40, 45]))
    back = on_scan(grid.image(grid.sample(scan)), scan, box)
    assert back.shape == (13, 31, 31)
    assert np.abs(back - sitk.GetArrayFromImage(scan)[box]).max() < 0.01
