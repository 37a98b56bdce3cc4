"""uvicorn's HTTP/1.1, with a time limit for a request to arrive."""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_LIMIT = 10.0
"""Seconds from the first byte (or the connection) until the request's head is there."""


class PatientProtocol(H11Protocol):
    """Closes connections that never finish asking.

    uvicorn itself would keep them for ever, and a few dozen of them would use up `limit_concurrency`.
    """

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as the base does
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._expect_head()

    def data_received(self, data: bytes) -> None:
        """Take bytes; wait no longer once a request is complete."""
        super().data_received(data)
        if self._answering():
            self._cancel()
        elif self._deadline is None:
            self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the wait."""
        self._cancel()
        super().connection_lost(exc)

    def _expect_head(self) -> None:
        self._deadline = self.loop.call_later(HEAD_LIMIT, self._give_up)

    def _cancel(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _give_up(self) -> None:
        self._deadline = None
        if not self._answering():
            self.transport.abort()

    def _answering(self) -> bool:
        # The base calls it a RequestResponseCycle always, but begins with None.
        return not getattr(self.cycle, "response_complete", True)
