"""The facts of Metrica's counters that were asked for once."""

from __future__ import annotations

from sqlalchemy import select

from syncd.ledger.database import StoreDatabase


class Counters:
    """The counters that the store knows. Every method is one transaction; raises StateUnavailable."""

    database: StoreDatabase

    def counter_time_zone(self, api_url: str, counter: int) -> str | None:
        """Name the time zone of a counter; None where nobody has asked for it yet."""
        column = self.database.tables.counters.c
        asked = select(column.time_zone).where(column.api_url == api_url, column.counter == counter)
        with self.database.read() as connection:
            return connection.execute(asked).scalar_one_or_none()

    def counter_time_zones(self) -> dict[int, str]:
        """Name the time zone of each counter that is known, as it was last told."""
        table = self.database.tables.counters
        asked = select(table.c.counter, table.c.time_zone).order_by(table.c.asked_at)
        with self.database.read() as connection:
            return {row.counter: row.time_zone for row in connection.execute(asked)}

    def set_counter_time_zone(self, api_url: str, counter: int, time_zone: str) -> None:
        """Remember the time zone of a counter."""
        row = {
            "api_url": api_url,
            "counter": counter,
            "time_zone": time_zone,
            "asked_at": self.database.clock.now(),
        }
        with self.database.write() as connection:
            self.database.upsert(connection, self.database.tables.counters, [row], ["time_zone", "asked_at"])
