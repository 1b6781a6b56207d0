"""Everything that decides a training run; one file in ``configs/`` for each bundled model."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """A training recipe.

    Args:
        model: Which network: ``santini2018`` or ``heart_finder``.
        model_id: Name of the package that is written.
        widths: Channels of the network's layers.
        patients: Virtual patients to train on.
        validation_patients: Further virtual patients to validate on.
        steps: Optimiser steps.
        batch: Slices (``santini2018``) or volumes (``heart_finder``) in a step.
        learning_rate: Peak (one-cycle schedule) or constant rate of Adam.
        one_cycle: Whether the rate rises and falls in one cycle, or stays as in the paper.
        weight_decay: Lambda of the L2 term on convolution weights.
        alpha: Weight of the RMSE term.
        beta: Weight of the cross-entropy term.
        steepness: Steepness s of the soft threshold, per HU / 1000.
        mean_cross_entropy: Mean of the cross-entropy over the heart's pixels in place of the paper's sum.
        seed: Of weights, order and augmentation.
    """

    model: str
    model_id: str
    widths: tuple[int, ...]
    patients: int = 480
    validation_patients: int = 16
    steps: int = 2500
    batch: int = 32
    learning_rate: float = 1e-3
    one_cycle: bool = True
    weight_decay: float = 1e-3
    alpha: float = 1.0
    beta: float = 0.01
    steepness: float = 10.0
    mean_cross_entropy: bool = False
    seed: int = 2018
