"""How alike a synthetic and a real CECT are: NMI, PSNR, MAE, SSIM, over the voxels of a mask.

Only SSIM needs scikit-image, which 3D Slicer does not ship; the others are short enough to stand here, and
the tests hold them against scikit-image.
"""

from __future__ import annotations

import numpy as np

from ..bounding_box import bounding_box
from .no_value import NoValue

CT_RANGE_HU = 4096.0  # what 12-bit CT can hold, -1024 to 3071 HU
NARROW_RANGE_HU = 2000.0  # stricter: about air to dense iodine
NMI_BINS = 256
SSIM_WINDOW = 7


def entropies(x: np.ndarray, y: np.ndarray, bins: int = NMI_BINS) -> tuple[float, float, float]:
    """Shannon entropies H(X), H(Y) and H(X, Y) in nats from the joint histogram.

    Each image's own minimum to maximum is divided into ``bins`` equal bins, as scikit-image does.

    Args:
        x: Values in HU, any shape.
        y: Values of the same voxels, same shape.
        bins: Histogram bins for each image.

    Raises:
        NoValue: No voxels, or an image is constant and thus carries no information.
        ValueError: Shapes differ, or a value is not finite.
    """
    x, y = _values(x, y)
    joint = np.bincount(_bin_index(x, bins) * bins + _bin_index(y, bins), minlength=bins * bins)
    table = joint.reshape(bins, bins) / x.size
    return _entropy(table.sum(axis=1)), _entropy(table.sum(axis=0)), _entropy(table.ravel())


def nmi(x: np.ndarray, y: np.ndarray, bins: int = NMI_BINS) -> float:
    """Normalized mutual information on [0, 1]: 2 I(X;Y) / (H(X) + H(Y)).

    Histogram entropies of few voxels lie too low and push the NMI up: only figures from the same grid and the
    same number of bins can be compared.

    Args:
        x: Values in HU, any shape.
        y: Values of the same voxels, same shape.
        bins: Histogram bins for each image.

    Raises:
        NoValue: No voxels, or an image is constant.
        ValueError: Shapes differ, or a value is not finite.

    Source: symmetric uncertainty; Witten & Frank, Data Mining (2005), section 7.1.
    """
    h_x, h_y, h_xy = entropies(x, y, bins)
    return 2.0 * (h_x + h_y - h_xy) / (h_x + h_y)


def nmi_skimage(x: np.ndarray, y: np.ndarray, bins: int = NMI_BINS) -> float:
    """Normalized mutual information on [1, 2]: (H(X) + H(Y)) / H(X, Y).

    The same number as ``skimage.metrics.normalized_mutual_information(x, y, bins=bins)``.

    Raises:
        NoValue: No voxels, or an image is constant.
        ValueError: Shapes differ, or a value is not finite.

    Source: Studholme, Hill & Hawkes, Pattern Recognition 32:71 (1999).
    """
    h_x, h_y, h_xy = entropies(x, y, bins)
    return (h_x + h_y) / h_xy


def psnr_db(x: np.ndarray, y: np.ndarray, data_range_hu: float = CT_RANGE_HU) -> float:
    """Peak signal-to-noise ratio in dB: 10 log10(range^2 / mean squared difference).

    Args:
        x: Values in HU, any shape.
        y: Values of the same voxels, same shape.
        data_range_hu: The peak, in HU. Doubling it adds 6.02 dB, so a PSNR without its range says nothing.

    Raises:
        NoValue: No voxels, or the images are identical (the ratio is infinite).
        ValueError: Shapes differ, a value is not finite, or the range is not positive.
    """
    if not data_range_hu > 0:
        raise ValueError(f"the data range is {data_range_hu} HU; give a positive one, such as 4096.")
    x, y = _values(x, y)
    mean_square = float(np.mean((x - y) ** 2))
    if mean_square == 0:
        raise NoValue("the images are identical, so the ratio is infinite")
    return float(10.0 * np.log10(data_range_hu**2 / mean_square))


