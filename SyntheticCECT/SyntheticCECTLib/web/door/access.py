"""Lets in who knows the token: the address carries it once, a cookie afterwards; everybody else gets 403.

One guard stands in front of everything that the server answers: pages, scripts, uploads and the websocket alike.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

TOKEN_BYTES = 32
SHORTEST_TOKEN = 16
REFUSAL = (
    "403: this reading room opens only with its token. Copy the whole address that the program printed when it "
    "started, with everything after the question mark."
)
# Vue compiles the page's templates in the browser, which needs 'unsafe-eval'; nothing may come from elsewhere.
_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self' data: blob: ws: wss:; worker-src 'self' blob:; "
    "frame-src 'self' blob:; frame-ancestors 'none'; form-action 'none'; base-uri 'self'; object-src 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


def new_token() -> str:
    """A random token that nobody guesses."""
    return secrets.token_urlsafe(TOKEN_BYTES)


class Guard:
    """The check of every request.

    Args:
        token: What the address must carry; the cookie that is given for it holds another secret.
    """

    def __init__(self, token: str) -> None:
        self._token = token
        self.secret = secrets.token_hex(TOKEN_BYTES)  # goes through trame's command line: no leading dash
        """What the websocket asks for on top of the cookie."""
        self._pass = secrets.token_urlsafe(TOKEN_BYTES)
        # Cookies do not know ports: two servers on one machine must not overwrite each other's.
        self._cookie = "reading_room_" + hashlib.sha256(token.encode()).hexdigest()[:10]

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """What aiohttp calls for each request."""
        response = await self._answer(request, handler)
        if not response.prepared:
            response.headers.update(_HEADERS)
        return response

    async def tell_connection(self, request: web.Request) -> web.Response:
        """Tells a page that was let in where the websocket is."""
        secure = request.secure or request.headers.get("X-Forwarded-Proto") == "https"
        path = _prefix(request) + request.path.removesuffix("paraview/") + "ws"
        return web.json_response(
            {"sessionURL": f"{'wss' if secure else 'ws'}://USE_HOST{path}", "secret": self.secret}
        )

    async def _answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        given = request.query.get("token")
        if given is not None:
            return (
                self._welcome(request)
                if _same(given, self._token)
                else web.Response(status=403, text=REFUSAL)
            )
        if not _same(request.cookies.get(self._cookie, ""), self._pass) or not _from_here(request):
            return web.Response(status=403, text=REFUSAL)
        try:
            return await handler(request)
        except web.HTTPException as answer:
            answer.headers.update(_HEADERS)
            raise

    def _welcome(self, request: web.Request) -> web.StreamResponse:
        """Moves the token out of the address bar, so that it stays out of bookmarks, screenshots and histories."""
        response = web.Response(status=303, headers={"Location": "index.html"})
        secure = request.secure or request.headers.get("X-Forwarded-Proto") == "https"
        response.set_cookie(
            self._cookie,
            self._pass,
            httponly=True,
            samesite="Lax",
            path=f"{_prefix(request)}/",
            secure=secure,
        )
        return response


def _same(given: str, wanted: str) -> bool:
    return secrets.compare_digest(given.encode(), wanted.encode())


def _prefix(request: web.Request) -> str:
    """The path that a proxy cut off, for it answers for several servers."""
    return request.headers.get("X-Forwarded-Prefix", "").rstrip("/")


def _from_here(request: web.Request) -> bool:
    """Whether a page of this server asks, and not one of another site that borrows the browser's cookie."""
    origin = request.headers.get("Origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("X-Forwarded-Host", request.host)
