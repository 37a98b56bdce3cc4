"""Answers as a broken network or server gives them: cut, half sent, without end. Starlette responses."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import cast

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

CUT = "syncd.cut"
"""ASGI extension (see `protocol`): a function that resets the connection."""

POLL = 0.02
"""Seconds between looks at whether a wait is over."""

_PIECE = b" " * 65_536


class CutResponse(Response):
    """No answer: the connection is reset."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Reset the connection; on a server that cannot, leave an answer unfinished."""
        extensions = cast("dict[str, Callable[[], None]]", scope.get("extensions") or {})
        if CUT not in extensions:
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1")]})
            return
        extensions[CUT]()
        while (await receive())["type"] != "http.disconnect":
            pass


class HalfResponse(Response):
    """The Content-Length of all of `body`, half of it, and the end of the connection."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send half of it; the server closes a connection whose answer is unfinished."""
        del scope, receive
        body = bytes(self.body)
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})


class HugeResponse(Response):
    """JSON that goes on and on: `size` bytes, or until the client leaves or `stopped` says so."""

    def __init__(self, request: Request, size: int | None, stopped: Callable[[], bool]) -> None:
        super().__init__(media_type="application/json")
        del self.headers["content-length"]
        self._request = request
        self._size = size
        self._stopped = stopped

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send blanks inside an object that is never closed."""
        del scope, receive
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": b'{"uploading":{"pad":"', "more_body": True})
        sent = 0
        while not self._stopped() and (self._size is None or sent < self._size):
            await send({"type": "http.response.body", "body": _PIECE, "more_body": True})
            sent += len(_PIECE)
            if await self._request.is_disconnected():
                return
        await send({"type": "http.response.body", "body": b""})


async def wait(request: Request, over: Callable[[], bool], seconds: float | None = None) -> bool:
    """Wait until `over`, for `seconds` at most. The body must have been read. False: the client has left."""
    loop = asyncio.get_running_loop()
    end = None if seconds is None else loop.time() + seconds
    while not over():
        left = POLL if end is None else min(POLL, end - loop.time())
        if left <= 0:
            break
        if await request.is_disconnected():
            return False
        await asyncio.sleep(left)
    return not await request.is_disconnected()
