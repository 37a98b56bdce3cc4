"""Listens to a PostgreSQL database for `NOTIFY`, so that a query runs as soon as rows are committed.

One connection and one thread for each database. A notification says only that there may be news: which, the
query's own read finds out, so nothing is lost with one that is missed, and the schedule goes on beside.

    a commit notifies `orders_paid`  →  `heard({"orders_paid"})`  →  the query runs
    the connection breaks            →  it is made anew, after 1 s, 2 s … 60 s
    it listens again                 →  `heard` of all channels, as some may have been missed
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import suppress
from random import Random
from threading import Event as Flag
from threading import Thread
from typing import Any

import psycopg
from psycopg import sql

from syncd.model.errors import SourceError
from syncd.source.engines import Database

LISTENER = "syncd listens"
"""The application_name of its connection."""
LOOK_SECONDS = 1.0
"""How often it looks whether it is to end."""
SILENCE_LOOKS = 30
"""After so many looks without a word the server is asked whether it is still there."""
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
"""Seconds between two tries to connect."""


class Listener:
    """Calls `heard` with the channels that were notified, a burst of notifications as one.

    Args:
        database: A PostgreSQL database, spoken to by psycopg.
        channels: What to listen to.
        heard: Is called in the listener's own thread, and must not raise.
        told: Is called with None when it listens, and else with why it does not, and the seconds until it
            tries again.
    """

    def __init__(
        self,
        database: Database,
        channels: Collection[str],
        heard: Callable[[Collection[str]], None],
        told: Callable[[SourceError | None, float], None],
    ) -> None:
        self._database = database
        self._channels = frozenset(channels)
        self._heard = heard
        self._told = told
        self._closing = Flag()
        self._random = Random()  # noqa: S311 — jitter, not a secret
        self._thread = Thread(target=self._work, name=f"listen-{database.name}", daemon=True)

    def start(self) -> None:
        """Connect and listen, in a thread of its own."""
        self._thread.start()

    def close(self) -> None:
        """Listen no more; the thread ends by itself within a second or two."""
        self._closing.set()

    def _work(self) -> None:
        pause, has_listened = FIRST_PAUSE, False
        while not self._closing.is_set():
            try:
                connection = self._connect()
                with connection:
                    self._told(None, 0)
                    if has_listened:
                        self._heard(self._channels)
                    pause, has_listened = FIRST_PAUSE, True
                    self._listen(connection)
            except SourceError as error:
                problem = error
            except (psycopg.Error, OSError) as error:
                problem = self._database.problem(error, f"database {self._database.name}")
            else:
                continue
            wait = pause * self._random.uniform(0.5, 1.0)
            self._told(problem, wait)
            self._closing.wait(wait)
            pause = min(pause * 2, LONGEST_PAUSE)

    def _connect(self) -> psycopg.Connection[Any]:
        """A connection of its own, read-only, that is no part of the pool."""
        connection: psycopg.Connection[Any] = self._database.own_connection()
        try:
            connection.execute("SET default_transaction_read_only = on")
            connection.execute("SELECT set_config('application_name', %s, false)", (LISTENER,))
            for channel in sorted(self._channels):
                connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
        except BaseException:
            with suppress(psycopg.Error):
                connection.close()
            raise
        return connection

    def _listen(self, connection: psycopg.Connection[Any]) -> None:
        """Hand on what is notified, until it is to end. Raises psycopg.Error when the connection is lost."""
        silence = 0
        while not self._closing.is_set():
            # The first notification, and all that came with it.
            channels = {note.channel for note in connection.notifies(timeout=LOOK_SECONDS, stop_after=1)}
            if channels:
                silence = 0
                self._heard(channels)
            else:
                silence += 1
                if silence % SILENCE_LOOKS == 0:
                    connection.execute("SELECT 1")
