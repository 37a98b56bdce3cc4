"""The requests of each login's day, counted for all daemons on one store: budget.RequestCounter."""

from __future__ import annotations

from datetime import date

from sqlalchemy import delete, select, update

from syncd.ledger.database import StoreDatabase

_WHOLE = 0
"""In place of a counter: the whole login."""


class Quotas:
    """Every method is one transaction; raises StateUnavailable."""

    database: StoreDatabase

    def set_aside(self, login: str, day: date, requests: int, limit: int) -> tuple[int, int]:
        """Set aside up to so many of the day's `limit`: how many there were, and what is now spent in all."""
        table, today = self.database.tables.quotas, day.isoformat()
        with self.database.write() as connection:
            first = self.database.insert(table).values(login=login, day=today, spent=0)
            connection.execute(first.on_conflict_do_nothing())
            asked = select(table).where(table.c.login == login).with_for_update()
            row = connection.execute(asked).one()
            # A daemon whose clock is behind spends what is left of the day that others count already.
            spent: int = row.spent if row.day >= today else 0
            got = max(0, min(requests, limit - spent))
            connection.execute(
                update(table).where(table.c.login == login).values(day=max(row.day, today), spent=spent + got)
            )
        return got, spent + got

    def give_back(self, login: str, day: date, requests: int) -> None:
        """Give back what was set aside and not spent, unless another day has begun."""
        table = self.database.tables.quotas
        same = (table.c.login == login, table.c.day == day.isoformat(), table.c.spent >= requests)
        with self.database.write() as connection:
            connection.execute(update(table).where(*same).values(spent=table.c.spent - requests))

    def spent(self, day: date) -> dict[str, int]:
        """Count the requests spent or set aside on a day, by login."""
        column = self.database.tables.quotas.c
        asked = select(column.login, column.spent).where(column.day == day.isoformat())
        with self.database.read() as connection:
            return {row.login: row.spent for row in connection.execute(asked)}

    def refused(self, login: str, day: date, counter: int | None) -> None:
        """Metrica said that the day is spent: of a counter, or (None) of the whole login."""
        row = {"login": login, "counter": counter or _WHOLE, "day": day.isoformat()}
        with self.database.write() as connection:
            self.database.upsert(connection, self.database.tables.refusals, [row], ["day"])

    def refusals(self, day: date) -> frozenset[tuple[str, int | None]]:
        """What `refused` told of that day and nobody has taken back, as login and counter."""
        column = self.database.tables.refusals.c
        asked = select(column.login, column.counter).where(column.day == day.isoformat())
        with self.database.read() as connection:
            return frozenset((login, counter or None) for login, counter in connection.execute(asked))

    def take_back(self, login: str, counter: int | None) -> None:
        """Metrica is asked again in spite of what it said."""
        table = self.database.tables.refusals
        here = (table.c.login == login, table.c.counter == (counter or _WHOLE))
        with self.database.write() as connection:
            connection.execute(delete(table).where(*here))
