"""Which queries run when their database notifies a channel: one listener for each database that has such."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from collections.abc import Set as AbstractSet
from functools import partial

from syncd.model.errors import SourceError
from syncd.model.events import Event, Observer
from syncd.model.settings import QuerySettings
from syncd.source.engines import Database, Engines

Channels = Mapping[str, AbstractSet[str]]
"""The queries of each channel."""


class Wakes:
    """Keeps the listeners that the queries want.

    Args:
        engines: The company databases.
        wake: Has these queries run.
        observer: Is told when a database is listened to, and when it cannot be.
    """

    def __init__(
        self, engines: Engines, wake: Callable[[AbstractSet[str]], None], observer: Observer
    ) -> None:
        self._engines = engines
        self._wake = wake
        self._observer = observer
        self._listeners: dict[str, tuple[Database, Channels, Callable[[], None]]] = {}
        """What ends each listener stands last."""

    def listen_for(self, queries: Iterable[QuerySettings]) -> None:
        """Listen for these queries from now on; what did not change keeps its connection."""
        wanted = channels_of(queries)
        databases = {name: database for name in wanted if (database := self._database(name))}
        for name, (database, channels, close) in list(self._listeners.items()):
            if wanted.get(name) != channels or databases.get(name) is not database:
                close()
                del self._listeners[name]
        for name in databases.keys() - self._listeners.keys():
            from syncd.source.notifications import Listener  # noqa: PLC0415 — psycopg, for who listens

            database, channels = databases[name], wanted[name]
            listener = Listener(database, channels, partial(self._heard, channels), partial(self._tell, name))
            self._listeners[name] = database, channels, listener.close
            listener.start()

    def close(self) -> None:
        """Listen no more."""
        for _, _, close in self._listeners.values():
            close()
        self._listeners.clear()

    def _database(self, name: str) -> Database | None:
        """None for one that cannot be used at all, which its queries tell too."""
        try:
            return self._engines.database(name)
        except SourceError as error:
            self._tell(name, error, None)
            return None

    def _heard(self, queries: Channels, channels: Collection[str]) -> None:
        self._wake(frozenset().union(*(queries.get(channel, frozenset()) for channel in channels)))

    def _tell(self, database: str, error: SourceError | None, retry_in: float | None) -> None:
        if error is None:
            self._observer.emit(Event.LISTENING, database=database)
        else:
            self._observer.emit(
                Event.LISTENING_FAILED,
                database=database,
                error=str(error),
                action=error.action,
                retry_in=retry_in and round(retry_in, 1),
            )


def channels_of(queries: Iterable[QuerySettings]) -> dict[str, Channels]:
    """The channels of each database, with the queries that each wakes."""
    found: dict[str, dict[str, set[str]]] = {}
    for query in queries:
        if query.wake is not None:
            found.setdefault(query.database.name, {}).setdefault(query.wake, set()).add(query.name)
    return dict(found)
