"""A connection to PostgreSQL that waits for no answer for ever."""

from __future__ import annotations

from typing import Any

import psycopg

ANSWER_WITHIN = 60.0
"""Seconds in which PostgreSQL must have answered a statement of ours."""


class Impatient(psycopg.Connection[Any]):
    """Gives up on a server that does not answer, whatever keeps it from that.

    The server's own statement_timeout would be of no use where the statement never reaches it.
    """

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        """Wait as psycopg does, but not for ever: close a connection that did not answer in time."""
        try:
            return super().wait(gen, interval, ANSWER_WITHIN if timeout is None else timeout)
        except psycopg.OperationalError as error:
            if timeout is not None or self.closed or not _timed_out(error):
                raise
            self.close()
            raise psycopg.OperationalError(f"no answer within {ANSWER_WITHIN:.0f} s") from None


def _timed_out(error: psycopg.OperationalError) -> bool:
    """Whether psycopg's own wait gave up; its class has no public name, a server's answer has a state."""
    return type(error).__name__ == "_WaitTimeout"
