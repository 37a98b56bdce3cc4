"""A first word with a database, for `syncd check`: does it answer, how fast, and what time is it there?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from time import monotonic

from sqlalchemy import Connection, literal, select

from syncd.source.engines import Database

_TIME = {
    "postgresql": "SELECT clock_timestamp()",
    "mysql": "SELECT UTC_TIMESTAMP(6)",
}
"""The server's clock. SQLite's is this machine's; of other databases it is not asked."""
PATIENCE = timedelta(seconds=10)


def probe(database: Database) -> tuple[timedelta, timedelta | None]:
    """How long connecting took, and how far this machine's clock is ahead of the server's (None: not known).

    Raises SourceUnavailable or SourceRefused.
    """
    where, began = f"database {database.name}", monotonic()
    database.run(where, lambda connection: connection.execute(select(literal(1))), timeout=PATIENCE)
    took = timedelta(seconds=monotonic() - began)
    statement = _TIME.get(database.family)
    if statement is None:
        return took, None

    def ahead(connection: Connection) -> timedelta:
        before = datetime.now(UTC)
        there: datetime = connection.exec_driver_sql(statement).scalar_one()
        after = datetime.now(UTC)
        there = there if there.tzinfo else there.replace(tzinfo=UTC)
        if before <= there <= after:
            return timedelta()
        return before - there if there < before else after - there

    return took, database.run(where, ahead, timeout=PATIENCE)
