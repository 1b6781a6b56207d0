"""What can compute here, with its free memory and a plain word when it will be slow."""

from __future__ import annotations

import platform
import sys
from dataclasses import dataclass

from .torch_build import TorchBuild

QUERY = ("nvidia-smi", "--query-gpu=index,name,memory.free", "--format=csv,noheader,nounits")
SECONDS_TO_START = 6.0
SECONDS_PER_SLICE = 0.06
"""Whole command on one processor core, 512 x 512 pixels, measured: 9 s for 60 slices, 20 s for 240."""
SLOW_S = 30.0


@dataclass(frozen=True)
class Device:
    """An entry of the list.

    Attributes:
        key: As the command line takes it.
        title: As people read it.
    """

    key: str
    title: str


def devices(gpus: list[Device], torch: TorchBuild | None, mac: bool | None = None) -> list[Device]:
    """Everything that can be chosen.

    Args:
        gpus: From `read_gpus`.
        torch: The installed PyTorch; one without CUDA cannot use them.
        mac: Whether Apple's GPU is here; ``None`` to look.
    """
    usable = gpus if torch is None or torch.cuda else []
    mac = (sys.platform == "darwin" and platform.machine() == "arm64") if mac is None else mac
    best = usable[0].title if usable else "Apple GPU" if mac else "processor"
    apple = [Device("mps", "Apple GPU")] if mac else []
    return [Device("auto", f"Automatic ({best})"), *usable, *apple, Device("cpu", "Processor (CPU)")]


def read_gpus(text: str) -> list[Device]:
    """Graphics cards from what `QUERY` prints."""
    found = []
    for line in text.splitlines():
        parts = [part.strip() for part in line.split(",")]
        if len(parts) == 3 and parts[0].isdigit() and parts[2].isdigit():
            found.append(Device(f"cuda:{parts[0]}", f"{parts[1]} ({int(parts[2]) / 1024:.1f} GiB free)"))
    return found


def speed_note(chosen: str, gpus: list[Device], torch: TorchBuild | None, slices: int) -> str:
    """What a person should know before pressing Apply; plain words where it will be slow.

    Args:
        chosen: Key of a device.
        gpus: Graphics cards that the driver shows.
        torch: The installed PyTorch.
        slices: Of the scan; 0 where none is chosen.
    """
    on_cpu = chosen == "cpu" or (
        chosen == "auto" and not (gpus and torch and torch.cuda) and sys.platform != "darwin"
    )
    notes = []
    if gpus and torch is not None and not torch.cuda:
        notes.append(
            f"{torch.text()}: it cannot use the {gpus[0].title.partition(' (')[0]}. Reinstall it with CUDA."
        )
    if on_cpu and slices:
        seconds = SECONDS_TO_START + SECONDS_PER_SLICE * slices
        slow = " This is slow; a graphics card or fewer slices help." if seconds > SLOW_S else ""
        notes.append(f"About {seconds:.0f} s on the processor for {slices} slices.{slow}")
    return " ".join(notes)
