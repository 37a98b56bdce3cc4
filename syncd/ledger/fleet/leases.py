"""Leases, by which one daemon runs a query: by the database's clock, numbered to fence off former owners."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select, update

from syncd.ledger.database import StoreDatabase
from syncd.ledger.store import Store
from syncd.model.errors import LeaseLost


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to run a query, as long as the store holds the same epoch for it."""

    query: str
    owner: str
    epoch: int


@dataclass(frozen=True, slots=True)
class Fleet:
    """The daemons on one store and what they hold, at one moment."""

    daemons: Mapping[str, frozenset[str]]
    """The queries that each live daemon could run, also of those that hold none."""
    held: Mapping[str, str]
    """Who holds each query; those that nobody holds are not among them."""
    free_for: Mapping[str, timedelta]
    """For how long nobody has held a query that was held once."""


class Leases:
    """Takes, renews and releases leases. Every method is one transaction; raises StateUnavailable."""

    def __init__(self, store: Store) -> None:
        self._database = store.database

    def acquire(self, queries: Collection[str], owner: str, ttl: timedelta) -> dict[str, int]:
        """Take those of the queries that nobody holds, or whose holder did not renew in time.

        Args:
            queries: The names.
            owner: This process, unlike any other, and readable for a person (host and pid).
            ttl: How long a lease holds without being renewed.

        Returns:
            The epochs of the leases taken just now, by query; those already held are not among them.
        """
        wanted = sorted(set(queries))
        if not wanted:
            return {}
        table = self._database.tables.leases
        named = self._database.among(table.c.query, wanted)
        with self._database.write() as connection:
            now = self._database.now(connection)
            self._make_rows(connection, wanted, now)
            # FOR UPDATE waits for nobody: a holder that is just writing has its query a little longer.
            asked = select(table.c.query).where(named, table.c.expires_at <= now).order_by(table.c.query)
            free = connection.execute(asked.with_for_update(skip_locked=True)).scalars().all()
            taken = connection.execute(
                update(table)
                .where(self._database.among(table.c.query, free))
                .values(owner=owner, epoch=table.c.epoch + 1, expires_at=now + ttl)
                .returning(table.c.query, table.c.epoch)
            )
            return {row.query: row.epoch for row in taken}

    def renew(self, owner: str, epochs: Mapping[str, int], ttl: timedelta) -> frozenset[str]:
        """Hold the leases for another `ttl`; returns the queries that another has taken meanwhile.

        A lease that ran out but was taken by nobody is held again.
        """
        if not epochs:
            return frozenset()
        table = self._database.tables.leases
        with self._database.write() as connection:
            until = self._database.now(connection) + ttl
            renewed = connection.execute(
                update(table)
                .where(table.c.owner == owner, self._database.among(table.c.query, sorted(epochs)))
                .values(expires_at=until)
                .returning(table.c.query, table.c.epoch)
            )
            held = {query for query, epoch in renewed if epochs[query] == epoch}
        return frozenset(epochs.keys() - held)

    def release(self, owner: str, queries: Collection[str]) -> None:
        """Let go of the owner's leases of these queries. The epochs stay: they never go back."""
        table = self._database.tables.leases
        with self._database.write() as connection:
            now = self._database.now(connection)
            connection.execute(
                update(table)
                .where(table.c.owner == owner, self._database.among(table.c.query, sorted(queries)))
                .values(owner="", expires_at=now)
            )

    def announce(self, owner: str, queries: Collection[str], ttl: timedelta) -> None:
        """Count as a live daemon that could run these queries, for another `ttl`."""
        table = self._database.tables.daemons
        with self._database.write() as connection:
            until = self._database.now(connection) + ttl
            row = {"owner": owner, "queries": json.dumps(sorted(queries)), "expires_at": until}
            self._database.upsert(connection, table, [row], ["queries", "expires_at"])

    def withdraw(self, owner: str) -> None:
        """Count no more."""
        table = self._database.tables.daemons
        with self._database.write() as connection:
            connection.execute(delete(table).where(table.c.owner == owner))

    def forget_dead(self, after: timedelta) -> None:
        """Forget the daemons that have been dead for so long; one that wakes up announces itself again."""
        table = self._database.tables.daemons
        with self._database.write() as connection:
            long_ago = self._database.now(connection) - after
            connection.execute(delete(table).where(table.c.expires_at < long_ago))

    def fleet(self) -> Fleet:
        """The live daemons and what each holds."""
        tables = self._database.tables
        with self._database.read() as connection:
            now = self._database.now(connection)
            leases = connection.execute(select(tables.leases)).all()
            daemons = connection.execute(select(tables.daemons).where(tables.daemons.c.expires_at > now))
            return Fleet(
                daemons={row.owner: frozenset(json.loads(row.queries)) for row in daemons},
                held={row.query: row.owner for row in leases if row.expires_at > now},
                free_for={row.query: now - row.expires_at for row in leases if row.expires_at <= now},
            )

    def _make_rows(self, connection: Connection, queries: Sequence[str], now: datetime) -> None:
        """A row for each query that never had one, held by nobody."""
        table = self._database.tables.leases
        asked = select(table.c.query).where(self._database.among(table.c.query, queries))
        missing = set(queries) - set(connection.execute(asked).scalars())
        blank = [{"query": query, "owner": "", "epoch": 0, "expires_at": now} for query in sorted(missing)]
        if blank:
            connection.execute(self._database.insert(table).on_conflict_do_nothing(), blank)


def check_lease(database: StoreDatabase, connection: Connection, lease: Lease) -> None:
    """Raise LeaseLost unless the lease still holds; it then holds until the transaction ends.

    FOR KEY SHARE keeps the row from being taken over (`acquire` locks it FOR UPDATE), but not from being
    renewed by this very process, whose renewals must not wait for a long write.
    """
    table = database.tables.leases
    epoch = connection.execute(
        select(table.c.epoch).where(table.c.query == lease.query).with_for_update(read=True, key_share=True)
    ).scalar_one_or_none()
    if epoch != lease.epoch:
        raise LeaseLost(f"another daemon has taken over the query {lease.query}")


def at_work(store: Store) -> bool | None:
    """Whether any syncd works on the store now; None where that cannot be told. Raises StateUnavailable.

    One that was killed is believed to for as long as its leases last.
    """
    if not store.database.postgresql:
        return store.lock().is_held()
    fleet = Leases(store).fleet()
    return bool(fleet.daemons or fleet.held)
