"""The state store as one query sees it: `ports.Ledger`, where each method is described."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from syncd.ledger import entries, key_lookup, totals
from syncd.ledger.database import AT_ONCE
from syncd.ledger.fleet.leases import Lease, check_lease
from syncd.ledger.query import destination, outcomes
from syncd.ledger.query.query_reads import QueryMemory
from syncd.ledger.store import Store
from syncd.ledger.tables import UNSETTLED
from syncd.model import Chunk, Followed, Mark, Origin, Reason, Receipt, Reject, Upload, UploadState
from syncd.model import keys as key_rules
from syncd.model.errors import SyncdError
from syncd.model.faultpoints import Point, reach
from syncd.model.links import Alarm
from syncd.model.places import Place
from syncd.model.uploads import CONVERSIONS, DELIVERED, KindOfRows


class QueryLedger(QueryMemory):
    """What the store remembers of one query. Raises StateUnavailable, and LeaseLost where it writes.

    Where a method raised StateUnavailable its transaction may yet have taken place (the commit's answer was
    lost). So the run ends there, and the next begins with `unsettled`; nothing is ever just repeated.

    Args:
        store: The state store.
        query: The query's name.
        fingerprint: Digest of its SQL, mark and key, kept with the mark.
        place: The counter and address that its new uploads go to.
        kind: What its rows are.
        lease: The right to write; None where nobody else can (SQLite, commands).
    """

    def __init__(
        self,
        store: Store,
        query: str,
        fingerprint: str,
        *,
        place: Place,
        kind: KindOfRows = CONVERSIONS,
        lease: Lease | None = None,
    ) -> None:
        super().__init__(store, query, place)
        self._fingerprint = fingerprint
        self._kind = kind
        self._lease = lease

    # --- writing: where the query stands ---

    def begin_query(
        self,
        mark: Mark | None,
        passed: Sequence[str] = (),
        safe: Mark | None = None,
        floor: Mark | None = None,
    ) -> None:
        rows = [{"query": self._query, "key": key, "upload_id": None} for key in dict.fromkeys(passed)]
        with self._write() as connection:
            self._move(connection, mark, self._now())
            uploads = self._tables.uploads.c
            newest = select(func.max(uploads.id)).where(uploads.query == self._query)
            after = connection.execute(newest).scalar()
            self._set_safe(connection, safe, "", floor=entries.mark_text(floor), begun_after=after)
            for start in range(0, len(rows), AT_ONCE):
                part = rows[start : start + AT_ONCE]
                self._database.upsert(connection, self._tables.passed, part, ["upload_id"])
            reach(Point.BEGUN_WRITTEN)

    def set_safe(self, safe: Mark | None, waits_for: str) -> None:
        with self._write() as connection:
            self._set_safe(connection, safe, waits_for)

    def _set_safe(
        self, connection: Connection, safe: Mark | None, waits_for: str, **values: str | int | None
    ) -> None:
        table = self._tables.marks
        values |= {"safe": entries.mark_text(safe), "waits_for": entries.plain(waits_for)}
        here = update(table).where(table.c.query == self._query)
        connection.execute(here.values(**values, updated_at=self._now()))

    def go_on_elsewhere(self) -> None:
        with self._write() as connection:
            destination.go_on(self._database, connection, self._query, self.place, self._now())

    def deliver_again_elsewhere(self) -> None:
        with self._write() as connection:
            destination.deliver_again(self._database, connection, self._query, self.place, self._now())

    # --- writing: the life of an upload ---

    def record(self, chunk: Chunk) -> None:
        if chunk.ready:
            raise SyncdError("a chunk with rows to send was recorded without an upload")
        now = self._now()
        with self._write() as connection:
            self._others(connection, chunk, now)
            if chunk.mark is not None:
                self._move(connection, chunk.mark, now)
            reach(Point.RECORD_WRITTEN)
        reach(Point.RECORDED)

    def begin(self, chunk: Chunk, tag: str, now: datetime, *, again: int | None = None) -> Upload:
        if not chunk.ready:
            raise SyncdError("an upload without rows was begun")
        upload = Upload(
            id=0,
            tag=tag,
            query=self._query,
            counter=self.place.counter,
            kind=self._kind.name,
            address=self.place.address,
            state=UploadState.SENDING,
            header=chunk.header,
            lines=chunk.ready.lines,
            keys=chunk.ready.keys,
            mark=chunk.mark,
            sent_at=now,
            origin=chunk.origin,
            newest=chunk.ready.newest,
        )
        old_rows = outcomes.count_old(chunk, now - self._kind.window)
        with self._write() as connection:
            new_id = entries.insert_upload(
                self._database, connection, upload, chunk.origin, now, old_rows=old_rows
            )
            if again is not None:
                self._note_again(connection, new_id, again)
            self._others(connection, chunk, now)
            if not self._is_place_noted:
                destination.note(self._database, connection, self._query, self.place)
            reach(Point.INTENT_WRITTEN)
        self._is_place_noted = True
        self._store.newest_uploads[self._query] = new_id, tag
        reach(Point.INTENT)
        return replace(upload, id=new_id)

    def sending(self, upload: Upload, now: datetime) -> Upload:
        table = self._tables.uploads
        with self._write() as connection:
            row = self._locked(connection, upload.id)
            self._expect(row, UNSETTLED, "sent")
            self._set(connection, row, state=UploadState.SENDING, attempts=table.c.attempts + 1, sent_at=now)
            reach(Point.SENDING_WRITTEN)
        return replace(upload, state=UploadState.SENDING, sent_at=now)

    def not_received(self, upload: Upload) -> None:
        with self._write() as connection:
            row = self._locked(connection, upload.id)
            self._expect(row, UNSETTLED, "planned again")
            self._set(connection, row, state=UploadState.PLANNED)

    def accept(self, upload: Upload, receipt: Receipt, now: datetime) -> None:
        with self._write() as connection:
            row = self._locked(connection, upload.id)
            if row.state in DELIVERED:
                return
            self._expect(row, UNSETTLED, "accepted")
            self._index(connection, upload)
            if row.origin != Origin.RESEND:  # whose keys may wait, or be rejects, in a newer form
                self._account_for(connection, row, upload.keys)
            self._count(connection, rows=0 if row.origin == Origin.RESEND else row.rows)
            state = UploadState.PROCESSED if receipt.is_final else UploadState.ACCEPTED
            self._set(
                connection,
                row,
                state=state,
                settled_at=now,
                metrica_id=receipt.id,
                **outcomes.figures(receipt, row.rows, state),
            )
            self._move_past(connection, row, now)
            reach(Point.ACCEPT_WRITTEN)

    def split(self, upload: Upload, tags: tuple[str, str], now: datetime) -> tuple[Upload, Upload]:
        middle = len(upload.lines) // 2
        if middle == 0:
            raise SyncdError(f"upload {upload.id} has a single row and cannot be halved")
        planned = replace(upload, state=UploadState.PLANNED, sent_at=None, newest=0)
        first = replace(
            planned, tag=tags[0], lines=upload.lines[:middle], keys=upload.keys[:middle], mark=None
        )
        second = replace(planned, tag=tags[1], lines=upload.lines[middle:], keys=upload.keys[middle:])
        with self._write() as connection:
            row = self._locked(connection, upload.id)
            self._expect(row, UNSETTLED, "halved")
            self._set(connection, row, state=UploadState.SPLIT, settled_at=now)
            self._count(connection)
            origin = Origin(row.origin)
            ids = [
                entries.insert_upload(self._database, connection, half, origin, now, row)
                for half in (first, second)
            ]
            reach(Point.SPLIT_WRITTEN)
        self._store.newest_uploads[self._query] = ids[1], tags[1]
        reach(Point.SPLIT)
        return replace(first, id=ids[0]), replace(second, id=ids[1])

    def refuse(self, upload: Upload, detail: str, now: datetime) -> None:
        rejects: list[Reject] = []
        if upload.origin is not Origin.RESEND:
            if len(upload.lines) != 1:
                raise SyncdError(f"upload {upload.id} has {len(upload.lines)} rows; only one can be refused")
            rejects = [Reject(upload.keys[0], Reason.REFUSED_BY_METRICA, "", "", upload.lines[0], detail)]
        with self._write() as connection:
            row = self._locked(connection, upload.id)
            if row.state == UploadState.REFUSED:
                return
            self._expect(row, UNSETTLED, "refused")
            entries.write_rejects(self._database, connection, self._query, rejects, now, upload.id)
            state = UploadState.REFUSED
            self._set(connection, row, state=state, settled_at=now, detail=entries.plain(detail))
            self._count(connection)
            self._move_past(connection, row, now)
            reach(Point.REFUSE_WRITTEN)
        reach(Point.REFUSED)

    def leave_rejected(self, keys: Sequence[str], detail: str) -> None:
        table = self._tables.rejects
        with self._write() as connection:
            for part in entries.in_parts(keys):
                connection.execute(
                    update(table)
                    .where(table.c.query == self._query, self._database.among(table.c.key, part))
                    .values(detail=entries.plain(detail), retry_at=None)
                )

    def set_outlying(self, rows: Mapping[str, Mark]) -> None:
        if not rows and not self._has_outlying_rows:
            return
        table = self._tables.outlying_rows
        mine = table.c.query == self._query
        with self._database.read() as connection:
            found = connection.execute(select(table.c.key, table.c.mark).where(mine))
            there = {row.key: row.mark for row in found}
        now = self._now()
        wanted = {key: entries.mark_text(mark) for key, mark in rows.items()}
        if there == wanted:
            return
        with self._write() as connection:
            connection.execute(delete(table).where(mine))
            for key, mark in wanted.items():
                row = {"query": self._query, "key": key, "mark": mark, "seen_at": now}
                connection.execute(insert(table).values(row))
        self._has_outlying_rows = bool(rows)

    def set_went_back(self, newest: Mark | None) -> None:
        if newest is None and not self._has_gone_back:
            return
        table, text = self._tables.marks, entries.mark_text(newest)
        here = table.c.query == self._query
        with self._database.read() as connection:
            if connection.execute(select(table.c.went_back).where(here)).scalar() == text:
                return
        with self._write() as connection:
            connection.execute(update(table).where(here).values(went_back=text))
        self._has_gone_back = newest is not None

    def withdraw(self, keys: Sequence[str], rejects: Sequence[Reject]) -> None:
        table, now = self._tables.rejects, self._now()
        with self._write() as connection:
            entries.forget(self._database, connection, self._tables.waiting, self._query, keys)
            entries.write_rejects(self._database, connection, self._query, rejects, now)
            for part in entries.in_parts([reject.key for reject in rejects]):
                here = (table.c.query == self._query, self._database.among(table.c.key, part))
                connection.execute(update(table).where(*here).values(dropped_at=now))

    def follow(self, upload: Followed, state: UploadState, receipt: Receipt | None, now: datetime) -> None:
        with self._write() as connection:
            row = self._locked(connection, upload.id)
            self._expect(row, DELIVERED, "followed")
            news = {} if receipt is None else outcomes.figures(receipt, row.rows, state)
            self._set(connection, row, state=state, checked_at=now, **news)
            if row.state == UploadState.ACCEPTED and state in outcomes.FINAL:
                outcomes.count_links(self._database, connection, self._locked(connection, upload.id))
            reach(Point.FOLLOW_WRITTEN)

    def to_send_again(self, since: datetime, before: datetime, limit: int) -> Sequence[int]:
        return outcomes.to_send_again(self._database, self._query, self.place, since, before, limit)

    def passed_over(self, upload_id: int) -> None:
        with self._write() as connection:
            self._set(connection, self._locked(connection, upload_id), again_at=self._now())

    def set_alarm(self, alarm: Alarm | None) -> None:
        with self._write() as connection:
            outcomes.write_alarm(self._database, connection, self._query, alarm)

    # --- parts of the above ---

    @contextmanager
    def _write(self) -> Iterator[Connection]:
        with self._database.write() as connection:
            if self._lease is not None:
                check_lease(self._database, connection, self._lease)
            yield connection

    def _now(self) -> datetime:
        return self._database.clock.now()

    def _others(self, connection: Connection, chunk: Chunk, now: datetime) -> None:
        """The rows of a chunk that are not sent."""
        entries.write_rejects(self._database, connection, self._query, chunk.rejects, now)
        entries.write_waiting(self._database, connection, self._query, chunk, now)
        entries.forget(self._database, connection, self._tables.rejects, self._query, chunk.resolved)

    def _index(self, connection: Connection, upload: Upload) -> None:
        """Have the keys of an accepted upload found, and the conversions of its lines."""
        # numpy, which only rows need
        from syncd.ledger import key_index  # noqa: PLC0415
        from syncd.model.conversion_codes import conversion_codes  # noqa: PLC0415
        from syncd.model.key_codes import codes_of  # noqa: PLC0415

        codes = {key_lookup.KEY: codes_of(upload.keys)}
        if upload.origin is not Origin.RESEND and key_rules.tells_conversion(upload.header):
            split = key_rules.split_of(upload.header)
            codes[key_lookup.CONVERSION] = conversion_codes(upload.lines, split.changing)
        key_index.add(self._database, connection, self._query, codes, upload.id)

    def _account_for(self, connection: Connection, row: Row[Any], keys: Sequence[str]) -> None:
        """The keys of an accepted upload wait no more and are rejects no more."""
        entries.forget(self._database, connection, self._tables.waiting, self._query, keys)
        # A second conversion of a key stays a reject although the first one is delivered.
        kept = None if row.origin == Origin.RETRY else Reason.IDENTITY_CHANGED
        entries.forget_rejects(self._database, connection, self._query, keys, kept)

    def _count(self, connection: Connection, rows: int = 0) -> None:
        """Count an upload that has just been settled, and what it delivered."""
        totals.add(self._database, connection, self._query, uploads=1, rows=rows)

    def _note_again(self, connection: Connection, new_id: int, again: int) -> None:
        """Say of a new upload whose rows it carries again; always those of the first one."""
        table = self._tables.uploads
        before = self._locked(connection, again)
        first = before.parent_id if before.origin == Origin.RESEND else before.id
        connection.execute(update(table).where(table.c.id == new_id).values(parent_id=first))
        connection.execute(update(table).where(table.c.id == first).values(again_at=self._now()))

    def _move(self, connection: Connection, mark: Mark | None, now: datetime) -> None:
        entries.write_mark(self._database, connection, self._query, mark, self._fingerprint, now)

    def _move_past(self, connection: Connection, row: Row[Any], now: datetime) -> None:
        """Move the mark to where it stands once this upload is settled."""
        if row.mark is not None:
            self._move(connection, entries.mark_of(row.mark), now)

    def _locked(self, connection: Connection, upload_id: int) -> Row[Any]:
        """An upload's row, which stays as it is until the transaction ends."""
        table = self._tables.uploads
        asked = select(table).where(table.c.id == upload_id, table.c.query == self._query)
        row = connection.execute(asked.with_for_update()).one_or_none()
        if row is None:
            raise SyncdError(f"there is no upload {upload_id} of the query {self._query}")
        return row

    def _set(self, connection: Connection, row: Row[Any], **values: object) -> None:
        table = self._tables.uploads
        connection.execute(update(table).where(table.c.id == row.id).values(**values))

    def _expect(self, row: Row[Any], states: Sequence[UploadState], verb: str) -> None:
        if row.state not in states:
            raise SyncdError(f"upload {row.id} is {row.state} and cannot be {verb}")
