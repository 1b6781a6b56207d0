"""The options of the reading room."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..core.errors import InputRefused
from ..core.version import RESEARCH_USE
from .door.access import SHORTEST_TOKEN

LOOPBACK = "127.0.0.1"
TOKEN_VARIABLE = "READING_ROOM_TOKEN"


def build_parser() -> argparse.ArgumentParser:
    """The parser of ``python -m SyntheticCECTLib.web``."""
    parser = argparse.ArgumentParser(
        prog="synthetic-cect view",
        description="The reading room: look, measure, check and read in a browser.",
        epilog=RESEARCH_USE,
    )
    parser.add_argument(
        "path", nargs="?", type=Path, metavar="PATH",
        help="a scan, a result folder, a folder of results (quality work list) or a study; default: the first page",
    )  # fmt: skip
    parser.add_argument("--port", type=int, default=0, help="default: a free one")
    parser.add_argument(
        "--host", default=LOOPBACK,
        help="address to listen on (default: %(default)s, this computer only); any other needs a token of yours, and "
        "a TLS proxy in front",
    )  # fmt: skip
    parser.add_argument(
        "--token-file", type=Path, metavar="FILE",
        help=f"file with the token that the address must carry, or the variable {TOKEN_VARIABLE}; default: a random one",
    )  # fmt: skip
    parser.add_argument("--no-browser", action="store_true", help="print the address and open nothing")
    parser.add_argument(
        "--most-upload-mb", type=int, default=2048, metavar="MB", help="of all uploads (default: %(default)s)"
    )
    parser.add_argument(
        "--coordinator",
        action="store_true",
        help="with a study: who has read what, and the report, instead of reading",
    )
    parser.add_argument(
        "--sample",
        type=Path,
        metavar="DIR",
        help="a virtual patient that phantom wrote, for 'Try a virtual patient'",
    )
    parser.add_argument(
        "--idle-minutes", type=float, default=0.0, metavar="N",
        help="end when nobody is connected for so long (default: never)",
    )  # fmt: skip
    parser.add_argument(
        "--rooms", type=int, metavar="N",
        help="let several readers in at once: each opens a room of their own, N at most; for a department, behind nginx",
    )  # fmt: skip
    parser.add_argument(
        "--first-room-port", type=int, default=9001, metavar="PORT",
        help="with --rooms: they listen on this one and those that follow (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--remote", action="store_true", help="its reader sits elsewhere, and names no paths of this computer"
    )
    parser.add_argument("--debug", action="store_true", help="print Python tracebacks and VTK's messages")
    return parser


def is_loopback(host: str) -> bool:
    """Whether only this computer can come in."""
    return host in ("localhost", "::1") or host.startswith("127.")


def token_of(host: str, given: str | None) -> str | None:
    """The token to use; ``None`` for a random one.

    Raises:
        InputRefused: ``token_needed`` for an address of the network without a token, ``weak_token`` for a short one.
    """
    given = (given or "").strip()
    if not given:
        if is_loopback(host):
            return None
        raise InputRefused(
            "token_needed",
            f"--host {host} opens the reading room to the network.",
            f"Give a token of at least {SHORTEST_TOKEN} characters with --token-file or {TOKEN_VARIABLE}.",
        )
    if (
        len(given) < SHORTEST_TOKEN
        or not given.isascii()
        or not given.replace("-", "").replace("_", "").isalnum()
    ):
        raise InputRefused(
            "weak_token",
            f"The token has {len(given)} characters, or signs that an address cannot carry.",
            f"Use at least {SHORTEST_TOKEN} letters and digits.",
        )
    return given
