"""Running a network over many slices: in batches, with progress and cancel, on CPU, CUDA or Apple MPS.

On a CPU whole batches run side by side, one thread each, instead of all threads sharing every layer. No
thread then waits for another inside a batch: on an idle machine this is as fast, on a busy one two to three
times as fast (measured, see Testing/bench). Everything is float32: bfloat16 on a CPU without its
instructions is ruinous, and TF32 costs about 1 HU.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from ..errors import Notice
from ..stages import OnProgress
from .folded_network import folded

HU_RANGE = (-1024.0, 3071.0)
HU_PER_UNIT = 1000.0
_CPU_BATCH_PIXELS = 6 * 128 * 128  # what one core's share of the cache holds; larger batches are slower
_GPU_BATCH_PIXELS = 128 * 128 * 128

OnNotice = Callable[[Notice], None]


class PreparedNetwork:
    """A network made ready for a device once, to be run many times.

    Args:
        network: Takes (N, C, J, I), returns (N, D, J, I). Not changed.
        device: Where to run.
    """

    def __init__(self, network: nn.Module, device: torch.device | str = "cpu") -> None:
        self.device = torch.device(device)
        self._source = network
        self._module = folded(network, for_cpu=self.device.type == "cpu").to(self.device)
        if self.device.type == "cpu":
            _let_memory_stay()

    def run(
        self,
        images: NDArray[np.float32],
        on_progress: OnProgress | None = None,
        on_notice: OnNotice | None = None,
    ) -> NDArray[np.float32]:
        """Run all images.

        Args:
            images: (K, C, J, I) in the network's own units.
            on_progress: Called from this thread after every batch; what it raises ends the run.
            on_notice: Told when a GPU's memory did not suffice.

        Returns:
            (K, D, J, I), float32.
        """
        if images.ndim != 4:
            raise ValueError(f"Expected images of shape (K, C, J, I), got {images.shape}.")
        images = np.ascontiguousarray(images, dtype=np.float32)
        if len(images) == 0:
            return images
        if self.device.type == "cpu":
            return self._run_on_cpu(images, on_progress)
        return self._run_on_gpu(images, on_progress, on_notice)

    def _batch(self, images: NDArray[np.float32]) -> NDArray[np.float32]:
        with torch.inference_mode(), torch.autocast(self.device.type, enabled=False):
            batch = torch.from_numpy(images).to(self.device).contiguous(memory_format=torch.channels_last)
            return self._module(batch).float().cpu().numpy()

    def _run_on_cpu(self, images: NDArray[np.float32], on_progress: OnProgress | None) -> NDArray[np.float32]:
        threads = torch.get_num_threads() if _single_threaded.users == 0 else _single_threaded.threads_before
        workers = max(1, min(threads, os.cpu_count() or 1, len(images)))
        largest = max(1, _CPU_BATCH_PIXELS // (images.shape[2] * images.shape[3]))
        # As many batches as fill every worker the same number of times: none is left waiting at the end.
        rounds = -(-len(images) // (workers * largest))
        batches = np.array_split(np.arange(len(images)), min(len(images), workers * rounds))
        results: list[NDArray[np.float32] | None] = [None] * len(batches)
        with _single_threaded, ThreadPoolExecutor(workers, thread_name_prefix="slices") as pool:
            futures = {pool.submit(self._batch, images[b[0] : b[-1] + 1]): n for n, b in enumerate(batches)}
            try:
                done = 0
                for future in as_completed(futures):
                    results[futures[future]] = future.result()
                    done += len(batches[futures[future]])
                    _report(on_progress, done, len(images))
            except BaseException:
                pool.shutdown(wait=True, cancel_futures=True)
                raise
        return np.concatenate([result for result in results if result is not None])

    def _run_on_gpu(
        self, images: NDArray[np.float32], on_progress: OnProgress | None, on_notice: OnNotice | None
    ) -> NDArray[np.float32]:
        size = max(1, _GPU_BATCH_PIXELS // (images.shape[2] * images.shape[3]))
        results: list[NDArray[np.float32]] = []
        done = 0
        with exact_cudnn():
            while done < len(images):
                try:
                    results.append(self._batch(images[done : done + size]))
                except RuntimeError as error:
                    if not is_out_of_memory(error):
                        raise
                    failed = True
                else:
                    failed = False
                # Outside the handler: the exception would keep the failed batch's memory alive.
                if not failed:
                    done += len(results[-1])
                    _report(on_progress, done, len(images))
                    continue
                _free_memory(self.device)
                if size == 1:
                    _tell(on_notice, f"The memory of {self.device} did not suffice: computed on the CPU.")
                    return PreparedNetwork(self._source, "cpu").run(images, on_progress)
                size = max(1, size // 2)
                _tell(
                    on_notice,
                    f"The memory of {self.device} did not suffice: batches of {size} slices are used.",
                )
        return np.concatenate(results)


def run_slices(
    network: nn.Module | PreparedNetwork,
    slices_kji: NDArray[np.floating],
    device: torch.device | str = "cpu",
    on_progress: OnProgress | None = None,
    on_notice: OnNotice | None = None,
) -> NDArray[np.float32]:
    """Synthesise contrast, slice by slice.

    Args:
        network: Takes and returns (N, 1, J, I) in HU / 1000. Give a ``PreparedNetwork`` to prepare it only
            once; it knows its device.
        slices_kji: Non-contrast slices, (K, J, I), HU; clipped to [-1024, 3071].
        device: Where to run.
        on_progress: Called as ``on_progress(fraction, message)`` between batches, from this thread; raising
            cancels.
        on_notice: Told when a GPU's memory did not suffice and what was done instead.

    Returns:
        Synthetic CECT slices, (K, J, I), HU, float32.

    Raises:
        ValueError: A wrong shape, or values that are not finite.
    """
    if slices_kji.ndim != 3:
        raise ValueError(f"Expected slices of shape (K, J, I), got {slices_kji.shape}.")
    scaled = np.clip(slices_kji, *HU_RANGE).astype(np.float32)
    scaled /= HU_PER_UNIT
    if not np.isfinite(scaled).all():
        raise ValueError("The slices hold values that are not finite (NaN).")
    prepared = network if isinstance(network, PreparedNetwork) else PreparedNetwork(network, device)
    return prepared.run(scaled[:, np.newaxis], on_progress, on_notice)[:, 0] * np.float32(HU_PER_UNIT)


class _SingleThreaded:
    """While anyone is inside, PyTorch's layers use one thread. It is one setting, so users are counted."""

    def __init__(self) -> None:
        self.users, self.threads_before, self._lock = 0, 1, threading.Lock()

    def __enter__(self) -> None:
        with self._lock:
            if self.users == 0:
                self.threads_before = torch.get_num_threads()
                torch.set_num_threads(1)
            self.users += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self.users -= 1
            if self.users == 0:
                torch.set_num_threads(self.threads_before)


_single_threaded = _SingleThreaded()


def _let_memory_stay() -> None:
    """Make Linux's allocator keep what layers free, instead of fetching each layer's memory anew, page by
    page.

    It learns from the largest block (up to 32 MB) that it has seen freed: show it one. Saves up to a tenth
    of a run; elsewhere this does nothing.
    """
    torch.empty(31 * 2**20, dtype=torch.uint8)


@contextlib.contextmanager
def exact_cudnn() -> Iterator[None]:
    """Float32 without TF32, and the same result every time."""
    with torch.backends.cudnn.flags(
        enabled=torch.backends.cudnn.enabled, benchmark=False, deterministic=True, allow_tf32=False
    ):
        yield


def is_out_of_memory(error: RuntimeError) -> bool:
    return isinstance(error, torch.OutOfMemoryError) or "out of memory" in str(error).lower()


def _free_memory(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.empty_cache()
    elif device.type == "mps":
        torch.mps.empty_cache()


def _report(on_progress: OnProgress | None, done: int, total: int) -> None:
    if on_progress is not None:
        on_progress(done / total, f"Network: {done} of {total} slices")


def _tell(on_notice: OnNotice | None, message: str) -> None:
    if on_notice is not None:
        on_notice(Notice("gpu_memory", message))
