"""What people were told of trouble, remembered for all daemons on one store and across restarts."""

from __future__ import annotations

from sqlalchemy import delete, select, update

from syncd.ledger.database import StoreDatabase
from syncd.model.alerts import Key, Remembered

_FIELDS = ("since", "told_at", "words", "is_over", "is_owed")


class AlertMemory:
    """The table `alerts`. Every method is one transaction; raises StateUnavailable."""

    def __init__(self, database: StoreDatabase) -> None:
        self._database = database

    def load(self) -> dict[Key, Remembered]:
        """Everything that is remembered, by kind and query."""
        table = self._database.tables.alerts
        with self._database.read() as connection:
            return {
                (row.trouble, row.query): Remembered(*(getattr(row, name) for name in _FIELDS))
                for row in connection.execute(select(table))
            }

    def swap(self, key: Key, before: Remembered | None, after: Remembered | None) -> bool:
        """Remember `after` in place of `before`; False where another daemon has changed it meanwhile."""
        table = self._database.tables.alerts
        here = (table.c.trouble == key[0], table.c.query == key[1])
        with self._database.write() as connection:
            if before is None:
                values = {name: getattr(after, name) for name in _FIELDS}
                adding = self._database.insert(table).values(trouble=key[0], query=key[1], **values)
                return connection.execute(adding.on_conflict_do_nothing()).rowcount == 1
            same = (
                *here,
                table.c.told_at.is_not_distinct_from(before.told_at),
                table.c.is_over == before.is_over,
                table.c.is_owed == before.is_owed,
            )
            if after is None:
                return connection.execute(delete(table).where(*same)).rowcount == 1
            values = {name: getattr(after, name) for name in _FIELDS}
            return connection.execute(update(table).where(*same).values(**values)).rowcount == 1
