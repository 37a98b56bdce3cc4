"""What people ask of queries by the command line: pauses, and runs before their time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select, update

from syncd.ledger.database import StoreDatabase


@dataclass(frozen=True, slots=True)
class PauseRow:
    """A pause, in force or over."""

    query: str
    since: datetime
    until: datetime | None
    """None: until somebody resumes the query."""
    asked_by: str
    """Who asked for the pause or, of one that was ended by hand, who ended it."""

    def is_in_force(self, now: datetime) -> bool:
        """Whether the query rests now."""
        return self.until is None or now < self.until


@dataclass(frozen=True, slots=True)
class TriggerRow:
    """A run that somebody wants now, and that no daemon has made yet."""

    query: str
    asked_at: datetime
    asked_by: str


class Control:
    """Reads and writes them. Every method is one transaction; raises StateUnavailable."""

    def __init__(self, database: StoreDatabase) -> None:
        self._database = database

    def pause(self, queries: Sequence[str], until: datetime | None, asked_by: str) -> None:
        """Have these queries rest, in place of earlier pauses."""
        now = self._database.clock.now()
        rows = [
            {"query": name, "since": now, "until": until, "asked_by": asked_by} for name in sorted(queries)
        ]
        with self._database.write() as connection:
            self._database.upsert(
                connection, self._database.tables.pauses, rows, ["since", "until", "asked_by"]
            )

    def resume(self, queries: Sequence[str], asked_by: str) -> None:
        """End the pauses of these queries; the rows stay, to tell who did so."""
        table, now = self._database.tables.pauses, self._database.clock.now()
        in_force = table.c.until.is_(None) | (table.c.until > now)
        ending = update(table).where(self._database.among(table.c.query, sorted(queries)), in_force)
        with self._database.write() as connection:
            connection.execute(ending.values(until=now, asked_by=asked_by))

    def pauses(self) -> dict[str, PauseRow]:
        """The latest pause of each query, those that are over included."""
        with self._database.read() as connection:
            found = connection.execute(select(self._database.tables.pauses))
            return {row.query: PauseRow(**row._asdict()) for row in found}

    def trigger(self, queries: Sequence[str], asked_by: str) -> None:
        """Have these queries run now, once."""
        now = self._database.clock.now()
        rows = [{"query": name, "asked_at": now, "asked_by": asked_by} for name in sorted(set(queries))]
        with self._database.write() as connection:
            self._database.upsert(connection, self._database.tables.triggers, rows, ["asked_at", "asked_by"])

    def triggers(self) -> dict[str, TriggerRow]:
        """The wanted runs that no daemon has made to the end yet."""
        with self._database.read() as connection:
            found = connection.execute(select(self._database.tables.triggers))
            return {row.query: TriggerRow(**row._asdict()) for row in found}

    def take_trigger(self, trigger: TriggerRow) -> None:
        """Forget a wanted run that was made; one that was asked for anew meanwhile stays."""
        table = self._database.tables.triggers
        taken = delete(table).where(table.c.query == trigger.query, table.c.asked_at == trigger.asked_at)
        with self._database.write() as connection:
            connection.execute(taken)
