"""How far a volume may be off: intervals whose coverage was calibrated on virtual patients.

A chamber whose border the network is unsure of has many voxels of middling probability. Their share, the *softness*
``sum p (1 - p) / sum p``, scales the interval; how far is learned by split conformal prediction (Angelopoulos and
Bates 2021, arXiv 2107.07511) of the logarithmic volume error on patients that were not trained on.

Who found the heart does not matter, the heart finder or a person: the calibration's blocks lie around hearts whose place
is known, within some millimetres. What does matter is what bounds the chambers: in the calibration the model's own heart
mask. A given mask that cuts them makes another volume, for which `pipeline` gives no interval.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, TypeGuard

import numpy as np

from .errors import InputRefused

Factors = tuple[float, float]
STRUCTURE_OF = {"la": "left atrium", "lv": "left ventricle"}
LEAST_SOFTNESS = 0.01
LARGEST_QUANTILE = 100.0
"""A chamber measured e times too small at the least softness; beyond, an interval says nothing and its ends overflow."""


def softness(probability: np.ndarray) -> float:
    """Share of doubtful volume of a chamber, from its probability map (any shape)."""
    total = float(probability.sum())
    return (
        max(LEAST_SOFTNESS, float((probability * (1 - probability)).sum()) / total) if total > 0 else math.inf
    )


def calibration_of(card: Mapping[str, Any], model_id: str) -> dict[str, Factors]:
    """What a model's card says of its intervals, for `volume_factors`.

    Args:
        card: Its ``volume_interval`` holds for ``la`` and ``lv`` the pair ``[lower, upper]`` of quantiles of
            ln(true / measured) / softness; without it the model is not calibrated.
        model_id: For the refusal.

    Returns:
        The pairs; empty where the model is not calibrated.

    Raises:
        InputRefused: ``model_card_invalid``.
    """
    said = card.get("volume_interval")
    if said is None:
        return {}
    pairs: dict[str, Factors] = {}
    for key in STRUCTURE_OF:
        pair = said.get(key) if isinstance(said, Mapping) else None
        if not _is_interval(pair):
            raise InputRefused(
                "model_card_invalid",
                f"The card of model '{model_id}' has the volume_interval {said!r}, in which '{key}' is not a pair of "
                f"numbers from {-LARGEST_QUANTILE:g} to {LARGEST_QUANTILE:g}, the lower one first.",
                "Get the package again from its source, or calibrate it again: python -m training calibrate.",
            )
        pairs[key] = float(pair[0]), float(pair[1])
    return pairs


def _is_interval(pair: Any) -> TypeGuard[list[float]]:
    return (
        isinstance(pair, list)
        and len(pair) == 2
        and all(isinstance(end, int | float) for end in pair)
        and -LARGEST_QUANTILE <= pair[0] <= pair[1] <= LARGEST_QUANTILE
    )


def volume_factors(
    structures: Mapping[str, np.ndarray], calibration: Mapping[str, Factors]
) -> dict[str, Factors]:
    """Ends of the 95 % interval of each chamber's volume, as factors of the volume.

    Args:
        structures: Probability of each structure; may be empty.
        calibration: From `calibration_of`.

    Returns:
        Factors for the chambers that have both.
    """
    factors: dict[str, Factors] = {}
    for key, name in STRUCTURE_OF.items():
        if name in structures and key in calibration:
            scale = softness(structures[name])
            if math.isfinite(scale):
                lower, upper = calibration[key]
                factors[key] = math.exp(lower * scale), math.exp(upper * scale)
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
