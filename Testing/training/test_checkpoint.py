from pathlib import Path

import pytest
import torch
from torch import nn

from SyntheticCECTLib.core.errors import InputRefused
from training.checkpoint import optimiser_state, read_checkpoint, restore_optimiser, write_checkpoint


def test_tensors_and_state_come_back(tmp_path: Path) -> None:
    tensors = {"a/b": torch.arange(6.0).view(2, 3).t(), "n": torch.tensor(3)}
    write_checkpoint(tmp_path / "deep" / "x.safetensors", tensors, {"curve": [1.5, None], "name": "ä"})
    read, state = read_checkpoint(tmp_path / "deep" / "x.safetensors")
    assert state == {"curve": [1.5, None], "name": "ä"}
    assert all(torch.equal(read[name], tensors[name]) for name in tensors) and len(read) == 2


def test_optimiser_goes_on_as_if_nothing_had_happened(tmp_path: Path) -> None:
    def network() -> nn.Conv2d:
        torch.manual_seed(0)
        return nn.Conv2d(3, 4, 3).to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]

    def step(net: nn.Conv2d, optimiser: torch.optim.Optimizer) -> None:
        optimiser.zero_grad()
        net(torch.ones(1, 3, 5, 5)).square().sum().backward()
        optimiser.step()

    one = network()
    first = torch.optim.Adam(one.parameters(), lr=0.1, betas=(0.7, 0.9))
    step(one, first)
    write_checkpoint(tmp_path / "o", optimiser_state(first)[0], optimiser_state(first)[1])
    other = network()
    other.load_state_dict(one.state_dict())
    second = torch.optim.Adam(other.parameters(), lr=0.5)
    restore_optimiser(second, *read_checkpoint(tmp_path / "o"))
    step(one, first)
    step(other, second)
    assert torch.equal(one.weight, other.weight)
    assert second.param_groups[0]["lr"] == 0.1 and second.param_groups[0]["betas"] == (0.7, 0.9)


@pytest.mark.parametrize("contents", [b"", b"\x80\x04\x95 a pickle", b"x" * 5000])
def test_anything_else_is_refused_with_a_remedy(tmp_path: Path, contents: bytes) -> None:
    path = tmp_path / "last.safetensors"
    path.write_bytes(contents)
    with pytest.raises(InputRefused) as refusal:
        read_checkpoint(path)
    assert refusal.value.code == "bad_checkpoint" and refusal.value.remedy


def test_weights_without_state_are_refused(tmp_path: Path) -> None:
    from safetensors.torch import save_file

    save_file({"a": torch.ones(2)}, tmp_path / "w.safetensors")
    with pytest.raises(InputRefused, match="format"):
        read_checkpoint(tmp_path / "w.safetensors")


def test_failed_write_leaves_the_old_checkpoint(tmp_path: Path) -> None:
    path = tmp_path / "last.safetensors"
    write_checkpoint(path, {"a": torch.ones(1)}, {"step": 1})
    with pytest.raises(ValueError):
        write_checkpoint(path, {"a": torch.ones(1)}, {"step": float("nan")})
    assert read_checkpoint(path)[1] == {"step": 1}
