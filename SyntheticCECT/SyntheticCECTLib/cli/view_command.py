"""``view``: starts the reading room, a program of its own, and stays until it ends."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

from .failure import TERMINATED, Terminated
from .parser import add_command
from .progress import Progress

ROOM = "SyntheticCECTLib.web"
ENDS_WITHIN_S = 20.0
_PACKAGES = Path(__file__).parents[2]
_WITH_VALUE = ("port", "host", "token_file", "most_upload_mb", "idle_minutes", "rooms", "first_room_port")
_SWITCHES = ("no_browser", "coordinator", "debug")


def add_view(commands: argparse._SubParsersAction) -> None:
    """Adds ``view`` to the parser; its options are those of the reading room, which is not imported here."""
    command = add_command(commands, "view", "the reading room: look, measure, check and read in a browser")
    command.add_argument(
        "path", nargs="?", type=Path, metavar="PATH",
        help="a scan, a result folder, a folder of results (quality work list) or a study; default: the first page",
    )  # fmt: skip
    command.add_argument("--port", type=int, metavar="N", help="default: a free one")
    command.add_argument(
        "--host",
        metavar="ADDRESS",
        help="to listen on (default: this computer only); any other needs --token-file",
    )
    command.add_argument(
        "--token-file", type=Path, metavar="FILE", help="with the token; default: a random one"
    )
    command.add_argument("--no-browser", action="store_true", help="print the address and open nothing")
    command.add_argument(
        "--coordinator", action="store_true", help="with a study: who has read what, and the report"
    )
    command.add_argument("--most-upload-mb", type=int, metavar="MB", help="of all uploads (default: 2048)")
    command.add_argument(
        "--idle-minutes",
        type=float,
        metavar="N",
        help="end when nobody is connected for so long (default: never)",
    )
    command.add_argument(
        "--rooms",
        type=int,
        metavar="N",
        help="several readers at once, each in a room of their own, N at most",
    )
    command.add_argument(
        "--first-room-port", type=int, metavar="PORT", help="with --rooms: of the first (default: 9001)"
    )


def run(options: argparse.Namespace, progress: Progress) -> None:
    """Carry out the command; arguments as in `add_view`. Ctrl-C is how a reading room is ended: no failure.

    Raises:
        SystemExit: With the reading room's own status where it ends with another than 0.
    """
    progress.close()
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join([str(_PACKAGES), os.environ.get("PYTHONPATH", "")])
    }
    room = subprocess.Popen([sys.executable, "-m", ROOM, *room_arguments(options)], env=environment)
    try:
        status = room.wait()
    except KeyboardInterrupt:
        _let_end(room)
        return
    except Terminated as end:
        room.terminate()
        _let_end(room)
        raise SystemExit(TERMINATED) from end  # what was read and judged before is kept: nothing to say
    if status:
        raise SystemExit(status)


def room_arguments(options: argparse.Namespace) -> list[str]:
    """The options as the reading room's own command line."""
    arguments = [] if options.path is None else [str(options.path)]
    for name in _WITH_VALUE:
        value = getattr(options, name)
        if value is not None:
            arguments += [_option(name), str(value)]
    return [*arguments, *(_option(name) for name in _SWITCHES if getattr(options, name))]


def _option(name: str) -> str:
    return "--" + name.replace("_", "-")


def _let_end(room: subprocess.Popen) -> None:
    """Waits first: Ctrl-C reaches the room too, which keeps what was drawn and removes its files. On Windows
    ``terminate`` would not let it."""
    for end in (room.terminate, room.kill):
        try:
            room.wait(ENDS_WITHIN_S)
            return
        except (subprocess.TimeoutExpired, KeyboardInterrupt):
            end()
