"""Nobody comes in without the token, whatever they ask for."""

from __future__ import annotations

import http.client
from urllib.parse import urlsplit

import pytest

from Testing.web.room_process import RoomProcess

UPGRADE = {
    "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version": "13",
}  # fmt: skip


def ask(
    room: RoomProcess,
    path: str,
    method: str = "GET",
    headers: dict[str, str] | None = None,
    body: bytes | None = None,
) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection(urlsplit(room.base).netloc, timeout=120)
    connection.request(method, path, body, headers or {})
    return connection.getresponse()


def cookie_of(room: RoomProcess) -> str:
    answer = ask(room, f"/?token={room.token}")
    assert answer.status == 303
    return str(answer.headers["Set-Cookie"]).partition(";")[0]


@pytest.mark.parametrize(
    "path", ["/", "/index.html", "/vue.global.js", "/reading_room/reading_room.js", "/study-report"]
)
@pytest.mark.parametrize("query", ["", "?token=", "?token=wrong-wrong-wrong-wrong"])
def test_pages_without_the_token_are_refused(room: RoomProcess, path: str, query: str) -> None:
    answer = ask(room, path + query)
    assert answer.status == 403
    assert b"token" in answer.read()


def test_websocket_without_the_token_is_refused(room: RoomProcess) -> None:
    assert ask(room, "/ws", headers=UPGRADE).status == 403


def test_upload_and_connection_without_the_token_are_refused(room: RoomProcess) -> None:
    assert ask(room, "/upload?ending=.nrrd", "POST", body=b"NRRD0004").status == 403
    assert ask(room, "/paraview/", "POST", body=b"{}").status == 403


def test_token_becomes_a_cookie_that_scripts_and_other_sites_cannot_use(room: RoomProcess) -> None:
    answer = ask(room, f"/?token={room.token}")
    given = answer.headers["Set-Cookie"]
    assert answer.headers["Location"] == "index.html"
    assert "HttpOnly" in given and "SameSite=Lax" in given
    assert room.token not in given


def test_cookie_opens_page_and_websocket(room: RoomProcess) -> None:
    cookie = {"Cookie": cookie_of(room)}
    assert ask(room, "/index.html", headers=cookie).status == 200
    assert ask(room, "/ws", headers=UPGRADE | cookie).status == 101


def test_cookie_with_another_value_is_refused(room: RoomProcess) -> None:
    name = cookie_of(room).partition("=")[0]
    assert ask(room, "/index.html", headers={"Cookie": f"{name}=guess"}).status == 403


def test_page_of_another_site_cannot_borrow_the_cookie(room: RoomProcess) -> None:
    headers = UPGRADE | {"Cookie": cookie_of(room), "Origin": "http://elsewhere.example"}
    assert ask(room, "/ws", headers=headers).status == 403


@pytest.mark.parametrize(
    "path", ["/reading_room/", "/reading_room/../../core/errors.py", "/../../etc/passwd", "/%2e%2e/x"]
)
def test_no_folder_is_listed_and_no_path_leads_out(room: RoomProcess, path: str) -> None:
    answer = ask(room, path, headers={"Cookie": cookie_of(room)})
    assert answer.status in (403, 404)
    assert b"InputRefused" not in answer.read()


def test_answers_forbid_everything_from_elsewhere(room: RoomProcess) -> None:
    headers = ask(room, "/index.html", headers={"Cookie": cookie_of(room)}).headers
    assert "default-src 'self'" in headers["Content-Security-Policy"]
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "no-referrer"


def test_log_says_nothing_of_the_token(room: RoomProcess) -> None:
    ask(room, f"/?token={room.token}")
    assert room.token not in room.log.read_text()
