"""Both kinds of synthesis model run on the working grid and say what they can."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from SyntheticCECTLib.core.errors import InputRefused
from SyntheticCECTLib.core.networks import contrast_model
from SyntheticCECTLib.core.networks.contrast_model import ContrastModel
from SyntheticCECTLib.core.networks.left_heart_network import OUTPUTS, STRUCTURES, LeftHeart
from SyntheticCECTLib.core.networks.model_package import load_model, save_model
from SyntheticCECTLib.core.networks.network import Santini2018

CARD = dict(working_grid={}, hu_scaling={}, training_data="none", intended_use="tests", licence="Apache-2.0")
WIDTHS = [2, 3, 4, 5]
SLICES = np.random.default_rng(0).normal(40, 100, (11, 32, 48)).astype(np.float32)


def package_of(
    folder: Path, name: str, network: nn.Module, widths: list[int], **more: object
) -> ContrastModel:
    return ContrastModel(load_model(saved(folder, name, network, widths, **more)), torch.device("cpu"))


def saved(folder: Path, name: str, network: nn.Module, widths: list[int], **more: object) -> Path:
    architecture = {"name": name, "arguments": {"widths": widths}}
    return save_model(folder, name, network, CARD | dict(architecture=architecture, **more))


@pytest.fixture
def left_heart() -> LeftHeart:
    torch.manual_seed(1)
    return LeftHeart(WIDTHS).eval()


def test_left_heart_gives_every_output_at_every_voxel(left_heart: LeftHeart) -> None:
    assert left_heart(torch.zeros(2, 1, 8, 32, 48)).shape == (2, len(OUTPUTS), 8, 32, 48)


def test_left_heart_refuses_a_size_that_it_cannot_halve(left_heart: LeftHeart) -> None:
    with pytest.raises(ValueError, match=r"\(9, 32, 48\).*pad it"):
        left_heart(torch.zeros(1, 1, 9, 32, 48))


def test_left_heart_sees_neighbouring_slices(left_heart: LeftHeart) -> None:
    block = torch.zeros(1, 1, 16, 32, 32)
    other = block.clone()
    other[:, :, 9] = 0.3
    with torch.inference_mode():
        changed = (left_heart(block) - left_heart(other)).abs().amax((0, 1, 3, 4)) > 0
    assert changed[8] and changed[10]


def test_left_heart_adds_its_enhancement_and_tells_error_and_structures(
    tmp_path: Path, left_heart: LeftHeart
) -> None:
    with torch.no_grad():
        left_heart.last[-1].weight.zero_()  # pyright: ignore[reportCallIssue]
        left_heart.output_bias.copy_(torch.tensor([0.25, -3.0, 0.0, 40.0, -40.0, 2.0, -2.0])[:, None])
    contrast = package_of(tmp_path, "leftheart", left_heart, WIDTHS, threshold_hu=200.0).run(SLICES)
    assert contrast.synthetic_hu == pytest.approx(SLICES + 250, abs=1e-3)
    assert contrast.expected_error_hu is not None
    assert contrast.expected_error_hu == pytest.approx(np.full(SLICES.shape, 1000 * np.exp(-3.0)), rel=1e-5)
    expected: dict[str, float] = dict(
        zip(STRUCTURES, (0.5, 1.0, 0.0, 1 / (1 + np.exp(-2)), 1 / (1 + np.exp(2))), strict=True)
    )
    for name, probability in contrast.structures.items():
        assert probability == pytest.approx(np.full(SLICES.shape, expected[name]), abs=1e-6)


def test_padding_with_air_leaves_no_trace_on_the_number_of_slices(
    tmp_path: Path, left_heart: LeftHeart
) -> None:
    model = package_of(tmp_path, "leftheart", left_heart, WIDTHS, threshold_hu=200.0)
    air = np.full((5, 32, 48), -1024, np.float32)
    short, padded_by_hand = model.run(SLICES), model.run(np.concatenate([SLICES, air]))
    assert short.synthetic_hu == pytest.approx(padded_by_hand.synthetic_hu[: len(SLICES)], abs=1e-3)


def test_santini_tells_neither_error_nor_structures(tmp_path: Path) -> None:
    model = package_of(tmp_path, "santini2018", Santini2018([2] * 9).eval(), [2] * 9, threshold_hu=300.0)
    seen: list[float] = []
    contrast = model.run(SLICES, lambda fraction, message: seen.append(fraction))
    assert contrast.synthetic_hu.shape == SLICES.shape and seen[-1] == 1.0
    assert contrast.expected_error_hu is None and contrast.structures == {}


def test_block_that_a_gpu_cannot_hold_is_computed_on_the_cpu(
    tmp_path: Path, left_heart: LeftHeart, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run_block(network: LeftHeart, slices: np.ndarray, device: torch.device, *rest: object) -> np.ndarray:
        if device.type != "cpu":
            raise RuntimeError("MPS backend out of memory")  # not torch's own class of it
        return usual(network, slices, device)

    usual = contrast_model.run_block
    model = package_of(tmp_path, "leftheart", left_heart, WIDTHS, threshold_hu=200.0)
    expected, told = model.run(SLICES), []
    monkeypatch.setattr(contrast_model, "run_block", run_block)
    model._device = torch.device("mps")
    found = model.run(SLICES, on_notice=told.append)
    assert np.array_equal(found.synthetic_hu, expected.synthetic_hu)
    assert [notice.code for notice in told] == ["gpu_memory"]


def test_model_without_a_threshold_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputRefused, match="does not synthesize"):
        package_of(tmp_path, "santini2018", Santini2018([2] * 9).eval(), [2] * 9)


def test_slices_that_are_not_finite_are_refused(tmp_path: Path, left_heart: LeftHeart) -> None:
    model = package_of(tmp_path, "leftheart", left_heart, WIDTHS, threshold_hu=200.0)
    with pytest.raises(ValueError, match="not finite"):
        model.run(np.where(SLICES > 100, np.nan, SLICES).astype(np.float32))


def test_left_heart_averages_over_the_views_of_its_card(tmp_path: Path, left_heart: LeftHeart) -> None:
    def synthetic(views: list[dict[str, float]]) -> np.ndarray:
        model = package_of(tmp_path, "leftheart", left_heart, WIDTHS, threshold_hu=200.0, views=views)
        return model.run(SLICES).synthetic_hu

    once, same, turned = (
        synthetic([]), synthetic([{"turn_deg": 0.0, "scale": 1.0}]), synthetic([{"turn_deg": 9.0, "scale": 0.95}]),
    )  # fmt: skip
    assert same == pytest.approx(once, abs=0.01)
    assert np.abs(turned - once).max() > 1


@pytest.mark.parametrize(
    "card",
    [
        {"views": [{"turn_deg": 9.0, "scale": 0.0}]}, {"views": [{"angle": 9.0}]}, {"views": 3},
        {"views": [{"turn_deg": "far", "scale": 1.0}]},
    ],
)  # fmt: skip
def test_card_whose_views_cannot_be_used_is_refused(
    tmp_path: Path, left_heart: LeftHeart, card: dict[str, object]
) -> None:
    with pytest.raises(InputRefused, match=r"leftheart.*views that cannot") as refusal:
        package_of(tmp_path, "leftheart", left_heart, WIDTHS, threshold_hu=200.0, **card)
    assert refusal.value.code == "model_card_invalid"


@pytest.mark.parametrize("threshold_hu", [None, "300 HU", float("nan"), 1e9])
def test_a_threshold_that_is_no_number_of_hu_is_refused(tmp_path: Path, threshold_hu: object) -> None:
    package = load_model(saved(tmp_path, "santini2018", Santini2018([2] * 9), [2] * 9, threshold_hu=200.0))
    package.card["threshold_hu"] = threshold_hu
    with pytest.raises(InputRefused, match="threshold") as refusal:
        ContrastModel(package, torch.device("cpu"))
    assert refusal.value.code == "model_card_invalid"
