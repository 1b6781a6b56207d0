"""The lobby behind nginx with TLS, with the configuration that DEPARTMENT.md prints."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from Testing.web.conftest import Visitor
from Testing.web.room_process import ROOT, RoomProcess

DOCUMENT = ROOT / "SyntheticCECT" / "SyntheticCECTLib" / "web" / "DEPARTMENT.md"
NGINX = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin:/opt/homebrew/bin")
needs_nginx = pytest.mark.skipif(
    NGINX is None or shutil.which("openssl") is None,
    reason="needs nginx and openssl (Debian, Ubuntu: apt install nginx)",
)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


def documented(folder: Path, port: int, lobby_port: int, room_port: int) -> str:
    """The configuration of the document, with this machine's places in those of the department."""
    found = re.search(r"```nginx\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    assert found
    text = found[1]
    for printed, here in (
        ("listen 443 ssl", f"listen 127.0.0.1:{port} ssl"),
        ("/etc/ssl/certs/rooms.example.pem", f"{folder}/rooms.pem"),
        ("/etc/ssl/private/rooms.example.key", f"{folder}/rooms.key"),
        ("/var/log/nginx/", f"{folder}/"),
        ("127.0.0.1:8080", f"127.0.0.1:{lobby_port}"),
        ("(900[1-8])", f"({room_port})"),
    ):
        assert printed in text, printed
        text = text.replace(printed, here)
    return text


@contextmanager
def proxy(folder: Path, text: str) -> Iterator[None]:
    """A running nginx."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost",
         "-keyout", str(folder / "rooms.key"), "-out", str(folder / "rooms.pem")],
        check=True, capture_output=True,
    )  # fmt: skip
    places = " ".join(
        f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    file = folder / "nginx.conf"
    file.write_text(
        f"daemon off; pid {folder}/nginx.pid; events {{}}\nhttp {{ default_type text/plain; {places}\n{text}\n}}\n"
    )
    running = subprocess.Popen(
        [str(NGINX), "-p", str(folder), "-e", str(folder / "start.log"), "-c", str(file)]
    )
    try:
        yield
    finally:
        running.terminate()
        running.wait(30)


@needs_nginx
def test_reader_reaches_a_room_of_his_own_through_tls(
    open_room: Callable[..., RoomProcess], chromium: Any, patient_folder: Path, tmp_path: Path
) -> None:
    port, room_port = free_port(), free_port()
    lobby = open_room("--sample", patient_folder, "--rooms", "1", "--first-room-port", str(room_port))
    lobby_port = urlsplit(lobby.base).port
    assert lobby_port is not None
    visitor = Visitor(chromium, ignore_https_errors=True)
    page, outside = visitor.page, f"https://127.0.0.1:{port}"
    with proxy(tmp_path, documented(tmp_path, port, lobby_port, room_port)):
        wait_for(port)
        page.goto(f"{outside}/?token={lobby.token}")
        page.click("[data-action=open-room]")
        page.wait_for_selector("[data-page=start]")
        assert page.url == f"{outside}/session/{room_port}/index.html"
        assert not page.locator("[data-input=path]").count(), "the reader may name paths of the server"
        page.click("[data-action=try]")
        page.wait_for_selector("[data-panel=synthesize]")
        cookies = {cookie["path"]: cookie for cookie in page.context.cookies()}
        assert set(cookies) == {"/", f"/session/{room_port}/"}
        assert all(cookie["secure"] and cookie["httpOnly"] for cookie in cookies.values())
        assert {urlsplit(url).scheme for url in visitor.asked} <= {"https", "wss", "data", "blob"}
        assert visitor.complaints == []
        stranger = Visitor(chromium, ignore_https_errors=True)
        answer = stranger.page.goto(page.url)
        assert answer is not None and answer.status == 403
        stranger.close()
        elsewhere = page.request.get(f"{outside}/session/{lobby_port}/index.html")
        assert elsewhere.status == 404, "nginx leads to a port that is no room's"
    assert lobby.token not in "".join(log.read_text() for log in tmp_path.glob("*.log"))
    visitor.close()


def wait_for(port: int) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("nginx did not start")