def mae_hu(x: np.ndarray, y: np.ndarray) -> float:
    """Mean absolute difference in HU over the voxels given.

    Raises:
        NoValue: No voxels.
        ValueError: Shapes differ, or a value is not finite.
    """
    x, y = _values(x, y)
    return float(np.mean(np.abs(x - y)))


def ssim_map(
    x_kji: np.ndarray, y_kji: np.ndarray, mask_kji: np.ndarray, data_range_hu: float = CT_RANGE_HU
) -> np.ndarray:
    """Structural similarity of each voxel, computed slice by slice with a 7 x 7 pixel window.

    Slices are taken one by one because they are several times thicker than a pixel. The window of a voxel at
    the mask's border reaches three pixels beyond it.

    Args:
        x_kji: Image (K, J, I) in HU, axial slices first.
        y_kji: Image of the same shape.
        mask_kji: Where a value is wanted; only the box around it is computed.
        data_range_hu: The dynamic range L of the formula, in HU.

    Returns:
        (K, J, I) float32, NaN outside the mask.

    Raises:
        NoValue: scikit-image is not installed, the mask is empty, or slices are below 7 x 7 pixels.
        ValueError: Shapes differ, or a value within the mask's box is not finite.

    Source: Wang et al., IEEE TIP 13:600 (2004), through ``skimage.metrics.structural_similarity``.
    """
    try:
        from skimage.metrics import structural_similarity
    except ImportError:
        raise NoValue("scikit-image is not installed") from None
    if not x_kji.shape == y_kji.shape == mask_kji.shape:
        raise ValueError(f"shapes differ: {x_kji.shape}, {y_kji.shape} and mask {mask_kji.shape}.")
    if min(x_kji.shape[1:]) < SSIM_WINDOW:
        raise NoValue(
            f"slices of {x_kji.shape[1:]} pixels are smaller than the {SSIM_WINDOW} x {SSIM_WINDOW} window"
        )
    box = bounding_box(mask_kji, margin=(0, SSIM_WINDOW, SSIM_WINDOW))
    if box is None:
        raise NoValue("the mask is empty")
    x, y = (np.asarray(image[box], dtype=np.float32) for image in (x_kji, y_kji))
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise ValueError("an image holds NaN or infinite values beside the mask; replace them first.")
    inside = structural_similarity(
        x,
        y,
        win_size=SSIM_WINDOW,
        data_range=float(data_range_hu),
        channel_axis=0,  # each slice on its own
        full=True,
    )[1]
    whole = np.full(x_kji.shape, np.nan, dtype=np.float32)
    whole[box] = np.where(mask_kji[box], inside, np.nan)
    return whole


def ssim(
    x_kji: np.ndarray, y_kji: np.ndarray, mask_kji: np.ndarray, data_range_hu: float = CT_RANGE_HU
) -> float:
    """Mean of `ssim_map` over the mask, at most 1. Arguments and errors as there."""
    return float(np.nanmean(ssim_map(x_kji, y_kji, mask_kji, data_range_hu), dtype=np.float64))


def _values(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    x, y = np.asarray(x), np.asarray(y)
    if x.shape != y.shape:
        raise ValueError(
            f"the images have shapes {x.shape} and {y.shape}; resample one onto the other's grid first."
        )
    if x.size == 0:
        raise NoValue("the mask is empty")
    x, y = x.ravel().astype(np.float64), y.ravel().astype(np.float64)
    for name, values in (("first", x), ("second", y)):
        if not np.isfinite(values).all():
            raise ValueError(f"the {name} image holds NaN or infinite values; replace them first.")
    return x, y


def _bin_index(values: np.ndarray, bins: int) -> np.ndarray:
    low, high = float(values.min()), float(values.max())
    if low == high:
        raise NoValue(f"an image is constant ({low:g} HU) and carries no information")
    return np.minimum(((values - low) * (bins / (high - low))).astype(np.int64), bins - 1)


def _entropy(probabilities: np.ndarray) -> float:
    filled = probabilities[probabilities > 0]
    return float(-(filled * np.log(filled)).sum())
