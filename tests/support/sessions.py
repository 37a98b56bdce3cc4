"""Sessions of PostgreSQL with transactions of their own, and what they do to a table of orders."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import psycopg
from sqlalchemy.engine import make_url

from tests.support.servers import Database


class Session:
    """One connection to PostgreSQL with transactions of its own."""

    def __init__(self, url: str) -> None:
        """Connect; nothing is open yet."""
        parts = make_url(url)
        self.connection = psycopg.connect(
            host=str(parts.query["host"]), user=parts.username, dbname=parts.database, autocommit=True
        )

    def do(self, sql: str) -> None:
        """Run one statement as it stands."""
        self.connection.execute(sql.encode())

    def order(self, client: int) -> None:
        """Insert an order of this client."""
        self.do(f"INSERT INTO orders (client) VALUES ('{client}')")


@contextmanager
def sessions(database: Database, count: int) -> Iterator[list[Session]]:
    """Several connections, closed at the end."""
    with ExitStack() as stack:
        made = [Session(database.url) for _ in range(count)]
        for session in made:
            stack.callback(session.connection.close)
        yield made


class World:
    """The sessions, and what they have committed."""

    def __init__(self, made: list[Session]) -> None:
        """Nothing is open."""
        self._sessions = made
        self._pending: dict[int, list[str]] = {}
        self._prepared: dict[str, list[str]] = {}
        self._next = 0
        self.committed: list[str] = []

    def do(self, step: str, number: int) -> None:
        """One step of a session."""
        session, rows = self._sessions[number], self._pending.get(number)
        if step == "order":
            self._next += 1
            session.order(self._next)
            (self.committed if rows is None else rows).append(str(self._next))
        elif step == "begin":
            session.do("BEGIN")
            self._pending[number] = []
        elif step in ("commit", "rollback"):
            session.do(step.upper())
            ended = self._pending.pop(number)
            self.committed += ended if step == "commit" else []
        else:
            name = f"t{self._next}_{number}_{len(self._prepared)}"
            session.do(f"PREPARE TRANSACTION '{name}'")
            self._prepared[name] = self._pending.pop(number)

    def finish(self) -> None:
        """Commit all that is open."""
        for number in list(self._pending):
            self.do("commit", number)
        for name, rows in self._prepared.items():
            self._sessions[0].do(f"COMMIT PREPARED '{name}'")
            self.committed += rows
