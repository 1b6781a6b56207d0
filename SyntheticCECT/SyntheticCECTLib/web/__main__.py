"""Entry point of the reading room: ``python -m SyntheticCECTLib.web [PATH]``."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from ..core.errors import InputRefused
from .arguments import TOKEN_VARIABLE, build_parser, is_loopback, token_of

PACKAGES = ("trame", "trame_slicer", "slicer", "aiohttp")


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until somebody ends it.

    Args:
        argv: Arguments without the program's name; default: those of this process.

    Returns:
        0 ended, 2 refused.
    """
    options = build_parser().parse_args(argv)
    try:
        _refuse_without_packages()
        if options.rooms is not None:
            _refuse_rooms(options)
        token = options.token_file.read_text() if options.token_file else os.environ.get(TOKEN_VARIABLE)
        token = token_of(options.host, token)
        from .opening.target import target_of

        target = target_of(options.path)
        if options.rooms is not None:
            from .lobby.lobby_server import serve_lobby

            serve_lobby(options, token)
        else:
            from .room_server import serve

            _warn_of_network(options.host)
            serve(options, target, token)
    except InputRefused as refusal:
        print(f"synthetic-cect view: {refusal}", file=sys.stderr, flush=True)
        return 2
    except OSError as error:
        print(f"synthetic-cect view: {error.strerror or error}", file=sys.stderr, flush=True)
        return 2
    except KeyboardInterrupt:
        pass
    return 0


def _warn_of_network(host: str) -> None:
    if not is_loopback(host):
        print(
            f"Warning: {host} is reachable from the network, and this server speaks plain HTTP. Put a TLS "
            "proxy in front of it, or patients' images and the token travel readable.",
            file=sys.stderr, flush=True,
        )  # fmt: skip


def _refuse_rooms(options: argparse.Namespace) -> None:
    if options.rooms < 1:
        raise InputRefused("no_rooms", f"--rooms {options.rooms} gives nobody a room.", "Give 1 or more.")
    if not is_loopback(options.host):
        raise InputRefused(
            "rooms_on_network",
            f"--rooms with --host {options.host} would send patients' images over the network readably.",
            "Leave --host out, and put nginx with TLS in front as DEPARTMENT.md shows.",
        )


def _refuse_without_packages() -> None:
    from importlib.util import find_spec

    missing = [name for name in PACKAGES if find_spec(name) is None]
    if missing:
        raise InputRefused(
            "no_web_packages",
            f"The reading room needs {', '.join(missing)}, not installed here.",
            "Install what is missing: pip install 'synthetic-cect[web]'.",
        )


if __name__ == "__main__":
    sys.exit(main())
