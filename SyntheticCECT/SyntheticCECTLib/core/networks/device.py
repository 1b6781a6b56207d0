"""Which processor runs the networks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import InputRefused

if TYPE_CHECKING:
    import torch

DEVICE_NAMES = ("auto", "cpu", "cuda", "mps")


def pick_device(name: str = "auto") -> torch.device:
    """Turn a user's choice into a device that exists.

    Args:
        name: ``auto`` (CUDA, else Apple MPS, else CPU), ``cpu``, ``cuda``, ``cuda:N`` or ``mps``.

    Returns:
        A device on this machine.

    Raises:
        InputRefused: ``device_unknown`` or ``device_unavailable``.
    """
    import torch

    kind, _, index = name.strip().lower().partition(":")
    if kind not in DEVICE_NAMES or (index and (kind != "cuda" or not index.isdigit())):
        raise InputRefused(
            "device_unknown", f"Unknown device '{name}'.", f"Choose one of {', '.join(DEVICE_NAMES)}."
        )
    has_cuda, has_mps = torch.cuda.is_available(), torch.backends.mps.is_available()
    if kind == "auto":
        kind = "cuda" if has_cuda else "mps" if has_mps else "cpu"
    if kind == "cuda" and not has_cuda:
        raise InputRefused(
            "device_unavailable",
            "CUDA was asked for, but PyTorch finds no CUDA device here.",
            "Use --device cpu, or install a CUDA build of PyTorch and the NVIDIA driver.",
        )
    if kind == "mps" and not has_mps:
        raise InputRefused(
            "device_unavailable",
            "MPS was asked for, but PyTorch finds no Apple GPU here.",
            "Use --device cpu.",
        )
    if index and int(index) >= torch.cuda.device_count():
        raise InputRefused(
            "device_unavailable",
            f"CUDA device {index} was asked for, but this machine has {torch.cuda.device_count()}.",
            "Use a smaller number, or --device cuda.",
        )
    return torch.device(f"{kind}:{index}" if index else kind)
