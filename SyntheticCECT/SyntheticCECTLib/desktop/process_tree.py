"""Ends a process with everything that it started.

Slicer's PythonSlicer is a launcher: ending it alone would leave the Python below it at work.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterable
from contextlib import suppress


def descendants(pid: int) -> list[int]:
    """The process and all below it, the deepest last; those that have ended are not in it."""
    children: dict[int, list[int]] = {}
    parents = _parents()
    for child, parent in parents.items():
        children.setdefault(parent, []).append(child)
    found = [pid] if pid in parents else []
    for one in found:
        found += children.get(one, [])
    return found


def any_alive(pids: Iterable[int]) -> bool:
    """Whether one of these processes is still there; ``False`` on Windows, where `force_to_end` waits for it."""
    parents = _parents()
    return any(pid in parents for pid in pids)


def ask_to_end(pids: Iterable[int]) -> None:
    """Lets processes remove half-written files and end by themselves; Windows has no such signal."""
    if sys.platform != "win32":
        _send(pids, signal.SIGTERM)


def force_to_end(pid: int, pids: Iterable[int]) -> None:
    """Ends processes at once.

    Args:
        pid: The first of them.
        pids: All of them, from `descendants`, taken before the first one ended.
    """
    if sys.platform == "win32":
        hidden = getattr(subprocess, "CREATE_NO_WINDOW", 0)
        subprocess.run(
            ["taskkill", "/PID", str(pid), "/T", "/F"], capture_output=True, creationflags=hidden, check=False
        )
    else:
        _send(pids, signal.SIGKILL)


def _send(pids: Iterable[int], number: int) -> None:
    for one in pids:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(one, number)


def _parents() -> dict[int, int]:
    """Parent of each process that is alive."""
    if sys.platform == "win32":
        return {}
    if os.path.isdir("/proc/self"):
        return {
            int(name): parent for name in os.listdir("/proc") if name.isdigit() and (parent := _parent(name))
        }
    listing = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=False
    ).stdout
    return {int(pid): int(parent) for pid, parent in (line.split() for line in listing.splitlines())}


def _parent(pid: str) -> int:
    """0 where the process has ended, or only waits to be collected."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            # The name in brackets may hold spaces and brackets itself.
            state, parent = file.read().rpartition(")")[2].split()[:2]
    except OSError:
        return 0
    return 0 if state == "Z" else int(parent)
