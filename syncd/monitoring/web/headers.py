"""Headers: those that keep browsers from doing more than showing the page, and how many are taken."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from syncd.monitoring.web.style import STYLE_HASH

STRICT = {
    "content-security-policy": f"default-src 'none'; style-src '{STYLE_HASH}'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
    "x-frame-options": "DENY",
    "cross-origin-resource-policy": "same-origin",
}
"""The page runs no script and loads nothing; its one style sheet is named by its digest."""


LARGEST_HEAD = 16 * 1024
"""Bytes of a request's line and headers."""


class StrictHeaders:
    """ASGI middleware: puts STRICT on every answer, errors included."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""

        async def send_strictly(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(STRICT)
            await send(message)

        await self._app(scope, receive, send_strictly)


class BoundedHead:
    """ASGI middleware: 431 for a head over LARGEST_HEAD.

    The parser refuses what has grown so large and is not complete; one that arrives whole is for us to see.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        lines = sum(len(name) + len(value) + len(b": \r\n") for name, value in scope["headers"])
        if len(scope["raw_path"]) + len(scope["query_string"]) + lines > LARGEST_HEAD:
            refusal = PlainTextResponse("The request's head is too large.", 431, {"connection": "close"})
            await refusal(scope, receive, send)
        else:
            await self._app(scope, receive, send)
