"""Patients side by side in processes of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import TypeVar

from SyntheticCECTLib.core.errors import InputRefused

Item = TypeVar("Item")
Result = TypeVar("Result")


def in_processes(workers: int, function: Callable[[Item], Result], items: Sequence[Item]) -> Iterator[Result]:
    """What a function makes of each item, as they are ready; after an error no further item is begun.

    Args:
        workers: Processes; with one, everything happens in this one.
        function: Importable, or a partial of such a function.
        items: What to give it, one at a time.

    Raises:
        InputRefused: ``worker_lost``, the system ended a process.
    """
    if workers <= 1 or len(items) <= 1:
        yield from map(function, items)
        return
    # Spawned, because torch's threads do not survive a fork.
    with ProcessPoolExecutor(workers, get_context("spawn"), initializer=_one_thread) as pool:
        futures = [pool.submit(function, item) for item in items]
        try:
            yield from (future.result() for future in as_completed(futures))
        except BrokenProcessPool:
            raise InputRefused(
                "worker_lost", f"The system ended one of {workers} processes, most likely for want of memory.",
                "Start it again with fewer at once (--workers).",
            ) from None  # fmt: skip
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _one_thread() -> None:
    """Leaves the other cores to the other patients."""
    import SimpleITK as sitk
    import torch

    torch.set_num_threads(1)
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
