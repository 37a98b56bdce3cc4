"""Forgets what is old, a little at a time: files with their keys, uploads, dropped rejects, rejects' values.

A store that only grew would be full one day. Nothing here holds the store up: each step is one short
transaction, and a store in which nothing is old costs a look at its oldest uploads.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import takewhile

from sqlalchemy import delete, select, update

from syncd.ledger.store import Store
from syncd.ledger.tables import UNSETTLED, has_values
from syncd.model import Reason

KEPT = timedelta(days=400)
"""Uploads, their files and keys, dropped rejects: a year and some, for what changes once a year."""
AT_ONCE = 50
REJECTS_AT_ONCE = 1000


class Pruner:
    """Forgets uploads that were recorded longer than `KEPT` ago; open ones stay, however old.

    Values of rejected rows go after `keep_values`; their keys and reasons stay.
    """

    def __init__(self, store: Store, keep_values: timedelta = KEPT) -> None:
        self._keep_values = keep_values
        self._database = store.database
        self._tables = store.database.tables

    def step(self, now: datetime) -> bool:
        """Do one short piece of work; True when there is more of it right away. Raises StateUnavailable."""
        more_values = self._forget_values(now - self._keep_values)
        return self._forget_uploads(now - KEPT) or more_values

    def _forget_values(self, before: datetime) -> bool:
        """Forget what rejected rows held; a line that Metrica refused is kept as its upload's file is."""
        table = self._tables.rejects
        old = (table.c.created_at < before) & has_values(table)
        wanted = old & (table.c.reason != Reason.REFUSED_BY_METRICA.value)
        with self._database.read() as connection:
            ids = connection.execute(select(table.c.id).where(wanted).limit(REJECTS_AT_ONCE)).scalars().all()
        if ids:
            with self._database.write() as connection:
                forgotten = update(table).where(table.c.id.in_(ids), old)
                connection.execute(forgotten.values(row="", value="", detail=""))
        return len(ids) == REJECTS_AT_ONCE

    def _forget_uploads(self, before: datetime) -> bool:
        uploads = self._tables.uploads.c
        settled = uploads.state.not_in([state.value for state in UNSETTLED])
        oldest = select(uploads.id, uploads.created_at).where(settled).order_by(uploads.id).limit(AT_ONCE)
        newest = select(uploads.created_at).order_by(uploads.id.desc()).limit(1)
        with self._database.read() as connection:
            found = connection.execute(oldest).all()
            ids = [row.id for row in takewhile(lambda row: row.created_at < before, found)]
            # Where nothing is young, what was delivered last is all that new rows can be compared with.
            if not ids or connection.execute(newest).scalar_one() < before:
                return False
        self._forget(ids, before)
        return len(ids) == AT_ONCE

    def _forget(self, ids: list[int], before: datetime) -> None:
        from syncd.ledger import key_index  # noqa: PLC0415 — numpy, which only rows need

        files, uploads, passed = self._tables.files, self._tables.uploads, self._tables.passed
        rejects = self._tables.rejects
        dropped = select(rejects.c.id).where(rejects.c.dropped_at < before).limit(REJECTS_AT_ONCE)
        with self._database.write() as connection:
            connection.execute(delete(files).where(files.c.upload_id.in_(ids)))
            connection.execute(delete(uploads).where(uploads.c.id.in_(ids)))
            connection.execute(delete(passed).where(passed.c.upload_id.in_(ids)))
            connection.execute(delete(rejects).where(rejects.c.id.in_(dropped.scalar_subquery())))
            key_index.forget(self._database, connection, ids[-1] + 1)
