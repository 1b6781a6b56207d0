"""Patients side by side on the workers of a Dask scheduler, on this machine or on others that see the same files."""

from __future__ import annotations

import asyncio
import gc
import importlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from SyntheticCECTLib.core.errors import InputRefused

ANSWER_S, WORKERS_S = 10, 30
START = "Start them in the project's folder: 'python -m dask scheduler' and, as often as wanted, 'python -m dask worker ADDRESS'."

Item = TypeVar("Item")
Result = TypeVar("Result")


def on_scheduler(address: str, function: Callable[[Item], Result], items: Sequence[Item]) -> Iterator[Result]:
    """What a function makes of each item, as they are ready.

    Args:
        address: Of the scheduler, such as ``tcp://host:8786``.
        function: Importable, or a partial of such a function; with absolute paths, for workers have their own folder.
        items: What to give it, one at a time.

    Raises:
        InputRefused: ``no_dask``, ``scheduler_silent``, ``no_workers``, or ``workers_differ``: there is no such program.
    """
    try:
        from dask.distributed import Client, as_completed
    except ImportError:
        raise InputRefused(
            "no_dask", "A scheduler needs Dask, which is not installed.",
            "Install: pip install 'synthetic-cect[training]'; or use --workers without --scheduler.",
        ) from None  # fmt: skip
    client, silence = None, ""
    try:
        client = Client(address, timeout=ANSWER_S)
    except (OSError, ValueError) as error:
        silence = f"No Dask scheduler answers at '{address}' ({error})."
    if client is None:
        # The half-made client is part of a cycle. Were it left to the collector, this might come while the next client
        # is made and Dask holds the lock that the old one's end waits for.
        gc.collect()
        raise InputRefused("scheduler_silent", silence, START)
    with client:
        _check(client, address)
        for future in as_completed(client.map(function, items, pure=False)):
            yield future.result()


def _check(client: Any, address: str) -> None:
    """Refuses a scheduler without workers, and one that has no such program as this: both need it to read the tasks."""
    try:
        client.wait_for_workers(1, timeout=WORKERS_S)
    except (TimeoutError, asyncio.TimeoutError):  # not the same before Python 3.11
        raise InputRefused("no_workers", f"The scheduler at '{address}' has no workers.", START) from None
    try:
        for run in (client.run_on_scheduler, client.run):
            run(importlib.import_module, __name__)
    except ImportError as error:
        raise InputRefused(
            "workers_differ", f"Scheduler or workers at '{address}' lack this program ({error}).", START
        ) from None
