"""The machine that a benchmark ran on, and the yardstick: its rate of float32 matrix products."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable

import numpy as np
import torch

_SIZE = 1536  # large enough for the full rate, small enough for the cache of one core's share


def description() -> dict[str, object]:
    """What a reader needs to judge the figures."""
    return {
        "processor": _processor(),
        "threads": torch.get_num_threads(),
        "load_before": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
        "system": platform.platform(),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numpy": np.__version__,
    }


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            return next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor()


def seconds(work: Callable[[], object]) -> float:
    """Wall time of one call."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


class MatrixProduct:
    """Square float32 matrix products in the two libraries at hand; the faster one is the machine's rate."""

    def __init__(self) -> None:
        random = np.random.default_rng(0)
        self._one, self._other = (random.random((_SIZE, _SIZE), dtype=np.float32) for _ in range(2))
        self._result = np.empty_like(self._one)
        self._tensors = [torch.from_numpy(a) for a in (self._one, self._other, self._result)]
        self.rate()  # the first call starts threads

    def rate(self) -> float:
        """FLOP per second, now."""
        one, other, result = self._tensors
        numpy_s = seconds(lambda: np.matmul(self._one, self._other, out=self._result))
        torch_s = seconds(lambda: torch.mm(one, other, out=result))
        return 2.0 * _SIZE**3 / min(numpy_s, torch_s)
