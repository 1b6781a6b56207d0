"""Batched inference gives what the plain network gives, and can be watched and stopped."""

from __future__ import annotations

import threading

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn

from SyntheticCECTLib.core.errors import Cancelled, Notice
from SyntheticCECTLib.core.networks import folded_network, inference
from SyntheticCECTLib.core.networks.inference import PreparedNetwork, run_slices
from SyntheticCECTLib.core.networks.network import Santini2018

WIDTHS = (8, 8, 16, 16, 24, 24, 32, 32, 48)


@pytest.fixture(scope="module")
def network() -> Santini2018:
    """A small network whose batch norms and last layer are far from their initial values."""
    torch.manual_seed(3)
    network = Santini2018(WIDTHS)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, std=0.3)
            nn.init.normal_(module.running_mean, std=0.2)  # pyright: ignore[reportArgumentType]
            nn.init.uniform_(module.running_var, 0.5, 2.0)  # pyright: ignore[reportArgumentType]
    nn.init.normal_(network.last.weight, std=0.05)
    nn.init.constant_(network.last.bias, 0.02)  # pyright: ignore[reportArgumentType]
    return network.eval()


@pytest.fixture(scope="module")
def slices() -> NDArray[np.float32]:
    return np.random.default_rng(0).normal(0, 300, (15, 64, 48)).astype(np.float32)


def _plain(network: nn.Module, slices: NDArray[np.floating]) -> NDArray[np.float32]:
    with torch.inference_mode():
        images = torch.from_numpy(np.clip(slices, -1024, 3071)).float()[:, None] / 1000
        return network(images)[:, 0].numpy() * 1000


def test_result_is_that_of_the_plain_network(network: Santini2018, slices: NDArray[np.float32]) -> None:
    result = run_slices(network, slices)
    assert result.dtype == np.float32 and result.shape == slices.shape
    assert np.abs(_plain(network, slices) - slices).max() > 50  # else the comparison would show nothing
    np.testing.assert_allclose(result, _plain(network, slices), atol=0.02)


def test_result_is_that_of_the_plain_network_where_fused_layers_are_missing(
    network: Santini2018, slices: NDArray[np.float32], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folded_network, "_has_fused_convolution", lambda: False)
    np.testing.assert_allclose(run_slices(network, slices), _plain(network, slices), atol=0.02)


@pytest.mark.parametrize("for_cpu", [True, False])
def test_folding_leaves_no_batch_norm_and_does_not_touch_the_original(
    network: Santini2018, for_cpu: bool
) -> None:
    before = {name: value.clone() for name, value in network.state_dict().items()}
    copy = folded_network.folded(network, for_cpu)
    assert not any(isinstance(m, nn.BatchNorm2d) for m in copy.modules())
    for name, value in network.state_dict().items():
        assert torch.equal(value, before[name])


def test_layers_that_have_no_fast_form_are_left_as_they_are() -> None:
    torch.manual_seed(0)
    layers = nn.Sequential(
        nn.Conv2d(1, 4, 3, padding="same"),
        nn.ReLU(),
        nn.Conv2d(4, 4, 3, padding=2, dilation=2, groups=2),
        nn.ReLU(),
        nn.ConvTranspose2d(4, 6, 3, stride=2, padding=1, output_padding=1),
        nn.ReLU(),
        nn.Conv2d(6, 1, 3, padding=1, padding_mode="reflect"),
    ).eval()
    images = torch.randn(2, 1, 16, 16)
    with torch.inference_mode():
        torch.testing.assert_close(
            folded_network.folded(layers, True)(images), layers(images), atol=1e-5, rtol=1e-4
        )


def test_two_runs_are_identical(network: Santini2018, slices: NDArray[np.float32]) -> None:
    prepared = PreparedNetwork(network)
    first = run_slices(prepared, slices)
    for _ in range(3):
        np.testing.assert_array_equal(run_slices(prepared, slices), first)


def test_values_outside_the_ct_range_are_clipped(network: Santini2018) -> None:
    extreme = np.full((1, 32, 32), -2048.0)
    extreme[0, 16:] = 9000.0
    np.testing.assert_array_equal(
        run_slices(network, extreme), run_slices(network, np.clip(extreme, -1024.0, 3071.0))
    )


