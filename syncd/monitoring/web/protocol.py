"""uvicorn's HTTP/1.1, bounded in connections and in time, so that a probe is answered whoever else asks."""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.h11_impl import H11Protocol

CONNECTIONS = 64
"""At once. A probe, a scraper and some browsers need ten."""
HEAD_LIMIT = 10.0
"""Seconds until a request's head is there: from the connection, or the end of the last answer."""
ANSWER_LIMIT = 30.0
"""Seconds from a request's head until its answer is on its way; the status report itself takes 5 at most."""


class PatientProtocol(H11Protocol):
    """Closes connections that never finish asking, or never take their answer; and makes room for new ones.

    uvicorn itself would keep them for ever, and refuse everybody else once there are many. Here whoever comes
    is let in, and whoever has idled longest goes: those who want something ask at once.
    """

    _deadline: asyncio.TimerHandle | None = None
    _since = 0.0
    """When this connection began to do what it does now, by the loop's clock."""
    _answered: object = None
    """The request whose answer the deadline is about."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as the base does
        """Make room, and begin to wait for the first request."""
        super().connection_made(transport)
        self._make_room()
        self._expect_within(HEAD_LIMIT)

    def data_received(self, data: bytes) -> None:
        """Take bytes; once a request is complete, it is the answer that is waited for."""
        super().data_received(data)
        self._watch_the_answer()

    def on_response_complete(self) -> None:
        """Wait for the next request, and for what is left of this answer to be taken."""
        self._expect_within(HEAD_LIMIT)
        super().on_response_complete()
        self._watch_the_answer()  # to a request that had come in meanwhile

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the wait."""
        self._cancel()
        super().connection_lost(exc)

    def _watch_the_answer(self) -> None:
        """Set the deadline once per answer: what a client sends meanwhile does not move it."""
        if self._answering() and self.cycle is not self._answered:
            self._answered = self.cycle
            self._expect_within(ANSWER_LIMIT)

    def _expect_within(self, seconds: float) -> None:
        self._cancel()
        self._since = self.loop.time()
        # An abort: a close would wait until the client has taken all that was written.
        self._deadline = self.loop.call_later(seconds, self.transport.abort)

    def _cancel(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _make_room(self) -> None:
        """With one too many, cut off the one that idles longest, or else the one that is answered longest."""
        others = [
            other
            for other in self.connections
            if isinstance(other, PatientProtocol) and other is not self and not other.transport.is_closing()
        ]
        if len(others) >= CONNECTIONS:
            min(others, key=PatientProtocol._worth).transport.abort()

    def _worth(self) -> tuple[bool, float]:
        return self._answering(), self._since

    def _answering(self) -> bool:
        # The base calls it a RequestResponseCycle always, but begins with None.
        return not getattr(self.cycle, "response_complete", True)
