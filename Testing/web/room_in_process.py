"""A reading room inside the test's own process, where the test decides what comes first and what later."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

PATIENCE_S, REST_S = 60.0, 1.0


def in_room(folder: Path, work: Callable[[Any], Awaitable[None]], **more: Any) -> None:
    """Builds a room and works with it, in a thread of its own: Playwright's event loop may run in this one.

    Args:
        folder: Where the room's own folder is made.
        work: What to do with the room.
        more: Of `ReadingRoom`.
    """
    from trame.app import get_server

    from SyntheticCECTLib.web.door.upload import Uploads
    from SyntheticCECTLib.web.opening.target import Kind, Target
    from SyntheticCECTLib.web.room import ReadingRoom

    async def build_and_work() -> None:
        own = folder / "room"
        own.mkdir()
        server: Any = get_server(str(folder), client_type="vue3")
        room = ReadingRoom(server, own, Uploads(own), Target(Kind.NOTHING), **more)
        server.state.ready()  # as the server says it once a browser may come
        try:
            await work(room)
        finally:
            room.close()

    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, build_and_work()).result()


async def until(happened: Callable[[], bool]) -> None:
    """Lets everything else run until something has happened."""
    loop = asyncio.get_running_loop()
    end = loop.time() + PATIENCE_S
    while not happened():
        assert loop.time() < end, "it never happened"
        await asyncio.sleep(0.02)


async def rest() -> None:
    """Gives what was begun the time to come to its end."""
    await asyncio.sleep(REST_S)
