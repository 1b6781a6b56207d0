"""The command line beside the server: progress, refusal, cancel."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from SyntheticCECTLib.core.errors import Cancelled, InputRefused
from SyntheticCECTLib.web.opening.command_process import CommandProcess, Remaining


def run(work: Coroutine[Any, Any, Any]) -> Any:
    """In a thread of its own: Playwright's event loop may run in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


def test_refusal_arrives_with_its_message(tmp_path: Path) -> None:
    command = CommandProcess(["synthesize", tmp_path / "absent.nrrd", "-o", tmp_path / "out"])
    with pytest.raises(InputRefused, match=r"absent\.nrrd"):
        run(command.run(lambda *_: None))


def test_answer_is_what_it_printed() -> None:
    models = run(CommandProcess(["models"]).run(lambda *_: None))
    assert "heart_finder" in [model["id"] for model in models]


def test_cancel_ends_it_and_nothing_is_written(tmp_path: Path) -> None:
    command, steps = CommandProcess(["phantom", "--seed", "1", "-o", tmp_path / "patient"]), []
    cancelling: list[asyncio.Task] = []

    async def cancel_at_the_first_step() -> None:
        def on_progress(fraction: float, message: str, left_s: float | None) -> None:
            steps.append((fraction, message))
            cancelling.append(loop.create_task(command.cancel()))

        loop = asyncio.get_running_loop()
        await command.run(on_progress)

    with pytest.raises(Cancelled):
        run(cancel_at_the_first_step())
    assert steps[0] == (0.0, "drawing a virtual patient")
    assert list(tmp_path.iterdir()) == []


def test_work_that_is_given_up_ends_it_and_nothing_is_written(tmp_path: Path) -> None:
    async def give_up_at_the_first_step() -> None:
        def on_progress(fraction: float, message: str, left_s: float | None) -> None:
            running.cancel()

        command = CommandProcess(["phantom", "--seed", "1", "-o", tmp_path / "patient"])
        running = asyncio.get_running_loop().create_task(command.run(on_progress))
        await running

    with pytest.raises(asyncio.CancelledError):
        run(give_up_at_the_first_step())
    assert list(tmp_path.iterdir()) == []


def test_time_left_follows_from_the_time_spent() -> None:
    now = [0.0]
    remaining = Remaining(lambda: now[0])
    assert remaining.at(0.5) is None
    now[0] = 10.0
    assert remaining.at(0.25) == pytest.approx(30.0)
    assert remaining.at(0.01) is None
