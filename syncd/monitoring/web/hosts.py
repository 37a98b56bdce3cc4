"""Answers only requests that name this server, so that no web site can read it through a visitor's browser.

A site can let its own name lead to 127.0.0.1 (DNS rebinding); the browser then takes the answers for that
site's own. But it names the site in the header Host, and that is not one of ours.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import ip_address

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

MISDIRECTED = 421
_LOOPBACK_NAMES = frozenset({"localhost", "localhost.localdomain", "ip6-localhost", "ip6-loopback"})
_HOST = re.compile(r"(?P<name>\[[0-9A-Fa-f:.]+(?:%[\w.-]+)?\]|[^\s:/@\[\]]+?)\.?(?::[0-9]{1,5})?")


class KnownHosts:
    """ASGI middleware: 421 for a Host that is no name of the loopback, of `http.listen` or in `http.hosts`.

    Args:
        app: What answers the others.
        names: The host of `http.listen` and those of `http.hosts`.
    """

    def __init__(self, app: ASGIApp, names: Iterable[str]) -> None:
        self._app = app
        self._names = frozenset(map(_plain, names)) | _LOOPBACK_NAMES

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        # Only HTTP/1.0 knows requests without a Host, and no browser makes those.
        host = Headers(scope=scope).get("host")
        if host is None or self._is_known(host, scope.get("server")):
            await self._app(scope, receive, send)
            return
        words = (
            "Misdirected request: the header Host names no address of this syncd. "
            "Ask for 127.0.0.1, localhost or the address of http.listen, or add the name to http.hosts.\n"
        )
        await PlainTextResponse(words, MISDIRECTED)(scope, receive, send)

    def _is_known(self, host: str, server: tuple[str, int | None] | None) -> bool:
        match = _HOST.fullmatch(host)
        if match is None:
            return False
        name = _plain(match["name"])
        if name in self._names or name.endswith(".localhost"):
            return True
        try:
            address = ip_address(name)
        except ValueError:
            return False
        # Where http.listen is 0.0.0.0, the address that was connected to is the listen address.
        return address.is_loopback or (server is not None and name == _plain(server[0]))


def _plain(host: str) -> str:
    """A name as it is compared: small letters, no brackets, no dot at its end; an address in its one form."""
    name = host.lower().removeprefix("[").removesuffix("]").rstrip(".")
    try:
        address = ip_address(name)
    except ValueError:
        return name
    mapped = getattr(address, "ipv4_mapped", None)
    return str(mapped or address)
