"""What the store tells the command line and the status page. Nothing here locks or loads a whole table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, func, select

from syncd.ledger.database import AT_ONCE, StoreDatabase
from syncd.ledger.query.outcomes import FIGURES
from syncd.ledger.rows import (
    DeliveryRow,
    LeaseRow,
    PositionRow,
    RejectRow,
    RunRow,
    UploadRow,
    UploadTotals,
    WaitingCount,
    WaitingRow,
)
from syncd.ledger.tables import is_unsettled
from syncd.model import Origin, Reason, UploadState
from syncd.model.links import Alarm, Links, MatchDay


class Readers:
    """The questions; each is one short transaction, or one per thousands of rows. Raise StateUnavailable."""

    def __init__(self, database: StoreDatabase) -> None:
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
        """Find which of the tags are of uploads that Metrica may have, as far as this store knows."""
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

    def outlying_rows(self) -> dict[str, tuple[str, str]]:
        """Key and mark of the newest row that a query's mark does not follow, by query."""
        column = self.database.tables.outlying_rows.c
        asked = select(column.query, column.key, column.mark).order_by(column.seen_at)
        with self.database.read() as connection:
            return {row.query: (row.key, row.mark) for row in connection.execute(asked)}

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
        """Look up the delivery of a key; None: it was not delivered."""
        from syncd.ledger import deliveries  # noqa: PLC0415 — Zstandard, which no other look needs

        with self.database.read() as connection:
            found = deliveries.find_delivered(self.database, connection, query, [key]).get(key)
        return None if found is None else DeliveryRow(query, key, found[0])

    def leases(self) -> dict[str, LeaseRow]:
        """Read which daemon runs each query."""
        with self.database.read() as connection:
            rows = connection.execute(select(self.database.tables.leases))
            return {row.query: LeaseRow(**row._asdict()) for row in rows}


def _upload(row: Row[Any]) -> UploadRow:
    return UploadRow(**{**row._asdict(), "state": UploadState(row.state), "origin": Origin(row.origin)})


def _reject(row: Row[Any]) -> RejectRow:
    return RejectRow(**{**row._asdict(), "reason": Reason(row.reason)})


class OutcomeReaders:
    """The questions of the command line and the page. Raise StateUnavailable.

    Each names the queries it is about: the indexes begin with the query, and without it would be read whole.
    """

    database: StoreDatabase

    def match_days(self, since: date, queries: Sequence[str]) -> dict[str, list[MatchDay]]:
        """The links by query and day, from that day on, oldest first."""
        table = self.database.tables.match_days
        mine = self.database.among(table.c.query, queries)
        asked = select(table).where(mine, table.c.day >= since.isoformat())
        days: dict[str, list[MatchDay]] = {}
        with self.database.read() as connection:
            for row in connection.execute(asked.order_by(table.c.query, table.c.day)):
                links = Links(*(getattr(row, name) for name in FIGURES))
                days.setdefault(row.query, []).append(MatchDay(date.fromisoformat(row.day), links))
        return days

    def match_alarms(self) -> dict[str, Alarm]:
        """The queries whose match rate has fallen."""
        table = self.database.tables.match_alarms
        with self.database.read() as connection:
            return {row.query: Alarm(row.since, row.past) for row in connection.execute(select(table))}

    def dropped_counts(self, since: datetime, queries: Sequence[str]) -> dict[str, int]:
        """Rows that Metrica left out when it checked the files accepted since then, by query."""
        return self._sums(self.database.tables.uploads.c.dropped, since, queries)

    def old_counts(self, since: datetime, queries: Sequence[str]) -> dict[str, int]:
        """Rows accepted since then that were too old to be linked, by query."""
        return self._sums(self.database.tables.uploads.c.old_rows, since, queries)

    def overdue_counts(
        self, now: datetime, patience: timedelta, memory: timedelta, queries: Sequence[str]
    ) -> dict[str, int]:
        """Uploads that Metrica has not finished with after `patience`, by query; none older than `memory`."""
        column = self.database.tables.uploads.c
        asked = select(column.query, func.count()).where(
            self.database.among(column.query, queries),
            column.state == UploadState.ACCEPTED.value,
            column.settled_at <= now - patience,
            column.settled_at > now - memory,
        )
        return self._counts(asked.group_by(column.query))

    def _sums(self, figure: ColumnElement[int], since: datetime, queries: Sequence[str]) -> dict[str, int]:
        column = self.database.tables.uploads.c
        asked = select(column.query, func.sum(figure)).where(
            self.database.among(column.query, queries),
            figure > 0,
            column.settled_at >= since,
            column.origin != Origin.RESEND.value,
        )
        return self._counts(asked.group_by(column.query))

    def _counts(self, asked: Select[Any]) -> dict[str, int]:
        with self.database.read() as connection:
            return {row[0]: int(row[1]) for row in connection.execute(asked)}


class TotalsReader:
    """The question of the command line and the page. Raises StateUnavailable."""

    database: StoreDatabase

    def delivered_counts(self) -> dict[str, UploadTotals]:
        """All uploads that ever were, in figures, by query."""
        table, uploads = self.database.tables.totals, self.database.tables.uploads.c
        is_open = is_unsettled(uploads.state)
        asked = select(uploads.query, uploads.state, func.count()).where(is_open)
        with self.database.read() as connection:
            settled = {row.query: UploadTotals(**row._asdict()) for row in connection.execute(select(table))}
            unsettled = connection.execute(asked.group_by(uploads.query, uploads.state)).all()
        for query, state, count in unsettled:
            known = settled.get(query, UploadTotals(query))
            settled[query] = replace(
                known,
                uploads=known.uploads + count,
                unsettled=known.unsettled + count,
                planned=count if state == UploadState.PLANNED else known.planned,
            )
        return settled
