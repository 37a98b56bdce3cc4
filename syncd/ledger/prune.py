"""Forgets what is old, a little at a time: delivered keys with their files, and old uploads.

A store that only grew would be full one day. Nothing here holds the store up: each step is one short
transaction, and a store in which nothing is old costs a look at an index.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, select

from syncd.ledger import key_index
from syncd.ledger.store import Store
from syncd.ledger.tables import UNSETTLED

KEPT = timedelta(days=400)
"""Uploads, their files and keys: a year and some, so that a change once a year is still recognised."""
AT_ONCE = 50


class Pruner:
    """Forgets uploads that were recorded longer than `KEPT` ago; open ones stay, however old."""

    def __init__(self, store: Store) -> None:
        self._database = store.database
        self._tables = store.database.tables

    def step(self, now: datetime) -> bool:
        """One short piece of work; True when there is more of it right away. Raises StateUnavailable."""
        uploads = self._tables.uploads.c
        before = now - KEPT
        with self._database.read() as connection:
            first = select(uploads.created_at).order_by(uploads.id).limit(1)
            oldest = connection.execute(first).scalar_one_or_none()
            if oldest is None or oldest >= before:
                return False  # the oldest is young: that is how it nearly always is
            young = select(uploads.id).where(uploads.created_at >= before).order_by(uploads.id).limit(1)
            kept = connection.execute(young).scalar_one_or_none()
            if kept is None:  # the query rests: what it delivered last is all it can be compared with
                return False
            settled = uploads.state.not_in([state.value for state in UNSETTLED])
            old = select(uploads.id).where(uploads.id < kept, settled).order_by(uploads.id).limit(AT_ONCE)
            ids = list(connection.execute(old).scalars())
        if ids:
            self._forget(ids, kept)
        return len(ids) == AT_ONCE

    def _forget(self, ids: list[int], kept: int) -> None:
        files, uploads, passed = self._tables.files, self._tables.uploads, self._tables.passed
        with self._database.write() as connection:
            connection.execute(delete(files).where(files.c.upload_id.in_(ids)))
            connection.execute(delete(uploads).where(uploads.c.id.in_(ids)))
            connection.execute(delete(passed).where(passed.c.upload_id.in_(ids)))
            key_index.forget(self._database, connection, min(kept, ids[-1] + 1))
