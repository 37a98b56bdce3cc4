"""psycopg refuses dates that Python cannot hold (`infinity`, BC, after 9999), and with them the whole page.

One such date must not stop the other rows: it is handed out as PostgreSQL's own text instead. The row is
then rejected with its reason like any other unreadable DateTime; as a mark the text goes back unchanged.
"""

from __future__ import annotations

from typing import Any

from psycopg import Connection, DataError
from psycopg.abc import Buffer, Loader
from psycopg.adapt import Loader as BaseLoader
from psycopg.pq import Format

TYPES = ("date", "time", "timetz", "timestamp", "timestamptz", "json", "jsonb")


def register(connection: Connection[Any]) -> None:
    """Make one connection tolerant."""
    for name in TYPES:
        oid = connection.adapters.types[name].oid
        exact = connection.adapters.get_loader(oid, Format.TEXT)
        if exact is not None:
            connection.adapters.register_loader(oid, _tolerant(exact))


def _tolerant(exact: type[Loader]) -> type[Loader]:
    class Tolerant(BaseLoader):
        """Asks psycopg's own (fast) loader first."""

        def __init__(self, oid: int, connection: Any = None) -> None:
            super().__init__(oid, connection)
            self._exact = exact(oid, connection)

        def load(self, data: Buffer) -> object:
            """A date or datetime; text where Python has none."""
            try:
                return self._exact.load(data)
            except (DataError, ValueError, RecursionError):
                return bytes(data).decode()

    return Tolerant
