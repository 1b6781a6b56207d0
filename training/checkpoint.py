"""The state of a run in one safetensors file: tensors as tensors, all else as JSON in its header.

Nothing is pickled, so a checkpoint from elsewhere can be read without running anything of it. One file, written
beside the old one and renamed, so that a process killed at any moment leaves the old state or the new, never half.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from SyntheticCECTLib.core.errors import InputRefused

FORMAT = "synthetic-cect training 1"
Tensors = dict[str, torch.Tensor]


def write_checkpoint(path: Path, tensors: Tensors, state: dict[str, Any]) -> None:
    """Writes tensors and a JSON state at once or not at all.

    Raises:
        ValueError: The state holds NaN or something that JSON does not know.
    """
    ready = {name: tensor.detach().to("cpu").contiguous().clone() for name, tensor in tensors.items()}
    text = json.dumps(state, allow_nan=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    save_file(ready, unfinished, {"format": FORMAT, "state": text})
    with unfinished.open("rb+") as stream:
        os.fsync(stream.fileno())
    unfinished.replace(path)


def read_checkpoint(path: Path) -> tuple[Tensors, dict[str, Any]]:
    """What `write_checkpoint` wrote.

    Raises:
        InputRefused: ``bad_checkpoint``, the file is damaged or something else.
    """
    try:
        with safe_open(path, "pt") as file:
            header = file.metadata() or {}
            if header.get("format") != FORMAT:
                raise ValueError(f"its format is '{header.get('format')}', not '{FORMAT}'")
            return {name: file.get_tensor(name) for name in file.keys()}, json.loads(header["state"])  # noqa: SIM118
    except (OSError, ValueError, KeyError, SafetensorError) as error:
        raise InputRefused(
            "bad_checkpoint", f"The checkpoint '{path}' cannot be used ({error}).",
            "Remove it to begin again, or give the run another folder.",
        ) from None  # fmt: skip


def prefixed(prefix: str, tensors: Tensors) -> Tensors:
    """The tensors under ``prefix/name``."""
    return {f"{prefix}/{name}": tensor for name, tensor in tensors.items()}


def under(prefix: str, tensors: Tensors) -> Tensors:
    """The tensors that `prefixed` put there, by their own names."""
    start = f"{prefix}/"
    return {name[len(start) :]: tensor for name, tensor in tensors.items() if name.startswith(start)}


def optimiser_state(optimiser: torch.optim.Optimizer) -> tuple[Tensors, dict[str, Any]]:
    """An optimiser's tensors, named ``number/key``, and everything else it remembers."""
    whole = optimiser.state_dict()
    tensors, plain = {}, {}
    for number, entries in whole["state"].items():
        for key, value in entries.items():
            (tensors if isinstance(value, torch.Tensor) else plain)[f"{number}/{key}"] = value
    return tensors, {"plain": plain, "groups": whole["param_groups"]}


def restore_optimiser(optimiser: torch.optim.Optimizer, tensors: Tensors, state: dict[str, Any]) -> None:
    """Gives a new optimiser of the same kind the state of an earlier one."""
    parameters = [parameter for group in optimiser.param_groups for parameter in group["params"]]
    restored: dict[int, dict[str, Any]] = {}
    for name, value in {**tensors, **state["plain"]}.items():
        number, key = name.split("/", 1)
        if isinstance(value, torch.Tensor) and value.shape == parameters[int(number)].shape:
            # Laid out in memory as the parameter is, so that sums run in the same order as before.
            value = torch.empty_like(parameters[int(number)].detach()).copy_(value)
        restored.setdefault(int(number), {})[key] = value
    groups = [{key: _tuples(value, key) for key, value in group.items()} for group in state["groups"]]
    optimiser.load_state_dict({"state": restored, "param_groups": groups})


def _tuples(value: Any, key: str) -> Any:
    """JSON knows lists only; the coefficients of Adam are a tuple."""
    return tuple(value) if isinstance(value, list) and key != "params" else value
