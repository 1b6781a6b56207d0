"""Virtual non-contrast: takes the contrast agent out of a CECT whose chambers are labelled.

Labelled CT angiographies are plentiful, true pairs of scans are rare; this makes a pair of each of the former. The
image is parted into structure and texture (noise). Structure is led through a curve that brings all enhanced blood
to the HU of blood and enhanced muscle to that of muscle; texture is added back as strong as it was; small islands
brighter than the blood, such as calcium, and bone stay as they are. Nothing is learned, and nothing is acquired: the
result is a simulation and says so wherever it is used.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk
from scipy import ndimage

from SyntheticCECTLib.core.bounding_box import bounding_box
from SyntheticCECTLib.core.errors import InputRefused

from .enhanced_region import enhanced_region

NATIVE_BLOOD_HU, NATIVE_MUSCLE_HU = 40.0, 46.0
LEAST_CONTRAST_HU = 150.0
CALCIUM_ABOVE_BLOOD_HU, LARGEST_CALCIUM_ML, CALCIUM_ACROSS_MM = 250.0, 0.5, 6.0
DENSE_ABOVE_BLOOD_HU, MOST_DENSE_AROUND = 100.0, 0.1
TEXTURE_PIXELS, EDGE_REACH_MM = 5, 2.1
WALL_MM, MOST_TEXTURE_SD = 3.0, 3.0


@dataclass(frozen=True)
class VirtualNative:
    """What was made, and what it was made by.

    Attributes:
        image: Virtual non-contrast CT on the CECT's grid, int16 HU.
        blood_hu: Median of the labelled blood in the CECT.
        noise_hu: SD of the CECT's texture in the labelled blood, which the result keeps.
    """

    image: sitk.Image
    blood_hu: float
    noise_hu: float


def virtual_native(
    cect: sitk.Image,
    blood: sitk.Image,
    heart_mask: sitk.Image | None = None,
    native_blood_hu: float = NATIVE_BLOOD_HU,
) -> VirtualNative:
    """Takes the contrast out.

    Args:
        cect: Contrast-enhanced CT, HU.
        blood: Labelled blood pools on the same grid, nonzero inside: LA and LV, and any others that are known.
        heart_mask: The heart on the same grid; without it, what lies within 20 mm of the labels.
        native_blood_hu: What blood measures without contrast.

    Raises:
        InputRefused: The grids differ, nothing is labelled, or the labelled blood is not enhanced.
    """
    for name, mask in (("blood labels", blood), ("heart mask", heart_mask)):
        if mask is not None and mask.GetSize() != cect.GetSize():
            message = f"The {name} have size {mask.GetSize()}, the CECT {cect.GetSize()}."
            raise InputRefused("other_grid", message, "Give masks on the CECT's own grid.")
    hu = sitk.GetArrayFromImage(cect).astype(np.float32)
    labelled = sitk.GetArrayViewFromImage(blood) != 0
    if not labelled.any():
        raise InputRefused("no_labels", "No blood is labelled.", "Label the left atrium and ventricle.")
    blood_hu = float(np.median(hu[labelled]))
    if blood_hu < LEAST_CONTRAST_HU:
        raise InputRefused(
            "no_contrast", f"The labelled blood measures {blood_hu:.0f} HU; contrast needs {LEAST_CONTRAST_HU:g}.",
            "Give a scan in the arterial phase, and labels drawn on it.",
        )  # fmt: skip
    spacing = np.array(cect.GetSpacing()[::-1])
    heart = None if heart_mask is None else sitk.GetArrayViewFromImage(heart_mask) != 0
    weight = enhanced_region(hu, labelled, heart, spacing)
    box = bounding_box(weight > 0)
    assert box is not None  # there are labels
    made, noise_hu = _without_contrast(hu[box], labelled[box], spacing, blood_hu, native_blood_hu)
    hu[box] += weight[box] * (made - hu[box])
    image = sitk.GetImageFromArray(np.rint(np.clip(hu, -32768, 32767)).astype(np.int16))
    image.CopyInformation(cect)
    return VirtualNative(image, blood_hu, noise_hu)


def tone(structure_hu: np.ndarray, blood_hu: float, native_blood_hu: float = NATIVE_BLOOD_HU) -> np.ndarray:
    """HU without contrast for HU with it, in places that are all blood, all muscle or all fat.

    Up to 20 HU nothing changes. Enhanced muscle (100 to 140 HU) comes to about 46 HU, all brighter blood to
    ``native_blood_hu``. The curve is smooth, so that no contour appears where tissues blend.

    Args:
        structure_hu: HU of any shape.
        blood_hu: Median of the enhanced blood.
        native_blood_hu: Of blood without contrast.
    """
    above = np.maximum(structure_hu - 20.0, 0.0)
    rise = NATIVE_MUSCLE_HU - 20.0
    muscle = 20.0 + rise * (1 - np.exp(-above / rise))
    low, high = 0.4 * blood_hu, 0.75 * blood_hu
    t = np.clip((structure_hu - low) / (high - low), 0.0, 1.0)
    to_blood = t * t * (3 - 2 * t)
    return np.where(structure_hu <= 20.0, structure_hu, muscle + to_blood * (native_blood_hu - muscle))


def _without_contrast(
    hu: np.ndarray, labelled: np.ndarray, spacing: np.ndarray, blood_hu: float, native_blood_hu: float
) -> tuple[np.ndarray, float]:
    structure = np.asarray(ndimage.median_filter(hu, (1, TEXTURE_PIXELS, TEXTURE_PIXELS)))
    inner = np.asarray(ndimage.binary_erosion(labelled, np.ones((1, 3, 3)), iterations=6), bool)
    inner = inner if inner.sum() > 500 else labelled
    # Robust SDs: papillary muscles and streaks inside the blood are not noise.
    noise = _spread(hu[inner] - _box_mean(structure, 9)[inner])
    made = _edge_true(structure, spacing, blood_hu, native_blood_hu) + _texture(hu - structure, inner, noise)
    calcium = _calcium(hu, structure, blood_hu, spacing)
    return made + calcium * (hu - made), noise


def _texture(rest: np.ndarray, inner: np.ndarray, noise: float) -> np.ndarray:
    """What the median left over, as strong as the blood's noise.

    At edges and streaks the rest is structure that would show as ridges; there noise of the same strength and a
    similar grain, always the same for one image, takes its place.
    """
    kept = max(_spread(rest[inner]), 1e-6)
    rest = np.clip(rest, -MOST_TEXTURE_SD * kept, MOST_TEXTURE_SD * kept)
    local = np.sqrt(_box_mean(rest * rest, 7))
    share = np.clip((1.6 * kept - local) / (0.5 * kept), 0, 1)
    random = np.random.default_rng(0).standard_normal(rest.shape, dtype=np.float32)
    random = random - ndimage.gaussian_filter(random, (0, 1.2, 1.2))
    random = ndimage.gaussian_filter(random, (0, 0.5, 0.5))
    return noise * (share * rest / kept + np.sqrt(1 - share**2) * random / random.std())


def _edge_true(
    structure: np.ndarray, spacing: np.ndarray, blood_hu: float, native_blood_hu: float
) -> np.ndarray:
    """The tone curve along its secant between the darkest and the brightest neighbour.

    A voxel that is half blood, half fat shows the mean of both, which alone would pass for muscle. Between its
    neighbours of pure fat and pure blood the mixing is linear with and without contrast; so is the secant.
    """
    reach = np.maximum(1, np.round(EDGE_REACH_MM / spacing)).astype(int)
    reach[0] = 0 if spacing[0] > EDGE_REACH_MM else reach[0]
    size = tuple(int(2 * n + 1) for n in reach)
    darkest, brightest = ndimage.minimum_filter(structure, size), ndimage.maximum_filter(structure, size)
    low, high = (tone(end, blood_hu, native_blood_hu) for end in (darkest, brightest))
    span = brightest - darkest
    secant = low + (structure - darkest) * (high - low) / np.maximum(span, 1.0)
    # Three tissues within reach bend the secant; where nothing is dark, the curve itself is right.
    share = np.clip((20.0 - darkest) / 60.0, 0.0, 1.0)
    return tone(structure, blood_hu, native_blood_hu) * (1 - share) + secant * share


def _calcium(hu: np.ndarray, structure: np.ndarray, blood_hu: float, spacing: np.ndarray) -> np.ndarray:
    """Weight, 0 to 1, of small islands in walls, clearly brighter than all blood around.

    Larger islands, those amid blood, and those that fade into dense contrast, as swirls in the right heart do, are dense
    contrast. Calcium of a valve leaflet amid blood is lost with them.
    """
    across = tuple(max(3, int(CALCIUM_ACROSS_MM / step) | 1) for step in spacing[1:])
    around = ndimage.grey_opening(structure, (1, *across))
    reach = tuple(int(2 * round(WALL_MM / step) + 1) for step in spacing[1:])
    in_wall = ndimage.minimum_filter(structure, (1, *reach)) < 0.5 * blood_hu
    bright = hu > np.maximum(around, blood_hu) + CALCIUM_ABOVE_BLOOD_HU
    islands = np.asarray(ndimage.label(bright)[0], np.int32)  # pyright: ignore[reportIndexIssue]
    count = int(islands.max())
    sizes_ml = np.bincount(islands.ravel(), minlength=count + 1) * float(np.prod(spacing)) / 1000
    small = sizes_ml <= LARGEST_CALCIUM_ML
    # Single voxels are noise, not calcium.
    small &= np.bincount(islands.ravel(), minlength=count + 1) >= 3
    voxels = np.bincount(islands.ravel(), minlength=count + 1)
    small &= np.bincount(islands[in_wall], minlength=count + 1) > 0.5 * voxels
    small[0] = False
    ring = _rings(np.where(small[islands], islands, 0), reach)
    dense = np.bincount(ring[structure > blood_hu + DENSE_ABOVE_BLOOD_HU], minlength=count + 1)
    small &= dense <= MOST_DENSE_AROUND * np.bincount(ring.ravel(), minlength=count + 1)
    grown = np.asarray(ndimage.binary_dilation(small[islands], np.ones((1, 3, 3))))
    return _box_mean(grown.astype(np.float32), 3)


def _rings(islands: np.ndarray, reach: tuple[int, ...]) -> np.ndarray:
    """What lies around numbered islands on each slice, without the rim that blurs into them, under their numbers."""
    outer, inner = (ndimage.grey_dilation(islands, (1, *size)) for size in (reach, (5, 5)))
    return np.where(inner == 0, outer, 0)


def _box_mean(array: np.ndarray, pixels: int) -> np.ndarray:
    """Mean over a square of each slice."""
    return np.asarray(ndimage.uniform_filter(array, (1, pixels, pixels)))  # pyright: ignore[reportArgumentType]


def _spread(values: np.ndarray) -> float:
    """SD of the bulk of the values: from their median absolute deviation, as for a normal distribution."""
    return float(1.4826 * np.median(np.abs(values - np.median(values))))
