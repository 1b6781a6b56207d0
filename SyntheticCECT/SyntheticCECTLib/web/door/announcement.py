"""Tells where the server is, on standard output and to a browser."""

from __future__ import annotations

import argparse
import threading
import webbrowser


def announce(options: argparse.Namespace, name: str, port: int, token: str, own_token: bool) -> None:
    """Prints the address, and opens it unless that is not wanted.

    Args:
        options: As in `arguments.build_parser`.
        name: Of what is there.
        port: Where it listens.
        token: What the address must carry.
        own_token: Whether the user gave the token; then it is not printed, since services keep what they print.
    """
    host = f"[{options.host}]" if ":" in options.host else options.host
    address = f"http://{host}:{port}/?token="
    print(f"{name}: {address}{'<the token that you gave>' if own_token else token}", flush=True)
    if not options.no_browser:
        threading.Thread(target=webbrowser.open, args=(address + token,), daemon=True).start()
