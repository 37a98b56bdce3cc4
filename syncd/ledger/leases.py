"""Who runs which query: leases by the database's clock, each with a number to fence off former owners."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection, select, update

from syncd.errors import LeaseLost
from syncd.ledger.database import Database
from syncd.ledger.store import Store


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to run a query, as long as the store holds the same epoch for it."""

    query: str
    owner: str
    epoch: int


class Leases:
    """Takes, renews and releases leases. Every method is one transaction; raises StateUnavailable."""

    def __init__(self, store: Store) -> None:
        self._database = store.database

    def acquire(self, queries: Sequence[str], owner: str, ttl: timedelta) -> dict[str, int]:
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
        with self._database.write() as connection:
            now = self._database.now(connection)
            blank = [{"query": query, "owner": "", "epoch": 0, "expires_at": now} for query in wanted]
            connection.execute(self._database.insert(table).on_conflict_do_nothing(), blank)
            # FOR UPDATE waits for nobody: a holder that is just writing has its query a little longer.
            free = connection.execute(
                select(table.c.query, table.c.epoch)
                .where(table.c.query.in_(wanted), table.c.expires_at <= now)
                .order_by(table.c.query)
                .with_for_update(skip_locked=True)
            ).all()
            taken = {query: epoch + 1 for query, epoch in free}
            for query, epoch in taken.items():
                connection.execute(
                    update(table)
                    .where(table.c.query == query)
                    .values(owner=owner, epoch=epoch, expires_at=now + ttl)
                )
        return taken

    def renew(self, owner: str, epochs: Mapping[str, int], ttl: timedelta) -> frozenset[str]:
        """Hold the leases for another `ttl`; returns the queries that another has taken meanwhile.

        A lease that ran out but was taken by nobody is held again.
        """
        table = self._database.tables.leases
        lost = set()
        with self._database.write() as connection:
            until = self._database.now(connection) + ttl
            for query, epoch in sorted(epochs.items()):
                held = connection.execute(
                    update(table)
                    .where(table.c.query == query, table.c.owner == owner, table.c.epoch == epoch)
                    .values(expires_at=until)
                )
                if held.rowcount == 0:
                    lost.add(query)
        return frozenset(lost)

    def release(self, owner: str) -> None:
        """Let go of all of the owner's leases. The epochs stay: they never go back."""
        table = self._database.tables.leases
        with self._database.write() as connection:
            now = self._database.now(connection)
            connection.execute(update(table).where(table.c.owner == owner).values(owner="", expires_at=now))


def check_lease(database: Database, connection: Connection, lease: Lease) -> None:
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
