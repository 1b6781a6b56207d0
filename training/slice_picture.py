"""One slice as the paper's figure 4 shows it, for TensorBoard."""

from __future__ import annotations

import numpy as np

from SyntheticCECTLib.core.reporting.picture import LA_COLOUR
from SyntheticCECTLib.core.reporting.report_figures import CECT_WINDOW, NATIVE_WINDOW


def row_of_four(
    native: np.ndarray, cect: np.ndarray, synthetic: np.ndarray, labels: np.ndarray, threshold_hu: float
) -> np.ndarray:
    """Native CT, real CECT, synthetic CECT, and native CT with the thresholded chambers.

    Args:
        native: (J, I) HU.
        cect: (J, I) HU.
        synthetic: (J, I) HU.
        labels: (J, I); above 0 is heart.
        threshold_hu: Chambers are at least this bright in the synthetic CECT.

    Returns:
        (J, 4 I, 3) uint8.
    """
    grey = [
        np.repeat(window.grey(image)[..., None], 3, 2)
        for window, image in ((NATIVE_WINDOW, native), (CECT_WINDOW, cect), (CECT_WINDOW, synthetic), (NATIVE_WINDOW, native))
    ]  # fmt: skip
    chambers = (synthetic >= threshold_hu) & (labels >= 1)
    grey[3][chambers] = grey[3][chambers] // 2 + np.array(LA_COLOUR, np.uint8) // 2
    return np.concatenate(grey, 1)
