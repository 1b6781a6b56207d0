"""Which items make which batch of a run, and their preparation ahead of time.

Everything is a function of seed and step. A run that was killed therefore needs no state of any random generator
to go on, and several processes need not talk to see the same batches as one.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch

from .run_settings import RunSettings
from .task import Batch, Task

ORDER, AUGMENTATION, DROPOUT = 1, 2, 3


def seed_of(*numbers: int) -> int:
    """One well-mixed seed of 63 bits for some small numbers, such as run seed, purpose and step."""
    return int(np.random.SeedSequence(numbers).generate_state(1, np.uint64)[0] >> 1)


class Batches:
    """The share of one process in the batches of a run.

    Args:
        task: Makes the items.
        settings: Batch, part, seed, loaders.
        rank: Number of this process.
        processes: How many there are.

    Raises:
        ValueError: A batch does not divide into whole parts for every process, or there are no items.
    """

    def __init__(self, task: Task, settings: RunSettings, rank: int = 0, processes: int = 1) -> None:
        parts = settings.batch // settings.part
        if parts % processes:
            raise ValueError(
                f"a batch of {settings.batch} in parts of {settings.part} makes {parts} parts, which {processes} "
                "processes cannot share equally: choose batch and part so that they can"
            )
        if len(task) < 1:
            raise ValueError("there is nothing to train on: the task has no items")
        self._task, self._settings = task, settings
        each = parts // processes
        self._parts = range(rank * each, (rank + 1) * each)
        self._orders: dict[int, torch.Tensor] = {}

    def between(self, first: int, last: int) -> Iterator[Batch]:
        """Batches of the steps ``first`` to ``last - 1``, in order."""
        if not self._settings.loaders:
            for step in range(first, last):
                yield self._joined([self._part(step, part) for part in self._parts])
            return
        with ThreadPoolExecutor(self._settings.loaders, "loader") as pool:
            waiting: deque[list] = deque()
            for step in range(first, last + 2):
                if step < last:
                    # The order is looked up here, so that threads share no growing table.
                    items = [(step, part, self._items(step, part)) for part in self._parts]
                    waiting.append([pool.submit(self._made, *item) for item in items])
                if len(waiting) > 2 or (step >= last and waiting):
                    yield self._joined([future.result() for future in waiting.popleft()])

    def _part(self, step: int, part: int) -> Batch:
        return self._made(step, part, self._items(step, part))

    def _made(self, step: int, part: int, chosen: torch.Tensor) -> Batch:
        generator = torch.Generator().manual_seed(seed_of(self._settings.seed, AUGMENTATION, step, part))
        return self._task.make_batch(chosen, generator)

    def _items(self, step: int, part: int) -> torch.Tensor:
        """Numbers of the items of a part: the whole set shuffled again and again, cut into batches."""
        start = step * self._settings.batch + part * self._settings.part
        places = range(start, start + self._settings.part)
        return torch.stack(
            [self._order(place // len(self._task))[place % len(self._task)] for place in places]
        )

    def _order(self, turn: int) -> torch.Tensor:
        if turn not in self._orders:
            self._orders = {n: order for n, order in self._orders.items() if n >= turn - 1}
            generator = torch.Generator().manual_seed(seed_of(self._settings.seed, ORDER, turn))
            self._orders[turn] = torch.randperm(len(self._task), generator=generator)
        return self._orders[turn]

    @staticmethod
    def _joined(parts: list[Batch]) -> Batch:
        if len(parts) == 1:
            return parts[0]
        return tuple(torch.cat(tensors) for tensors in zip(*parts, strict=True))
