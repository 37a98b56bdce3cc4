"""The OAuth token: kept out of every text, read again from its file when the API refuses it."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # loaded with the first request (`transport`)
    from requests import PreparedRequest


class OAuthToken:
    """Puts `Authorization: OAuth <token>` on requests (docs/metrica.md).

    Being requests' own auth hook also keeps a ~/.netrc entry from replacing the header.
    """

    def __init__(self, read: Callable[[], str]) -> None:
        """`read` gives the token as it is now (from the configuration or a file); may raise SyncdError."""
        self._read = read
        self._value: str | None = None
        self._lock = Lock()

    def __call__(self, r: PreparedRequest) -> PreparedRequest:
        """Sign one request."""
        r.headers["Authorization"] = f"OAuth {self.value()}"
        return r

    def __repr__(self) -> str:
        """No token."""
        return "OAuthToken(***)"

    def value(self) -> str:
        """The token now in use."""
        with self._lock:
            if self._value is None:
                self._value = self._read()
            return self._value

    def hidden_in(self, answer: bytes) -> bytes:
        """An answer as it may be shown: a server, or a proxy before it, may quote what it was sent."""
        with self._lock:
            return answer.replace(self._value.encode(), b"***") if self._value else answer

    def refresh(self, refused: str) -> bool:
        """Read it again after `refused` was turned down; True when there is another one to try."""
        with self._lock:
            if self._value == refused:
                self._value = self._read()
            return self._value != refused
