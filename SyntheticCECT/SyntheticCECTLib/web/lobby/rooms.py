"""The rooms of a lobby: one server process for each session, started and counted by trame's own launcher."""

from __future__ import annotations

import asyncio
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wslink.launcher import ProcessManager, ProxyMappingManagerTXT, SessionManager

from ...core.errors import InputRefused
from ..arguments import LOOPBACK
from ..door.access import new_token

ROOM = "SyntheticCECTLib.web"
READY = "Reading room:"
STARTS_WITHIN_S = 120.0
ENDS_WITHIN_S = 20.0
LOOKS_EVERY_S = 0.2


@dataclass(frozen=True)
class Room:
    """A running room.

    Attributes:
        port: Where it listens, on this computer only.
        token: What its address must carry; nobody but its visitor gets it.
    """

    port: int
    token: str


class Rooms:
    """All of them.

    Args:
        folder: The lobby's own, for tokens and logs while they are needed.
        arguments: Of every room.
        first_port: The rooms listen on this one and those that follow.
        most: How many at once.

    Raises:
        InputRefused: ``port_taken``.
    """

    def __init__(self, folder: Path, arguments: Sequence[str], first_port: int, most: int) -> None:
        self._folder, self.most = folder, most
        _refuse_taken(range(first_port, first_port + most))
        command = [sys.executable, "-m", ROOM, "--no-browser", "--remote", "--port", "${port}"]
        command += ["--token-file", "${token_file}"]
        # The launcher fills in its variables twice, and a path may hold a dollar.
        command += [argument.replace("$", "$$$$") for argument in arguments]
        config = {
            "configuration": {"log_dir": str(folder), "sessionURL": "", "sanitize": {}},
            "resources": [{"host": LOOPBACK, "port_range": [first_port, first_port + most - 1]}],
            "properties": {},
            "apps": {ROOM: {"cmd": command, "ready_line": READY}},
        }
        self._sessions = SessionManager(config, ProxyMappingManagerTXT(str(folder / "rooms.txt")))
        self._processes = ProcessManager(config)

    def free(self) -> int:
        """How many can still be opened; ports of rooms that have ended are free again."""
        for number in self._processes.listEndedProcess():
            self._forget(number)
        return self.most - len(self._sessions.sessions)

    async def open(self) -> Room:
        """Starts a room, and returns once it can be entered.

        Raises:
            InputRefused: ``no_room`` where all are taken, ``room_failed``.
        """
        if not self.free():
            raise InputRefused(
                "no_room", f"All {self.most} reading rooms are taken.", "Try again when somebody has left."
            )
        token, file = new_token(), self._folder / f"token-{secrets.token_hex(8)}"
        file.touch(0o600)
        file.write_text(token)
        session: Any = self._sessions.createSession(
            {"application": ROOM, "secret": token, "token_file": str(file)}
        )
        try:
            if self._processes.startProcess(session) is None or not await self._is_ready(session):
                raise InputRefused(
                    "room_failed",
                    "The reading room did not start.",
                    "Try again; if it stays, tell its keeper.",
                )
        except BaseException:
            self._forget(session["id"])
            raise
        finally:
            file.unlink()
        return Room(session["port"], token)

    def close(self) -> None:
        """Ends all rooms, each with its files."""
        running: list[subprocess.Popen] = list(self._processes.processes.values())
        for number in list(self._sessions.sessions):
            self._forget(number)
        for process in running:
            try:
                process.wait(ENDS_WITHIN_S)
            except subprocess.TimeoutExpired:
                process.kill()

    async def _is_ready(self, session: Any) -> bool:
        until = time.monotonic() + STARTS_WITHIN_S
        while time.monotonic() < until and self._processes.isRunning(session["id"]):
            if self._processes.isReady(session):
                return True
            await asyncio.sleep(LOOKS_EVERY_S)
        return False

    def _forget(self, number: str) -> None:
        """Frees a room's port, and ends its process where it runs."""
        self._sessions.deleteSession(number)
        with suppress(KeyError):  # it never started
            self._processes.stopProcess(number)
        (self._folder / f"{number}.txt").unlink(missing_ok=True)


def _refuse_taken(ports: Sequence[int]) -> None:
    for port in ports:
        try:
            socket.create_server((LOOPBACK, port)).close()
        except OSError as error:
            raise InputRefused(
                "port_taken",
                f"Port {port} cannot be used for a reading room ({error.strerror}).",
                f"Choose {len(ports)} ports in a row that are free, with --first-room-port.",
            ) from None
