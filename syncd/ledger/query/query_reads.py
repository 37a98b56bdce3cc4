"""What the state store remembers of one query: the half of `ports.Ledger` that reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, exists, func, or_, select

from syncd.ledger import deliveries, entries
from syncd.ledger.packing import unpacked
from syncd.ledger.query import destination
from syncd.ledger.store import Store
from syncd.ledger.tables import Tables, is_unsettled
from syncd.ledger.types import Name, Number
from syncd.model import (
    Conversion,
    Followed,
    Known,
    Mark,
    Origin,
    Position,
    Reason,
    Reject,
    RowFate,
    Upload,
    UploadState,
)
from syncd.model import keys as key_rules
from syncd.model.errors import StateWentBack, SyncdError
from syncd.model.links import Alarm, MatchDay
from syncd.model.places import Place
from syncd.model.uploads import DELIVERED

FOLLOWED_FOR = timedelta(days=7)
"""Uploads accepted longer ago are not offered for following: else those Metrica never finishes pile up."""


class QueryMemory:
    """One query as the store knows it. Every method is one transaction; raises StateUnavailable."""

    def __init__(self, store: Store, query: str, place: Place) -> None:
        self._store = store
        self.place = place
        """Where its uploads go."""
        self._database = store.database
        self._tables = store.database.tables
        self._query = query
        self._is_place_noted = False
        """Whether `place` is recorded; `standing` tells this and the next two."""
        self._has_outlying_rows = True
        """Whether rows that the mark does not follow may be recorded."""
        self._has_gone_back = True
        """Whether it may be recorded that the source went back."""

    def position_and_work(self, now: datetime) -> tuple[Position | None, bool]:
        newest, tag = self._store.newest_uploads.get(self._query, (0, ""))
        # One statement, which is all that most polls ask.
        asked = {"query": self._query, "now": int(now.timestamp()), "newest": newest, "tag": tag}
        with self._database.read() as connection:
            row = connection.execute(_standing(self._tables), asked).one()
        if newest and not row.kept:
            del self._store.newest_uploads[self._query]
            raise StateWentBack(
                f"query {self._query}: the state store has lost upload {newest} ({tag}) since"
            )
        if row.counter is not None:
            destination.check(self._query, Place(row.api_url or "", row.counter), self.place)
        self._is_place_noted = (row.api_url or "", row.counter) == (self.place.address, self.place.counter)
        self._has_outlying_rows, self._has_gone_back = bool(row.outlying), row.went_back is not None
        return _position(row), bool(row.open)

    def destination(self) -> Place | None:
        """Where the query's rows went; None: nowhere yet."""
        table = self._tables.destinations
        with self._database.read() as connection:
            row = connection.execute(select(table).where(table.c.query == self._query)).one_or_none()
        return None if row is None else Place(row.api_url or "", row.counter)

    def check_destination(self) -> None:
        """Raise DestinationChanged when the query's rows went to another place than they would go to now."""
        destination.check(self._query, self.destination(), self.place)

    def position(self) -> Position | None:
        table = self._tables.marks
        with self._database.read() as connection:
            row = connection.execute(select(table).where(table.c.query == self._query)).one_or_none()
        return None if row is None else _position(row)

    def mark_reached_by(self, then: datetime) -> Mark | None:
        marks, uploads = self._tables.marks.c, self._tables.uploads.c
        since = select(marks.begun_after).where(marks.query == self._query).scalar_subquery()
        here = select(marks.mark).where(marks.query == self._query, marks.updated_at <= then)
        sent = (
            select(uploads.mark)
            .where(uploads.query == self._query, uploads.mark.is_not(None))
            .where(uploads.settled_at <= then, uploads.state != UploadState.SPLIT)
            .where(uploads.id > func.coalesce(since, 0))
            .order_by(uploads.id.desc())
            .limit(1)
        )
        with self._database.read() as connection:
            text = connection.execute(here).scalar() or connection.execute(sent).scalar()
        return entries.mark_of(text)

    def unsettled(self) -> list[int]:
        column = self._tables.uploads.c
        asked = select(column.id, column.root_id, column.mark).where(
            column.query == self._query, is_unsettled(column.state)
        )
        with self._database.read() as connection:
            rows = connection.execute(asked).all()
        rows = sorted(rows, key=lambda row: (row.root_id or row.id, row.mark is not None, row.id))
        return [row.id for row in rows]

    def load(self, upload_id: int) -> Upload:
        uploads, files = self._tables.uploads, self._tables.files
        asked = (
            select(uploads, files.c.lines, files.c["keys"].label("names"))
            .join(files, files.c.upload_id == uploads.c.id)
            .where(uploads.c.id == upload_id, uploads.c.query == self._query)
        )
        with self._database.read() as connection:
            row = connection.execute(asked).one_or_none()
        if row is None:
            raise SyncdError(f"there is no upload {upload_id} of the query {self._query}")
        return Upload(
            id=row.id,
            tag=row.tag,
            query=row.query,
            counter=row.counter,
            kind=row.kind,
            address=row.api_url or "",
            state=UploadState(row.state),
            header=row.header,
            lines=unpacked(row.lines),
            keys=entries.keys_of(row.names),
            mark=entries.mark_of(row.mark),
            sent_at=row.sent_at,
            origin=Origin(row.origin),
        )

    def latest_keys(self, limit: int) -> list[str]:
        column = self._tables.uploads.c
        asked = (
            select(column.id)
            .where(column.query == self._query, column.origin == Origin.QUERY.value)
            .where(column.state.in_([state.value for state in DELIVERED]))
            .order_by(column.id.desc())
            .limit(limit)
        )
        with self._database.read() as connection:
            uploads = connection.execute(asked).scalars().all()
        found: list[str] = []
        for number in uploads:
            found += reversed(self.load(number).keys[-limit:])
            if len(found) >= limit:
                break
        return found[:limit]

    def tag_is_used(self, tag: str) -> bool:
        column = self._tables.uploads.c
        with self._database.read() as connection:
            return connection.execute(select(column.id).where(column.tag == tag)).first() is not None

    def find_known(self, keys: Sequence[str]) -> Mapping[str, Known]:
        known: dict[str, Known] = {}
        with self._database.read() as connection:
            refused = self._refused(connection, keys)
            known |= refused
            known |= self._waiting(connection, keys)
            delivered = deliveries.find_delivered(self._database, connection, self._query, keys)
            for key, (_, what) in delivered.items():
                newer = refused.get(key)
                known[key] = replace(what, refused=(newer.identity, newer.money)) if newer else what
        return known

    def delivered_conversions(
        self, lines: Sequence[str], split: key_rules.Split
    ) -> Mapping[str, Mapping[str, str]]:
        if not lines:
            return {}
        with self._database.read() as connection:
            return deliveries.conversions(self._database, connection, self._query, lines, split)

    def known_rejects(self, rejects: Sequence[Reject]) -> frozenset[str]:
        if not rejects:
            return frozenset()
        table = self._tables.rejects
        recorded: dict[str, tuple[str, str, str | None]] = {}
        with self._database.read() as connection:
            for part in entries.in_parts([reject.key for reject in rejects]):
                here = self._database.among(table.c.key, part)
                asked = select(table).where(table.c.query == self._query, here)
                for row in connection.execute(asked):
                    recorded[row.key] = (row.reason, row.column, row.value if row.row else None)
        return frozenset(
            reject.key for reject in rejects if _is_recorded(reject, *recorded.get(reject.key, ("", "", "")))
        )

    def rejected(self, keys: Sequence[str]) -> Mapping[str, bool]:
        column = self._tables.rejects.c
        found: dict[str, bool] = {}
        with self._database.read() as connection:
            for part in entries.in_parts(keys):
                here = self._database.among(column.key, part)
                asked = select(column.key, column.dropped_at).where(column.query == self._query, here)
                found |= {key: dropped is not None for key, dropped in connection.execute(asked)}
        return found

    def requested_retries(self, limit: int) -> list[str]:
        column = self._tables.rejects.c
        asked = select(column.key).where(column.query == self._query, column.retry_at.is_not(None))
        with self._database.read() as connection:
            return list(connection.execute(asked.order_by(column.id).limit(limit)).scalars())

    def fetch_due_rows(self, now: datetime, limit: int) -> tuple[str, list[Conversion]]:
        table = self._tables.waiting
        ready = (table.c.query == self._query, table.c.due <= int(now.timestamp()))
        with self._database.read() as connection:
            oldest = select(table.c.header).where(*ready).order_by(table.c.due, table.c.key).limit(1)
            header: str | None = connection.execute(oldest).scalar_one_or_none()
            if header is None:
                return "", []
            asked = (
                select(table.c.key, table.c.line, table.c.due)
                .where(*ready, table.c.header == header)
                .order_by(table.c.due, table.c.key)
                .limit(limit)
            )
            return header, [Conversion(*row) for row in connection.execute(asked)]

    def followed(self) -> list[Followed]:
        column = self._tables.uploads.c
        since = self._database.clock.now() - FOLLOWED_FOR
        asked = (
            select(
                column.id,
                column.query,
                column.metrica_id,
                column.metrica_status,
                column.settled_at,
                column.checked_at,
                column.rows,
                column.dropped,
                column.origin,
            )
            .where(
                column.query == self._query,
                column.state == UploadState.ACCEPTED.value,
                column.settled_at >= since,
                destination.is_there(column, self.place),
            )
            .order_by(column.settled_at, column.id)
        )
        with self._database.read() as connection:
            return [Followed(*row[:-1], Origin(row.origin)) for row in connection.execute(asked)]

    def match_days(self, since: date) -> list[MatchDay]:
        return self._store.match_days(since, [self._query]).get(self._query, [])

    def alarm(self) -> Alarm | None:
        return self._store.match_alarms().get(self._query)

    def _waiting(self, connection: Connection, keys: Sequence[str]) -> dict[str, Known]:
        table = self._tables.waiting
        here = entries.among_all(self._database, connection, table, self._query, keys)
        known: dict[str, Known] = {}
        for part in entries.in_parts(here):
            asked = select(table.c.key, table.c.header, table.c.line).where(
                table.c.query == self._query, self._database.among(table.c.key, part)
            )
            known |= {key: _known(RowFate.WAITING, *row) for key, *row in connection.execute(asked)}
        return known

    def _refused(self, connection: Connection, keys: Sequence[str]) -> dict[str, Known]:
        table, uploads = self._tables.rejects, self._tables.uploads.c
        here = entries.among_all(self._database, connection, table, self._query, keys)
        known: dict[str, Known] = {}
        for part in entries.in_parts(here):
            asked = (
                select(table.c.key, uploads.header, table.c.row)
                .join_from(table, self._tables.uploads, uploads.id == table.c.upload_id)
                .where(
                    table.c.query == self._query,
                    table.c.reason == Reason.REFUSED_BY_METRICA.value,
                    self._database.among(table.c.key, part),
                )
            )
            known |= {key: _known(RowFate.REJECTED, *row) for key, *row in connection.execute(asked)}
        return known


