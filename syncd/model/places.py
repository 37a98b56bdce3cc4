"""Where rows go: a counter at an address. What was delivered at one was not delivered at another. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

_METRICA = re.compile(r"api-metri[kc]a\.yandex\.[a-z.]{2,6}")
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_PORTS = frozenset({None, 80, 443})


@dataclass(frozen=True, slots=True)
class Place:
    """A counter, and the address as `address_of` gives it; "" where nobody knows the address."""

    address: str
    counter: int

    def __str__(self) -> str:
        return f"counter {self.counter}" + (f" at {self.address}" if self.address else "")

    def differs(self, other: Place) -> bool:
        """Whether it is certain that these are two places."""
        known = bool(self.address and other.address)
        return self.counter != other.counter or (known and self.address != other.address)


def address_of(api_url: str) -> str:
    """Reduce `metrica.api_url` to what tells one destination from another.

    The scheme, a standard port, a trailing slash, upper case and the several names of Metrica's own API make
    no other place:

        https://API-metrica.yandex.ru/    api-metrika.yandex.net
        http://127.0.0.1:8080             localhost:8080
    """
    parts = urlsplit(api_url if "//" in api_url else f"//{api_url}")
    host = (parts.hostname or "").rstrip(".").lower()
    if _METRICA.fullmatch(host):
        host = "api-metrika.yandex.net"
    elif host in _LOOPBACK:
        host = "localhost"
    port = "" if parts.port in _PORTS else f":{parts.port}"
    return f"{host}{port}{parts.path.rstrip('/')}"
