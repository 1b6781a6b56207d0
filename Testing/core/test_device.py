"""A device is named, or refused with the reason."""

from __future__ import annotations

import pytest
import torch

from SyntheticCECTLib.core.errors import InputRefused
from SyntheticCECTLib.core.networks.device import pick_device


def _machine(monkeypatch: pytest.MonkeyPatch, cuda: int, mps: bool) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda > 0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)


@pytest.mark.parametrize(
    ("cuda", "mps", "expected"), [(0, False, "cpu"), (1, False, "cuda"), (0, True, "mps"), (2, True, "cuda")]
)
def test_auto_prefers_cuda_then_mps_then_cpu(
    monkeypatch: pytest.MonkeyPatch, cuda: int, mps: bool, expected: str
) -> None:
    _machine(monkeypatch, cuda, mps)
    assert pick_device("auto").type == expected


def test_cpu_is_always_there(monkeypatch: pytest.MonkeyPatch) -> None:
    _machine(monkeypatch, cuda=1, mps=True)
    assert pick_device(" CPU ") == torch.device("cpu")


@pytest.mark.parametrize("name", ["cuda", "mps", "cuda:0"])
def test_a_device_that_is_not_there_is_refused(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    _machine(monkeypatch, cuda=0, mps=False)
    with pytest.raises(InputRefused, match="--device cpu") as refusal:
        pick_device(name)
    assert refusal.value.code == "device_unavailable"


def test_a_cuda_index_beyond_the_last_device_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    _machine(monkeypatch, cuda=2, mps=False)
    assert pick_device("cuda:1") == torch.device("cuda:1")
    with pytest.raises(InputRefused, match="this machine has 2"):
        pick_device("cuda:2")


@pytest.mark.parametrize("name", ["gpu", "", "cpu:1", "cuda:x"])
def test_an_unknown_name_is_refused(name: str) -> None:
    with pytest.raises(InputRefused) as refusal:
        pick_device(name)
    assert refusal.value.code == "device_unknown"
