"""Memory that a scan needs, and what this computer has free."""

from __future__ import annotations

import ctypes
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

BASE_BYTES = 640 * 2**20
BYTES_PER_VOXEL = 30
"""Peak of ``synthesize`` on the processor, measured: 0.97 GiB at 512 x 512 x 60 voxels, 2.21 GiB at 512 x 512 x 240."""
SCENE_BYTES_PER_VOXEL = 16
"""In Slicer: images as they are read (8), and the nodes that are made of them (6)."""
CECT_BYTES_PER_VOXEL = 19
"""At most 17 while it is registered, measured: 0.91 GiB for a CT of 60 slices alone, 1.73 GiB with a CECT of 240; and the
copy that is handed over (2)."""
REGISTERED_BYTES_PER_VOXEL = 4
"""In Slicer: the registered CECT as it is read, and its node."""
ADVICE = "Close other programs, or use fewer slices."


@dataclass(frozen=True)
class MemoryNeed:
    """What a run needs and what there is, in bytes.

    Attributes:
        needed: By the background process and for the new nodes.
        free: On this computer; ``None`` where it does not tell.
        beside: What another run may still take.
    """

    needed: int
    free: int | None
    beside: int = 0

    @property
    def enough(self) -> bool:
        """Whether the run may start; also where nothing is known."""
        return self.free is None or self.needed + self.beside <= self.free

    def amount(self) -> str:
        """Needed and free, for people; without a full stop."""
        free = "free memory unknown" if self.free is None else f"{_gib(self.free)} free"
        beside = f", and {_gib(self.beside)} for the other run" if self.beside else ""
        return f"Needs about {_gib(self.needed)} of memory{beside}; {free}"

    def text(self) -> str:
        """The same with advice where it is not enough."""
        return f"{self.amount()}." if self.enough else f"{self.amount()}: not enough. {ADVICE}"


def memory_need(voxels: int, free: int | None, cect_voxels: int = 0, beside: int = 0) -> MemoryNeed:
    """For a CT of so many voxels.

    Args:
        voxels: Of the CT.
        free: Bytes, ``None`` where unknown.
        cect_voxels: Of a real CECT that is registered; it comes onto the CT's grid too.
        beside: Bytes that another run may still take.
    """
    needed = BASE_BYTES + voxels * (BYTES_PER_VOXEL + SCENE_BYTES_PER_VOXEL)
    if cect_voxels:
        needed += cect_voxels * CECT_BYTES_PER_VOXEL + voxels * REGISTERED_BYTES_PER_VOXEL
    return MemoryNeed(needed, free, beside)


def free_memory() -> int | None:
    """Bytes that programs can still have without swapping; ``None`` where the system does not tell."""
    try:
        if sys.platform == "win32":
            return _free_on_windows()
        if sys.platform == "darwin":
            return _free_on_mac()
        return _free_on_linux()
    except (OSError, ValueError, IndexError, AttributeError):
        return None


def _free_on_linux() -> int:
    for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    raise ValueError("no MemAvailable")


def _free_on_mac() -> int:
    text = subprocess.run(["vm_stat"], capture_output=True, text=True, timeout=5, check=True).stdout
    page = int(text.split("page size of ")[1].split()[0])
    kinds = ("Pages free", "Pages inactive", "Pages speculative", "Pages purgeable")
    lines = (line.partition(":") for line in text.splitlines())
    return page * sum(int(value.strip(" .")) for name, _, value in lines if name in kinds)


class _MemoryStatus(ctypes.Structure):
    """MEMORYSTATUSEX of the Windows API."""

    _fields_ = [
        ("length", ctypes.c_ulong),
        ("load", ctypes.c_ulong),
        *((name, ctypes.c_ulonglong) for name in (
            "total", "available", "total_page", "available_page", "total_virtual", "available_virtual", "extended",
        )),
    ]  # fmt: skip


def _free_on_windows() -> int:
    status = _MemoryStatus()
    status.length = ctypes.sizeof(status)
    if not ctypes.windll.kernel32.GlobalMemoryStatusEx(ctypes.byref(status)):  # pyright: ignore[reportAttributeAccessIssue]
        raise OSError("GlobalMemoryStatusEx failed")
    return int(status.available)


def _gib(size: int) -> str:
    return f"{size / 2**30:.1f} GiB"
