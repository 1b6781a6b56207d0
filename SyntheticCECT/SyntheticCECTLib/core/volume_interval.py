"""How far a volume may be off: intervals whose coverage was calibrated on virtual patients.

A chamber whose border the network is unsure of has many voxels of middling probability. Their share, the *softness*
``sum p (1 - p) / sum p``, scales the interval; how far is learned by split conformal prediction (Angelopoulos and
Bates 2021, arXiv 2107.07511) of the logarithmic volume error on patients that were not trained on.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

Factors = tuple[float, float]
STRUCTURE_OF = {"la": "left atrium", "lv": "left ventricle"}
LEAST_SOFTNESS = 0.01


def softness(probability: np.ndarray) -> float:
    """Share of doubtful volume of a chamber, from its probability map (any shape)."""
    total = float(probability.sum())
    return (
        max(LEAST_SOFTNESS, float((probability * (1 - probability)).sum()) / total) if total > 0 else math.inf
    )


def volume_factors(
    structures: Mapping[str, np.ndarray], calibration: Mapping[str, Any] | None
) -> dict[str, Factors]:
    """Ends of the 95 % interval of each chamber's volume, as factors of the volume.

    Args:
        structures: Probability of each structure; may be empty.
        calibration: ``volume_interval`` of the model's card: for ``la`` and ``lv`` the pair ``[lower, upper]`` of
            quantiles of ln(true / measured) / softness. ``None`` where the model is not calibrated.

    Returns:
        Factors for the chambers that have both.
    """
    factors: dict[str, Factors] = {}
    for key, name in STRUCTURE_OF.items():
        if calibration and name in structures and key in calibration:
            scale = softness(structures[name])
            lower, upper = (float(quantile) * scale for quantile in calibration[key])
            if math.isfinite(scale):
                factors[key] = math.exp(lower), math.exp(upper)
    return factors


def calibrate(log_errors: np.ndarray, softnesses: np.ndarray, coverage: float = 0.95) -> list[float]:
    """Quantiles ``[lower, upper]`` for the card, by split conformal prediction.

    Args:
        log_errors: ln(true / measured volume) of patients that were not trained on, (N,).
        softnesses: Of the same patients, (N,).
        coverage: Of the interval.

    Raises:
        ValueError: Too few patients for that coverage.
    """
    scores = np.sort(np.asarray(log_errors) / np.asarray(softnesses))
    rank = math.floor((len(scores) + 1) * (1 - coverage) / 2)
    if rank < 1:
        least = math.ceil(2 / (1 - coverage)) - 1
        raise ValueError(
            f"{len(scores)} patients cannot calibrate {coverage:.0%}; at least {least} are needed."
        )
    return [float(scores[rank - 1]), float(scores[len(scores) - rank])]
