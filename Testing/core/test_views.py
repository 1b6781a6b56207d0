"""Averaging over views: what a view sees, and that its answer comes back to where it belongs."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from SyntheticCECTLib.core.networks.views import View, averaged

QUARTER, CLOSER = View(90.0, 1.0), View(0.0, 0.5)


class Recorder(nn.Module):
    """Answers with what it sees, and keeps it."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[torch.Tensor] = []

    def forward(self, block: torch.Tensor) -> torch.Tensor:
        self.seen.append(block)
        return block


def spot(row: int, column: int) -> torch.Tensor:
    block = torch.zeros(1, 1, 2, 9, 13)
    block[0, 0, 1, row, column] = 1.0
    return block


def test_turned_view_sees_the_block_turned_about_its_middle() -> None:
    network = Recorder()
    averaged(network, spot(4, 8), [QUARTER], outside=0.0)  # two pixels right of the middle
    seen = network.seen[1]
    assert seen[0, 0, 1, 2, 6] == pytest.approx(1.0, abs=1e-5) and seen.sum() == pytest.approx(1.0, abs=1e-4)


def test_scale_below_one_enlarges() -> None:
    network = Recorder()
    averaged(network, spot(4, 8), [CLOSER], outside=0.0)
    assert network.seen[1][0, 0, 1, 4, 10] == pytest.approx(1.0, abs=1e-5)


def test_view_sees_the_value_outside_beyond_the_block() -> None:
    network = Recorder()
    averaged(network, torch.zeros(1, 1, 1, 8, 8), [View(0.0, 2.0)], outside=-1.0)
    assert network.seen[1][0, 0, 0, 0, 0] == -1.0 and network.seen[1][0, 0, 0, 4, 4] == 0.0


def test_answers_come_back_to_their_place() -> None:
    rows, columns = torch.meshgrid(torch.arange(32.0), torch.arange(48.0), indexing="ij")
    block = (torch.sin(rows / 6) + columns / 20).expand(1, 1, 3, 32, 48).contiguous()
    mean = averaged(Recorder(), block, [View(9.0, 0.95), View(-9.0, 1.06)], outside=0.0)
    inside = (slice(None), slice(None), slice(None), slice(8, -8), slice(8, -8))
    assert (mean - block)[inside].abs().max() < 0.01


def test_every_view_counts_the_same_and_only_where_it_saw() -> None:
    class Counter(nn.Module):
        """0 to the block itself, 1 to the next view, and so on."""

        asked = 0

        def forward(self, block: torch.Tensor) -> torch.Tensor:
            self.asked += 1
            return torch.full_like(block, self.asked - 1).repeat(1, 2, 1, 1, 1)

    mean = averaged(Counter(), torch.zeros(1, 1, 1, 16, 16), [View(45.0, 1.0), CLOSER], outside=0.0)
    assert mean.shape == (1, 2, 1, 16, 16)
    assert mean[0, :, 0, 8, 8].tolist() == pytest.approx([1.0, 1.0])
    assert mean[0, 0, 0, 0, 0] == 0.0  # neither the turned nor the enlarged view saw the corner
    assert mean[0, 0, 0, 1, 8] == pytest.approx(0.5)  # the turned one saw the middle of the rim


def test_without_views_the_answer_stays_as_it_is() -> None:
    block = torch.rand(1, 1, 2, 8, 8)
    assert torch.equal(averaged(Recorder(), block, [], outside=0.0), block)


def test_progress_and_cancel_between_views() -> None:
    def stop(fraction: float, message: str) -> None:
        told.append((round(fraction, 3), message))
        if len(told) == 2:
            raise KeyboardInterrupt

    network, told = Recorder(), []
    with pytest.raises(KeyboardInterrupt):
        averaged(network, spot(4, 4), [QUARTER, CLOSER], 0.0, stop)
    assert len(network.seen) == 1
    assert told == [
        (0.0, "Network: 2 slices at once, view 1 of 3"),
        (0.333, "Network: 2 slices at once, view 2 of 3"),
    ]


@pytest.mark.parametrize(("turn", "scale"), [(math.nan, 1.0), (0.0, 0.0), (0.0, -1.0), (0.0, math.inf)])
def test_view_that_cannot_be_taken_is_refused(turn: float, scale: float) -> None:
    with pytest.raises(ValueError, match=r"cannot be taken"):
        View(turn, scale)
