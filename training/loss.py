"""The loss of Santini et al. 2018, equations 1 to 3."""

from __future__ import annotations

import torch
from torch.nn.functional import binary_cross_entropy_with_logits


def contrast_loss(
    prediction: torch.Tensor,
    cect: torch.Tensor,
    chambers: torch.Tensor,
    heart_mask: torch.Tensor,
    vth: float,
    alpha: float = 1.0,
    beta: float = 0.01,
    steepness: float = 10.0,
    mean_cross_entropy: bool = False,
) -> torch.Tensor:
    """Root mean square error plus cross-entropy of the soft-thresholded prediction, both inside the heart.

    Computed slice by slice and averaged over slices, so that the batch size changes no balance. The L2 term of the
    paper is Adam's coupled weight decay on the convolution weights, which has the same gradient.

    In HU / 1000 a steepness of 10 makes the soft threshold about 100 HU wide.

    Args:
        prediction: Synthetic CECT (N, 1, J, I), HU / 1000.
        cect: Real CECT, same shape and unit.
        chambers: 1 in the left atrium and ventricle, 0 elsewhere, same shape.
        heart_mask: 1 inside the heart, same shape. Slices without heart count as zero loss.
        vth: Threshold between chambers and the rest, HU / 1000.
        alpha: Weight of the error.
        beta: Weight of the cross-entropy.
        steepness: s of the paper's sigmoid, per HU / 1000.
        mean_cross_entropy: Mean over pixels in place of the paper's sum.

    Returns:
        A scalar.
    """
    dims = (1, 2, 3)
    pixels = heart_mask.sum(dims).clamp_min(1)
    squared = ((prediction - cect) ** 2 * heart_mask).sum(dims) / pixels
    error = (squared + 1e-12).sqrt()
    entropy = binary_cross_entropy_with_logits(steepness * (prediction - vth), chambers, reduction="none")
    entropy = (entropy * heart_mask).sum(dims)
    if mean_cross_entropy:
        entropy = entropy / pixels
    has_heart = (heart_mask.sum(dims) > 0).to(prediction.dtype)
    return ((alpha * error + beta * entropy) * has_heart).mean()
