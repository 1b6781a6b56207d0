"""One server process for one session: starts it, prints its address, and leaves nothing behind."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from pathlib import Path
from typing import Any

from trame.app import get_server

from .arguments import is_loopback
from .door.access import Guard, new_token
from .door.announcement import announce
from .door.session_folder import session_folder
from .door.upload import Uploads
from .opening.target import Target
from .room import ReadingRoom

NAME = "reading_room"
CONNECTION = "/paraview/"
"""Where trame's page asks how to connect, before anything else."""
_SERVED = Path(__file__).with_name("serve")


def serve(options: argparse.Namespace, target: Target, token: str | None) -> None:
    """Serves the reading room until the process is told to end.

    Args:
        options: As in `arguments.build_parser`.
        target: What it is opened on.
        token: What its address must carry; ``None`` for a random one.
    """
    own_token = token is not None
    token = token or new_token()
    os.environ["WSLINK_READY_MSG"] = ""  # else the library greets on standard output
    guard = Guard(token)
    # trame reads the command line too; ours is read already.
    sys.argv = [sys.argv[0], "--authKey", guard.secret]
    # A closed terminal must not leave a patient's files behind.
    for number in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, number):
            signal.signal(getattr(signal, number), _end)
    with session_folder() as folder:
        server: Any = get_server(NAME, client_type="vue3")
        uploads = Uploads(folder, options.most_upload_mb << 20)
        server.enable_module({"serve": {NAME: str(_SERVED)}, "scripts": [f"{NAME}/reading_room.js"]})
        server.controller.on_server_bind.add(lambda web: _put_guard(web, guard, uploads, room))
        server.controller.on_server_ready.add(
            lambda **_: announce(options, "Reading room", server.port, token, own_token)
        )
        room = ReadingRoom(
            server, folder, uploads, target, takes_paths=is_loopback(options.host) and not options.remote, sample=options.sample,
            coordinator=options.coordinator, debug=options.debug,
        )  # fmt: skip
        try:
            server.start(
                port=options.port, host=options.host, open_browser=False, show_connection_info=False,
                timeout=round(60 * options.idle_minutes), disable_logging=not options.debug,
            )  # fmt: skip
        finally:
            room.close()


def _put_guard(web_server: Any, guard: Guard, uploads: Uploads, room: ReadingRoom) -> None:
    room.coordinator.add_route(web_server.app)
    uploads.add_route(web_server.app)
    web_server.app.router.add_post(CONNECTION, guard.tell_connection)
    web_server.app.middlewares.append(guard.middleware)


def _end(*_: object) -> None:
    raise SystemExit(0)
