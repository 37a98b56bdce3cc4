"""What the store tells the command line and the status page. Nothing here locks or loads a whole table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, func, select

from syncd.ledger import deliveries
from syncd.ledger.database import AT_ONCE, Database
from syncd.ledger.rows import (
    DeliveryRow,
    LeaseRow,
    PositionRow,
    RejectRow,
    RunRow,
    UploadRow,
    WaitingCount,
    WaitingRow,
)
from syncd.model import Origin, Reason, UploadState

DELIVERED = (UploadState.ACCEPTED, UploadState.PROCESSED, UploadState.UNLINKED)
"""The states of uploads that Metrica has."""


class Readers:
    """The questions; each is one short transaction, or one per thousands of rows. Raise StateUnavailable."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def uploads(
        self, query: str | None = None, *, limit: int = 50, before: int | None = None
    ) -> list[UploadRow]:
        """Uploads, newest first; `before`: only those with a lower id, for the next page."""
        table = self.database.tables.uploads
        asked = select(table).order_by(table.c.id.desc()).limit(limit)
        if query is not None:
            asked = asked.where(table.c.query == query)
        if before is not None:
            asked = asked.where(table.c.id < before)
        with self.database.read() as connection:
            return [_upload(row) for row in connection.execute(asked)]

    def upload(self, upload_id: int) -> UploadRow | None:
        """One upload."""
        table = self.database.tables.uploads
        with self.database.read() as connection:
            row = connection.execute(select(table).where(table.c.id == upload_id)).one_or_none()
        return None if row is None else _upload(row)

    def first_upload_at(self, query: str) -> datetime | None:
        """When the oldest upload of a query that is kept was recorded."""
        column = self.database.tables.uploads.c
        asked = select(column.created_at).where(column.query == query).order_by(column.id).limit(1)
        with self.database.read() as connection:
            found: datetime | None = connection.execute(asked).scalar_one_or_none()
        return found

    def known_tags(self, tags: Sequence[str]) -> frozenset[str]:
        """Those of the tags whose uploads Metrica may have, as far as this store knows."""
        table = self.database.tables.uploads
        column, sent = table.c.tag, table.c.state != UploadState.PLANNED.value
        known: set[str] = set()
        for start in range(0, len(tags), AT_ONCE):
            here = self.database.among(column, tags[start : start + AT_ONCE])
            with self.database.read() as connection:
                known.update(connection.execute(select(column).where(here, sent)).scalars())
        return frozenset(known)

    def rejects(self, query: str, limit: int | None = None, *, dropped: bool = False) -> Iterator[RejectRow]:
        """The rejects of a query, oldest first; read a few thousand at a time, in a transaction each.

        With `dropped`, those that a person dropped, which no other count or list has.
        """
        table = self.database.tables.rejects
        wanted = table.c.dropped_at.is_not(None) if dropped else table.c.dropped_at.is_(None)
        last, left = 0, limit
        while left is None or left > 0:
            size = AT_ONCE if left is None else min(left, AT_ONCE)
            asked = select(table).where(table.c.query == query, wanted, table.c.id > last)
            with self.database.read() as connection:
                rows = connection.execute(asked.order_by(table.c.id).limit(size)).all()
            for row in rows:
                yield _reject(row)
            if len(rows) < size:
                return
            last = rows[-1].id
            left = None if left is None else left - len(rows)

    def reject(self, query: str, key: str) -> RejectRow | None:
        """The reject of one key, dropped or not."""
        table = self.database.tables.rejects
        asked = select(table).where(table.c.query == query, table.c.key == key)
        with self.database.read() as connection:
            row = connection.execute(asked).one_or_none()
        return None if row is None else _reject(row)

    def reject_counts(self) -> dict[str, dict[Reason, int]]:
        """How many rejects there are, by query and reason."""
        column = self.database.tables.rejects.c
        asked = (
            select(column.query, column.reason, func.count())
            .where(column.dropped_at.is_(None))
            .group_by(column.query, column.reason)
        )
        counts: dict[str, dict[Reason, int]] = {}
        with self.database.read() as connection:
            for query, reason, count in connection.execute(asked):
                counts.setdefault(query, {})[Reason(reason)] = count
        return counts

    def waiting_counts(self) -> dict[str, WaitingCount]:
        """How many rows wait and when the next goes, by query."""
        column = self.database.tables.waiting.c
        asked = select(column.query, func.count(), func.min(column.due)).group_by(column.query)
        with self.database.read() as connection:
            return {
                query: WaitingCount(rows, datetime.fromtimestamp(due, UTC))
                for query, rows, due in connection.execute(asked)
            }

    def waiting_row(self, query: str, key: str) -> WaitingRow | None:
        """One waiting row."""
        table = self.database.tables.waiting
        asked = select(table).where(table.c.query == query, table.c.key == key)
        with self.database.read() as connection:
            row = connection.execute(asked).one_or_none()
        if row is None:
            return None
        return WaitingRow(**{**row._asdict(), "due": datetime.fromtimestamp(row.due, UTC)})

    def runs(self) -> dict[str, RunRow]:
        """The last run of each query."""
        with self.database.read() as connection:
            rows = connection.execute(select(self.database.tables.runs))
            return {row.query: RunRow(**row._asdict()) for row in rows}

    def positions(self) -> dict[str, PositionRow]:
        """How far each query was read."""
        with self.database.read() as connection:
            rows = connection.execute(select(self.database.tables.marks))
            return {row.query: PositionRow(**row._asdict()) for row in rows}

    def delivery(self, query: str, key: str) -> DeliveryRow | None:
        """What is remembered of a delivered key."""
        with self.database.read() as connection:
            found = deliveries.known(self.database, connection, query, [key]).get(key)
        return None if found is None else DeliveryRow(query, key, found[0])

    def leases(self) -> dict[str, LeaseRow]:
        """Who runs each query."""
        with self.database.read() as connection:
            rows = connection.execute(select(self.database.tables.leases))
            return {row.query: LeaseRow(**row._asdict()) for row in rows}


def _upload(row: Row[Any]) -> UploadRow:
    return UploadRow(**{**row._asdict(), "state": UploadState(row.state), "origin": Origin(row.origin)})


def _reject(row: Row[Any]) -> RejectRow:
    return RejectRow(**{**row._asdict(), "reason": Reason(row.reason)})