def _is_recorded(reject: Reject, reason: str, column: str, value: str | None) -> bool:
    is_same = (reject.reason.value, entries.plain(reject.column)) == (reason, column)
    return is_same and value in (None, entries.plain(reject.value))


_POSITION = ("mark", "safe", "fingerprint", "floor", "begun_after")


@lru_cache(maxsize=2)  # the store's of the runs, and of a command beside them
def _standing(tables: Tables) -> Select[Any]:
    """Made once for all queries, since every poll asks it: one for each of 500 took 12 MB."""
    query, marks, went = bindparam("query", type_=Name), tables.marks, tables.destinations
    uploads, waiting, rejects = tables.uploads.c, tables.waiting.c, tables.rejects.c
    is_open = or_(
        exists().where(uploads.query == query, is_unsettled(uploads.state)),
        exists().where(waiting.query == query, waiting.due <= bindparam("now")),
        exists().where(rejects.query == query, rejects.retry_at.is_not(None)),
    )
    kept = exists().where(uploads.id == bindparam("newest", type_=Number), uploads.tag == bindparam("tag"))
    outlying = exists().where(tables.outlying_rows.c.query == query)
    facts = (is_open.label("open"), kept.label("kept"), outlying.label("outlying"))
    one = select(*facts).subquery("one")
    position = (marks.c[name] for name in _POSITION)
    asked = select(*one.c, *position, marks.c.went_back, went.c.api_url, went.c.counter)
    return asked.select_from(
        one.outerjoin(marks, marks.c.query == query).outerjoin(went, went.c.query == query)
    )


def _position(row: Row[Any]) -> Position | None:
    """A row of `marks`, all null where there is none."""
    if row.fingerprint is None:
        return None
    mark, safe, floor = map(entries.mark_of, (row.mark, row.safe, row.floor))
    return Position(mark, safe, row.fingerprint, floor, row.begun_after)


def _known(state: RowFate, header: str, line: str) -> Known:
    return Known(state, *key_rules.fingerprint(line, key_rules.split_of(header)))
