"""How far each counter's list of uploads was compared with the store."""

from __future__ import annotations

from sqlalchemy import select

from syncd.ledger.database import StoreDatabase


class ListComparisons:
    """Every method is one transaction; raises StateUnavailable."""

    database: StoreDatabase

    def compared_list(self, address: str, counter: int) -> tuple[int, int] | None:
        """Tell how far the list was compared: entries, and the newest of their numbers; None: never."""
        column = self.database.tables.lists_compared.c
        here = (column.api_url == address, column.counter == counter)
        with self.database.read() as connection:
            row = connection.execute(select(column.entries, column.newest_id).where(*here)).one_or_none()
        return None if row is None else (row.entries, row.newest_id)

    def save_compared_list(self, address: str, counter: int, entries: int, newest_id: int) -> None:
        """Record how far the list was compared."""
        figures = {"entries": entries, "newest_id": newest_id, "compared_at": self.database.clock.now()}
        row = {"api_url": address, "counter": counter, **figures}
        with self.database.write() as connection:
            self.database.upsert(connection, self.database.tables.lists_compared, [row], list(figures))
