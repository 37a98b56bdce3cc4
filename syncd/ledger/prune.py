"""Forgets what is old, a little at a time: files that were sent, keys that were delivered, old uploads.

A store that only grew would be slow, and full, one day. Nothing here holds the store up: each step is one
short transaction, and a store in which nothing is old costs two looks at an index.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, delete, or_, select

from syncd.ledger.store import Store
from syncd.ledger.tables import UNSETTLED

FILES_KEPT = timedelta(days=30)
"""The lines of an upload: longer than the 21 days in which Metrica links a row at all [D SUP-params]."""
KEYS_KEPT = timedelta(days=400)
"""Delivered keys and uploads: a year and some, so that a change once a year is still recognised."""
FILES_AT_ONCE = 50
KEYS_AT_ONCE = 2000


class Pruner:
    """Remembers how far its sweep over the keys has come; to lose that costs nothing."""

    def __init__(self, store: Store) -> None:
        self._database = store.database
        self._tables = store.database.tables
        self._swept: tuple[str, str] = ("", "")

    def step(self, now: datetime) -> bool:
        """One short piece of work; True when there is more of it right away. Raises StateUnavailable."""
        files = self._forget_files(now - FILES_KEPT)
        oldest_kept = self._oldest_kept(now - KEYS_KEPT)
        if oldest_kept is None:
            return files
        return self._forget_keys(oldest_kept) or files

    def _forget_files(self, before: datetime) -> bool:
        payloads, uploads = self._tables.payloads.c, self._tables.uploads.c
        old = (
            select(payloads.upload_id)
            .join(self._tables.uploads, uploads.id == payloads.upload_id)
            .where(uploads.settled_at < before, uploads.state.not_in(_UNSETTLED))
            .order_by(payloads.upload_id)
            .limit(FILES_AT_ONCE)
        )
        with self._database.read() as connection:
            first = select(uploads.created_at).join(self._tables.payloads, payloads.upload_id == uploads.id)
            created = connection.execute(first.order_by(payloads.upload_id).limit(1)).scalar_one_or_none()
            if created is None or created >= before:
                return False  # the oldest is young: that is how it nearly always is
            ids = list(connection.execute(old).scalars())
        if ids:
            with self._database.write() as connection:
                connection.execute(delete(self._tables.payloads).where(payloads.upload_id.in_(ids)))
        return len(ids) == FILES_AT_ONCE

    def _oldest_kept(self, before: datetime) -> int | None:
        """The lowest id of the uploads to keep; None while all of them are to be kept."""
        uploads = self._tables.uploads.c
        with self._database.read() as connection:
            first = select(uploads.created_at).order_by(uploads.id).limit(1)
            oldest = connection.execute(first).scalar_one_or_none()
            if oldest is None or oldest >= before:
                return None
            young = select(uploads.id).where(uploads.created_at >= before).order_by(uploads.id).limit(1)
            kept: int | None = connection.execute(young).scalar_one_or_none()
        return kept

    def _forget_keys(self, oldest_kept: int) -> bool:
        """Sweep on over the keys in their order; after the last one, forget the uploads themselves."""
        column = self._tables.deliveries.c
        query, key = self._swept
        after = or_(column.query > query, and_(column.query == query, column.key > key))
        asked = select(column.query, column.key, column.upload_id).where(after)
        with self._database.read() as connection:
            rows = connection.execute(asked.order_by(column.query, column.key).limit(KEYS_AT_ONCE)).all()
        more = len(rows) == KEYS_AT_ONCE
        with self._database.write() as connection:
            for name in {row.query for row in rows}:
                keys = [
                    row.key
                    for row in rows
                    if row.query == name and (row.upload_id or oldest_kept) < oldest_kept
                ]
                connection.execute(
                    delete(self._tables.deliveries).where(
                        column.query == name,
                        self._database.among(column.key, keys),
                        column.upload_id < oldest_kept,
                    )
                )
            if not more:
                self._forget_uploads(connection, oldest_kept)
        self._swept = (rows[-1].query, rows[-1].key) if more else ("", "")
        return more

    def _forget_uploads(self, connection: Connection, oldest_kept: int) -> None:
        uploads = self._tables.uploads.c
        kept = select(self._tables.payloads.c.upload_id)
        connection.execute(
            delete(self._tables.uploads).where(
                uploads.id < oldest_kept, uploads.state.not_in(_UNSETTLED), uploads.id.not_in(kept)
            )
        )


_UNSETTLED = [state.value for state in UNSETTLED]
