"""The state store as a whole: opened, brought to this version, locked, read, closed."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import fields
from typing import Self

from sqlalchemy import update

from syncd.language import _
from syncd.ledger.counters import Counters
from syncd.ledger.database import AT_ONCE, StoreDatabase
from syncd.ledger.engine import connect
from syncd.ledger.lists import ListComparisons
from syncd.ledger.lock import StoreLock
from syncd.ledger.probe_answers import ProbeAnswers
from syncd.ledger.quotas import Quotas
from syncd.ledger.readers import OutcomeReaders, Readers, TotalsReader
from syncd.ledger.rows import RunRow
from syncd.ledger.schema import version
from syncd.ledger.schema.creation import upgrade
from syncd.ledger.schema.trial import check_writable
from syncd.ledger.store_files import create, give_all_to_folders_owner
from syncd.model.clock import Clock
from syncd.model.errors import StateUnavailable
from syncd.model.settings import StateSettings


class Store(Readers, OutcomeReaders, TotalsReader, Quotas, Counters, ListComparisons, ProbeAnswers):
    """One state store; safe to use from many threads. Every method raises StateError."""

    def __init__(self, database: StoreDatabase) -> None:
        super().__init__(database)
        self.newest_uploads: dict[str, tuple[int, str]] = {}
        """Id and tag of the newest upload that this process recorded, by query: the store must have it."""

    @classmethod
    def open(cls, settings: StateSettings, clock: Clock | None = None) -> Self:
        """Get ready to use a store; the first statement connects.

        Raises:
            StateUnavailable: the URL is no store's, or SQLite's directory does not exist.
        """
        return cls(connect(settings, clock))

    def close(self) -> None:
        """Close all connections."""
        with self.database.failures():
            self.database.engine.dispose()

    def migrate(self) -> tuple[str | None, str] | None:
        """Bring the store to this version, creating it if need be.

        Returns:
            The versions before (None: it was empty) and after; None when there was nothing to do.

        Raises:
            StateTooNew: a newer syncd wrote it.
        """
        self._create_file()
        with self.database.read() as connection:
            if version.read_version(self.database, connection) == version.HEAD:
                return None
        return upgrade(self.database)

    def check_version(self) -> None:
        """Raise StateTooNew or, where `syncd migrate` has to run first, StateUnavailable."""
        version.check_version(self.database)

    def is_new(self) -> bool:
        """True when nothing was ever written to it; a file is not made. Raises StateTooNew."""
        if self.database.is_missing():
            return True
        with self.database.read() as connection:
            return version.read_version(self.database, connection) is None

    def try_out(self) -> bool:
        """Tell whether it is new. Raises StateError where a run could not use it; nothing is left behind."""
        is_new = self.is_new()
        if not is_new:
            self.check_version()
        check_writable(self.database, is_new=is_new)
        return is_new

    @property
    def shown(self) -> str:
        """Which store it is, without secrets: the file, or server, database and schema."""
        return self.database.shown

    def lock(self) -> StoreLock:
        """The lock that only one daemon can hold; for PostgreSQL (leases) and memory it does nothing.

        `with store.lock():` or `.acquire()` raise StateInUse when another process holds it.
        """
        return StoreLock(self.database.file)

    def save_runs(self, runs: Sequence[RunRow]) -> None:
        """Record the last run of some queries, each in place of the one before."""
        names = [field.name for field in fields(RunRow)]
        ordered = sorted(runs, key=lambda run: run.query)
        rows = [{name: getattr(run, name) for name in names} for run in ordered]
        with self.database.write() as connection:
            others = [name for name in names if name != "query"]
            self.database.upsert(connection, self.database.tables.runs, rows, others)

    def request_retry(self, query: str, keys: Sequence[str]) -> int:
        """Have these rejects tried again by the next run of the query; returns how many there were."""
        table = self.database.tables.rejects
        now = self.database.clock.now()
        asking = update(table).where(table.c.query == query).values(retry_at=now, dropped_at=None)
        with self.database.write() as connection:
            parts = (keys[start : start + AT_ONCE] for start in range(0, len(keys), AT_ONCE))
            return sum(
                connection.execute(asking.where(self.database.among(table.c.key, part))).rowcount
                for part in parts
            )

    def drop_rejects(self, query: str, keys: Sequence[str] | None = None) -> int:
        """Have rejects of a query be none any more, all or those of these keys; returns how many there were.

        They stay recorded, so that the same row, read again, is not rejected again.
        """
        table = self.database.tables.rejects
        here = (table.c.query == query, table.c.dropped_at.is_(None))
        dropping = update(table).where(*here).values(retry_at=None, dropped_at=self.database.clock.now())
        with self.database.write() as connection:
            if keys is None:
                return connection.execute(dropping).rowcount
            parts = (keys[start : start + AT_ONCE] for start in range(0, len(keys), AT_ONCE))
            return sum(
                connection.execute(dropping.where(self.database.among(table.c.key, part))).rowcount
                for part in parts
            )

    def _create_file(self) -> None:
        """Make the file of a new store; root gives what is root's of an older one to the folder's owner."""
        file = self.database.file
        if file is None:
            return
        try:
            if self.database.is_missing():
                os.close(create(file))
            give_all_to_folders_owner(file)
        except OSError as error:
            raise StateUnavailable(
                _("cannot create the state store {file}: {why}").format(file=file, why=error.strerror)
            ) from None
