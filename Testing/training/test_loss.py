import math

import pytest
import torch

from training.loss import contrast_loss


def slices(*values: list[float]) -> torch.Tensor:
    return torch.tensor(values).view(len(values), 1, 1, -1)


def test_loss_of_one_slice_is_the_hand_computed_number() -> None:
    prediction, cect = slices([0.5, 0.1, 9.0]), slices([0.4, 0.3, 0.0])
    chambers, heart = slices([1.0, 0.0, 1.0]), slices([1.0, 1.0, 0.0])
    # RMSE over the two heart pixels: sqrt((0.01 + 0.04) / 2). Cross-entropy, summed: logits 10 * (x - 0.3) = 2 and -2.
    rmse, entropy = math.sqrt(0.025), 2 * math.log(1 + math.exp(-2))
    loss = contrast_loss(prediction, cect, chambers, heart, vth=0.3)
    assert float(loss) == pytest.approx(rmse + 0.01 * entropy, rel=1e-5)
    mean = contrast_loss(prediction, cect, chambers, heart, vth=0.3, mean_cross_entropy=True)
    assert float(mean) == pytest.approx(rmse + 0.01 * entropy / 2, rel=1e-5)


def test_loss_is_the_same_for_any_batch_split() -> None:
    torch.manual_seed(0)
    prediction, cect = torch.randn(2, 6, 1, 8, 8).unbind()
    chambers, heart = (torch.rand(2, 6, 1, 8, 8) > 0.5).float().unbind()
    whole = contrast_loss(prediction, cect, chambers, heart, 0.3)
    parts = [
        contrast_loss(prediction[n : n + 2], cect[n : n + 2], chambers[n : n + 2], heart[n : n + 2], 0.3)
        for n in (0, 2, 4)
    ]
    assert float(whole) == pytest.approx(float(sum(parts)) / 3, rel=1e-5)


def test_loss_and_gradient_are_finite_for_any_hu() -> None:
    prediction = slices([-1e6, 1e6, 3.071], [0.0, 0.0, 0.0]).requires_grad_()
    ones, zeros = torch.ones_like(prediction), torch.zeros_like(prediction)
    loss = contrast_loss(prediction, zeros, ones, ones, 0.3)
    loss.backward()
    assert torch.isfinite(loss) and prediction.grad is not None and torch.isfinite(prediction.grad).all()


def test_slice_without_heart_adds_nothing() -> None:
    prediction = slices([1.0, 2.0]).requires_grad_()
    loss = contrast_loss(prediction, slices([0.0, 0.0]), slices([0.0, 0.0]), slices([0.0, 0.0]), 0.3)
    loss.backward()
    assert float(loss) == 0 and prediction.grad is not None and (prediction.grad == 0).all()