def test_the_number_of_threads_is_as_before(network: Santini2018, slices: NDArray[np.float32]) -> None:
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        runs = [threading.Thread(target=run_slices, args=(network, slices)) for _ in range(3)]
        for run in runs:
            run.start()
        for run in runs:
            run.join()
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_progress_rises_to_one_in_the_calling_thread(
    network: Santini2018, slices: NDArray[np.float32]
) -> None:
    seen: list[tuple[float, str, threading.Thread]] = []
    large = np.repeat(np.repeat(slices, 2, axis=1), 2, axis=2)
    run_slices(network, large, on_progress=lambda f, m: seen.append((f, m, threading.current_thread())))
    fractions = [fraction for fraction, _, _ in seen]
    assert fractions == sorted(fractions) and fractions[-1] == 1.0 and len(fractions) > 1
    assert {thread for _, _, thread in seen} == {threading.main_thread()}
    assert "15 of 15 slices" in seen[-1][1]


def test_raising_from_progress_cancels(network: Santini2018, slices: NDArray[np.float32]) -> None:
    calls = []

    def stop(fraction: float, message: str) -> None:
        calls.append(fraction)
        raise Cancelled(message)

    with pytest.raises(Cancelled):
        run_slices(network, slices, on_progress=stop)
    assert len(calls) == 1
    assert not [t for t in threading.enumerate() if t.name.startswith("slices")]


def test_no_slices_give_no_slices(network: Santini2018) -> None:
    assert run_slices(network, np.zeros((0, 32, 32), np.float32)).shape == (0, 32, 32)


def test_unusable_slices_are_refused(network: Santini2018) -> None:
    with pytest.raises(ValueError, match="shape"):
        run_slices(network, np.zeros((32, 32)))
    with pytest.raises(ValueError, match="not finite"):
        run_slices(network, np.full((1, 32, 32), np.nan))
    with pytest.raises(ValueError, match="divisible by 16"):
        run_slices(network, np.zeros((3, 30, 32)))


class _SmallGpu(PreparedNetwork):
    """A device that holds a given number of slices, played on the CPU."""

    def __init__(self, network: nn.Module, holds: int) -> None:
        super().__init__(network)
        self.holds, self.sizes = holds, []

    def _batch(self, images: NDArray[np.float32]) -> NDArray[np.float32]:
        self.sizes.append(len(images))
        if len(images) > self.holds:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return super()._batch(images)

    def run(self, images, on_progress=None, on_notice=None):  # type: ignore[no-untyped-def]
        return self._run_on_gpu(images, on_progress, on_notice)


@pytest.mark.parametrize(("holds", "words"), [(4, "batches of 4"), (0, "computed on the CPU")])
def test_too_little_gpu_memory_is_survived_and_told(
    network: Santini2018, slices: NDArray[np.float32], holds: int, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inference, "_GPU_BATCH_PIXELS", 16 * 64 * 48)
    notices: list[Notice] = []
    device = _SmallGpu(network, holds)
    result = run_slices(device, slices, on_notice=notices.append)
    np.testing.assert_allclose(result, _plain(network, slices), atol=0.02)
    assert notices[-1].code == "gpu_memory" and words in notices[-1].message
    assert device.sizes[0] == 15


def test_other_gpu_errors_are_not_hidden(
    network: Santini2018, slices: NDArray[np.float32], monkeypatch: pytest.MonkeyPatch
) -> None:
    device = _SmallGpu(network, holds=99)
    monkeypatch.setattr(device, "_module", lambda _: (_ for _ in ()).throw(RuntimeError("driver lost")))
    with pytest.raises(RuntimeError, match="driver lost"):
        run_slices(device, slices)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here")
def test_cuda_gives_what_the_cpu_gives(network: Santini2018, slices: NDArray[np.float32]) -> None:
    np.testing.assert_allclose(run_slices(network, slices, "cuda"), run_slices(network, slices), atol=0.05)
