"""The lobby: lets in who knows the token, and gives each visitor a reading room of their own."""

from __future__ import annotations

import argparse
import logging
import signal
import socket

from aiohttp import web

from ...core.errors import InputRefused
from ..door.access import Guard, new_token
from ..door.announcement import announce
from ..door.session_folder import session_folder
from .lobby_page import lobby_page
from .rooms import Room, Rooms

IDLE_MINUTES = 10.0
PROXIED = "X-Forwarded-Proto"
SESSION_PATH = "/session/{port}/"
"""Where the proxy answers for the room that listens on this port, as in DEPARTMENT.md."""


class Lobby:
    """What it answers.

    Args:
        rooms: To give away.
        idle_minutes: A room ends when it was left for so long.
    """

    def __init__(self, rooms: Rooms, idle_minutes: float) -> None:
        self._rooms, self._idle_minutes = rooms, idle_minutes

    def add_routes(self, app: web.Application) -> None:
        """Answers the page, and ``POST /room`` with the address of a new room."""
        app.router.add_get("/index.html", self._page)
        app.router.add_get("/", self._page)
        app.router.add_post("/room", self._open)

    async def _page(self, _request: web.Request) -> web.Response:
        page = lobby_page(self._rooms.free(), self._rooms.most, self._idle_minutes)
        return web.Response(text=page, content_type="text/html")

    async def _open(self, request: web.Request) -> web.Response:
        try:
            room = await self._rooms.open()
        except InputRefused as refusal:
            return web.json_response({"error": refusal.message, "remedy": refusal.remedy}, status=503)
        return web.json_response({"address": address_of(room, request)})


def address_of(room: Room, request: web.Request) -> str:
    """Where a visitor finds a room: through the proxy that he came through, or on this computer itself."""
    if PROXIED in request.headers:
        return f"{SESSION_PATH.format(port=room.port)}?token={room.token}"
    return f"http://{request.url.host}:{room.port}/?token={room.token}"


def serve_lobby(options: argparse.Namespace, token: str | None) -> None:
    """Serves the lobby until the process is told to end; the rooms end with it.

    Args:
        options: As in `arguments.build_parser`, with ``rooms``.
        token: What its address must carry; ``None`` for a random one.

    Raises:
        InputRefused: ``port_taken``.
    """
    logging.getLogger("wslink").setLevel(logging.CRITICAL)  # its complaints hold whole command lines
    # A closed terminal must not leave rooms behind.
    for number in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, number):
            signal.signal(getattr(signal, number), _end)
    own_token = token is not None
    token = token or new_token()
    guard = Guard(token)
    idle_minutes = options.idle_minutes or IDLE_MINUTES
    with session_folder() as folder:
        rooms = Rooms(folder, room_arguments(options, idle_minutes), options.first_room_port, options.rooms)
        app = web.Application(middlewares=[guard.middleware])
        Lobby(rooms, idle_minutes).add_routes(app)
        listening = socket.create_server((options.host, options.port))
        announce(options, "Reading rooms", listening.getsockname()[1], token, own_token)
        try:
            web.run_app(app, sock=listening, print=None, access_log=None)
        finally:
            rooms.close()


def room_arguments(options: argparse.Namespace, idle_minutes: float) -> list[str]:
    """What every room is started with."""
    arguments = [] if options.path is None else [str(options.path)]
    arguments += ["--idle-minutes", f"{idle_minutes:g}", "--most-upload-mb", str(options.most_upload_mb)]
    if options.sample is not None:
        arguments += ["--sample", str(options.sample)]
    return [*arguments, *(f"--{name}" for name in ("coordinator", "debug") if getattr(options, name))]


def _end(*_: object) -> None:
    raise SystemExit(0)
