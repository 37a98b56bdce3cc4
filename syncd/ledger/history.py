"""Rows delivered lately, hour by hour: the figures behind the status page's plots."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from sqlalchemy import ColumnElement, Connection, Select, Table, bindparam, case, func, select

from syncd.ledger.database import StoreDatabase
from syncd.model import Origin
from syncd.model.uploads import DELIVERED

SLACK = timedelta(hours=6)
"""How long before its settling an upload may have begun; one that took longer is missing in the plot."""


@dataclass(frozen=True, slots=True)
class HourRow:
    """What one query delivered in one hour, UTC."""

    query: str
    hour: datetime
    rows: int
    """Those sent again by `syncd resend` not counted."""
    told: int
    """Rows of the uploads whose links Metrica has told."""
    linked: int


def delivered_by_hour(database: StoreDatabase, since: datetime, query: str | None = None) -> list[HourRow]:
    """The hours since then in which something was delivered, of all queries or of one; in no order.

    Reads the uploads of that time and no others: their ids grow with time, so that the first of them is
    found by some twenty looks at single rows, and no index on a moment is needed. Raises StateUnavailable.
    """
    table = database.tables.uploads
    column, hour = table.c, _hour(database, table.c.settled_at)
    # Grouped by the bare column, SQLite would rather read all of an index that is in its order.
    named = func.coalesce(column.query, "")
    sent_again = column.origin == Origin.RESEND.value
    asked = (
        select(
            named.label("query"),
            hour.label("hour"),
            func.sum(case((sent_again, 0), else_=column.rows)).label("rows"),
            func.sum(case((column.linked.is_not(None), column.rows), else_=0)).label("told"),
            func.sum(func.coalesce(column.linked, 0)).label("linked"),
        )
        .where(column.settled_at >= since, column.state.in_([state.value for state in DELIVERED]))
        .group_by(named, hour)
    )
    if query is not None:
        asked = asked.where(column.query == query)
    with database.read() as connection:
        first = _first_since(connection, table, since - SLACK)
        if first is None:
            return []
        found = connection.execute(asked.where(column.id >= first)).all()
    return [
        HourRow(
            row.query,
            datetime.strptime(row.hour, "%Y-%m-%dT%H").replace(tzinfo=UTC),
            int(row.rows),
            int(row.told),
            int(row.linked),
        )
        for row in found
    ]


def rejected_since(database: StoreDatabase, since: datetime) -> dict[str, int]:
    """How many of the rejects there are were rejected since then, by query; reads those and no others."""
    table = database.tables.rejects
    column = table.c
    asked = select(column.query, func.count()).where(column.dropped_at.is_(None))
    with database.read() as connection:
        first = _first_since(connection, table, since)
        if first is None:
            return {}
        found = connection.execute(asked.where(column.id >= first).group_by(column.query))
        return {row[0]: int(row[1]) for row in found}


def _hour(database: StoreDatabase, moment: ColumnElement[datetime]) -> ColumnElement[str]:
    """The moment's hour in UTC as text, 2026-03-01T12; SQLite's moments begin with it."""
    if database.postgresql:
        return func.to_char(func.timezone("UTC", moment), 'YYYY-MM-DD"T"HH24')
    return func.substr(moment, 1, len("2026-03-01T12"))


def _first_since(connection: Connection, table: Table, since: datetime) -> int | None:
    """The id from which on rows of the table were made at `since` or later; None when it is empty."""
    return connection.execute(_search(table), {"since": since}).scalars().one_or_none()


@lru_cache(maxsize=8)
def _search(table: Table) -> Select[int]:
    """A binary search, as one recursive statement: each step looks at one row in the middle of what is left.

    Kept, since to write it down takes SQLAlchemy ten times as long as the database needs for it.
    """
    column, since = table.c, bindparam("since", type_=table.c.created_at.type)
    # Each by itself: SQLite looks both up only when they are not asked for together.
    low, high = (select(end(column.id)).scalar_subquery() for end in (func.min, func.max))
    span = select(low.label("low"), high.label("high")).cte("span", recursive=True)
    middle = (span.c.low + span.c.high) // 2
    behind = table.alias("behind")
    next_id = select(func.min(behind.c.id)).where(behind.c.id >= middle).correlate(span).scalar_subquery()
    is_before = column.created_at < since
    half = select(
        case((is_before, column.id + 1), else_=span.c.low), case((is_before, span.c.high), else_=middle)
    )
    span = span.union_all(half.join_from(span, table, column.id == next_id).where(span.c.low < span.c.high))
    return select(span.c.low).where(span.c.low >= span.c.high)
