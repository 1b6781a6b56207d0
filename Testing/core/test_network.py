"""The network has the paper's layers and nothing else."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from SyntheticCECTLib.core.networks.network import FULL_WIDTHS, Santini2018

NARROW = (2, 2, 4, 4, 6, 6, 8, 8, 10)


def test_output_has_the_shape_of_the_input() -> None:
    network = Santini2018(NARROW).eval()
    assert network(torch.zeros(3, 1, 128, 128)).shape == (3, 1, 128, 128)
    assert network(torch.zeros(1, 1, 48, 16)).shape == (1, 1, 48, 16)


def test_layers_are_those_of_the_paper() -> None:
    network = Santini2018()
    convolutions = [m for m in network.modules() if isinstance(m, nn.Conv2d | nn.ConvTranspose2d)]
    shapes = [
        (type(m).__name__, m.in_channels, m.out_channels, m.kernel_size[0], m.stride[0]) for m in convolutions
    ]
    assert shapes == [
        ("Conv2d", 1, 32, 3, 1),
        ("Conv2d", 32, 32, 3, 2),
        ("Conv2d", 32, 64, 3, 1),
        ("Conv2d", 64, 64, 3, 2),
        ("Conv2d", 64, 128, 3, 1),
        ("Conv2d", 128, 128, 3, 2),
        ("Conv2d", 128, 256, 3, 1),
        ("Conv2d", 256, 256, 3, 2),
        ("Conv2d", 256, 512, 3, 1),
        ("ConvTranspose2d", 512, 256, 2, 2),
        ("Conv2d", 256, 256, 3, 1),
        ("ConvTranspose2d", 256, 128, 2, 2),
        ("Conv2d", 128, 128, 3, 1),
        ("ConvTranspose2d", 128, 64, 2, 2),
        ("Conv2d", 64, 64, 3, 1),
        ("ConvTranspose2d", 64, 32, 2, 2),
        ("Conv2d", 32, 1, 3, 1),
        ("Conv2d", 1, 1, 1, 1),
    ]
    assert sum(isinstance(m, nn.BatchNorm2d) for m in network.modules()) == 16
    assert sum(isinstance(m, nn.ReLU) for m in network.modules()) == 16


def test_number_of_weights_matches_a_count_by_hand() -> None:
    narrow = Santini2018((1,) * 9)
    # 9 convolutions down and in the middle of 9 weights, 4 transposed of 4, 3 plain of 9, 16 norms of 2,
    # last 10, residual 2.
    assert sum(p.numel() for p in narrow.parameters()) == 9 * 9 + 4 * 4 + 3 * 9 + 16 * 2 + 10 + 2
    assert FULL_WIDTHS == (32, 32, 64, 64, 128, 128, 256, 256, 512)


def test_residual_is_taken_from_the_input_itself() -> None:
    network = Santini2018(NARROW).eval()
    with torch.no_grad():
        network.last.weight.zero_()
        network.residual.weight.fill_(2.0)
        image = torch.randn(1, 1, 32, 32)
        torch.testing.assert_close(network(image), 2.0 * image)


def test_output_is_linear_and_can_be_negative() -> None:
    network = Santini2018(NARROW).eval()
    assert network(torch.full((1, 1, 32, 32), -1.0)).min() < -0.5


def test_untrained_network_stays_close_to_its_input() -> None:
    torch.manual_seed(0)
    image = 0.3 * torch.randn(2, 1, 64, 64)
    change = Santini2018().eval()(image) - image
    assert 0 < change.std() < 0.5 * image.std()


@pytest.mark.parametrize("shape", [(1, 1, 100, 128), (1, 1, 128, 8)])
def test_size_not_divisible_by_16_is_refused_with_the_size(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=f"{shape[2]} x {shape[3]} is not divisible by 16"):
        Santini2018(NARROW)(torch.zeros(shape))


@pytest.mark.parametrize("shape", [(1, 3, 32, 32), (1, 32, 32)])
def test_wrong_number_of_axes_or_channels_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="shape"):
        Santini2018(NARROW)(torch.zeros(shape))


@pytest.mark.parametrize("widths", [(8, 8), (0,) * 9, (1.5,) * 9])
def test_bad_widths_are_refused(widths: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="nine positive whole numbers"):
        Santini2018(widths)
