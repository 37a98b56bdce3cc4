"""The state store's transactions and statements, and every failure of it as StateUnavailable."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    JSON,
    ColumnElement,
    Connection,
    Engine,
    Select,
    Table,
    Text,
    cast,
    column,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy import any_ as any_of
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from syncd.language import _
from syncd.ledger.tables import Tables
from syncd.model.clock import Clock
from syncd.model.errors import StateUnavailable

if TYPE_CHECKING:
    from sqlalchemy.dialects.postgresql import Insert as PostgresqlInsert

BUSY_TIMEOUT = 30
"""Seconds to wait for another's lock, in either database, before it is an error."""
AT_ONCE = 5000
"""Keys in one statement: few round trips, and a bounded amount of memory."""
WRITES = "syncd_writes"
"""The execution option of a transaction that writes."""


@dataclass(frozen=True, slots=True)
class StoreDatabase:
    """The engine, the tables and the transactions on them; safe to use from many threads."""

    engine: Engine
    tables: Tables
    file: Path | None
    """SQLite's file; None in memory and for PostgreSQL."""
    schema: str | None
    """PostgreSQL's schema; None for SQLite."""
    secrets: set[str]
    """Passwords to be taken out of every message: the URL's, and those read from its password_file."""
    clock: Clock
    _writing: threading.RLock = field(default_factory=threading.RLock)
    _shared: threading.local = field(default_factory=threading.local)
    """A thread's connection within `read_together`."""

    @property
    def postgresql(self) -> bool:
        """Whether it is PostgreSQL; otherwise it is SQLite."""
        return self.schema is not None

    @property
    def shown(self) -> str:
        """Which database it is, without secrets."""
        if not self.postgresql:
            return str(self.file or "in memory")
        url = self.engine.url
        port = f":{url.port}" if url.port else ""
        return f"postgresql://{url.host or 'localhost'}{port}/{url.database or ''}, schema {self.schema}"

    def is_missing(self) -> bool:
        """Whether it is a SQLite file that nobody has made yet. Raises StateUnavailable."""
        try:
            return self.file is not None and not self.file.exists()
        except OSError as error:
            raise StateUnavailable(
                _("cannot open the state store {file}: {why}").format(file=self.file, why=error.strerror)
            ) from None

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that reads: one of its own, or that of `read_together`. Raises StateUnavailable."""
        shared: Connection | None = getattr(self._shared, "connection", None)
        with self.failures():
            if shared is not None:
                yield shared
                return
            with self.engine.connect() as connection, connection.begin():
                yield connection

    @contextmanager
    def read_together(self) -> Iterator[None]:
        """Let this thread read within one transaction until the end of the block. Raises StateUnavailable.

        Beginning a transaction costs as much as a small question, and on PostgreSQL three round trips more.
        """
        with self.read() as connection:
            self._shared.connection = connection
            try:
                yield
            finally:
                self._shared.connection = None

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that may write; all of it, or nothing. Raises StateUnavailable.

        Where StateUnavailable comes from the commit itself, the transaction may have taken place: whoever
        writes looks at the store again before repeating anything.
        """
        # SQLite has one writer at a time. Queueing here is fair; its own waiting is sleep and luck.
        turn = nullcontext() if self.postgresql else self._writing
        with (
            turn,
            self.failures(),
            self.engine.connect().execution_options(**{WRITES: True}) as connection,
            connection.begin(),
        ):
            yield connection

    @contextmanager
    def failures(self) -> Iterator[None]:
        """Turn what the database libraries raise into StateUnavailable with one clear line."""
        try:
            yield
        except (SQLAlchemyError, sqlite3.Error) as error:
            # sqlite3's own come from `_prepare_sqlite`, where SQLAlchemy does not wrap them.
            # `from None`: the chain holds statements and values, which nobody should see in a log.
            raise StateUnavailable(self._words(error)) from None

    def now(self, connection: Connection) -> datetime:
        """The moment by the database's clock, which all daemons share; SQLite has none but ours."""
        if self.postgresql:
            moment: datetime = connection.execute(select(func.clock_timestamp())).scalar_one()
            return moment.astimezone(UTC)
        return self.clock.now()

    def among(self, column: ColumnElement[str], values: Sequence[str]) -> ColumnElement[bool]:
        """The condition that a column is one of these values, bound as one parameter.

        JSON, since psycopg writes an array's texts with a regular expression each: 20 times slower.
        """
        listed = json.dumps(list(values))
        if self.postgresql:
            return column == any_of(func.array(select(_elements(listed)).scalar_subquery()))
        return column.in_(select(func.json_each(listed).table_valued("value").c.value))

    def upsert(
        self,
        connection: Connection,
        table: Table,
        rows: Sequence[Mapping[str, object]],
        replace: Sequence[str],
        *,
        unless_same: Sequence[str] = (),
    ) -> None:
        """Insert rows; where the key exists already, replace these columns instead.

        Args:
            connection: A transaction that writes.
            table: Its key is the primary key, or (query, key) where that is a number.
            rows: All with the same columns, no key twice.
            replace: The columns to replace.
            unless_same: Where all of these are equal already, the row is left as it is.
        """
        if not rows:
            return
        key = [column.name for column in table.primary_key]
        key = ["query", "key"] if key == ["id"] else key
        insert = self.insert(table)
        new = insert.excluded
        changed = [table.c[name].is_distinct_from(new[name]) for name in unless_same]
        statement = insert.on_conflict_do_update(
            index_elements=key,
            set_={name: new[name] for name in replace},
            where=or_(*changed) if changed else None,
        )
        if not self.postgresql:
            connection.execute(statement, rows)
            return
        # One statement for thousands of rows: one each would be 20 times slower.
        names = list(rows[0])
        for start in range(0, len(rows), AT_ONCE):
            part = _records(table, names, rows[start : start + AT_ONCE])
            connection.execute(statement.from_select(names, part))

    def insert(self, table: Table) -> PostgresqlInsert | sqlite.Insert:
        """An INSERT that can say what happens on conflict."""
        if not self.postgresql:
            return sqlite.insert(table)
        from sqlalchemy.dialects import postgresql  # noqa: PLC0415 — a twentieth of a start without it

        return postgresql.insert(table)

    def _words(self, error: Exception) -> str:
        where = str(self.file) if self.file else f"schema {self.schema}" if self.schema else "memory"
        cause = str(error.orig) if isinstance(error, DBAPIError) else str(error)
        if isinstance(error, PoolTimeout):
            cause = _("all its connections are in use")
        line = " ".join(cause.split()) or type(error).__name__
        for secret in filter(None, self.secrets):
            line = line.replace(secret, "***")
        return _("the state store ({where}) failed: {error}").format(where=where, error=line[:500])


def _elements(listed: str) -> ColumnElement[str]:
    """PostgreSQL's set of the texts of a JSON array."""
    return func.json_array_elements_text(cast(literal(listed, Text), JSON), type_=Text)


def _records(table: Table, names: Sequence[str], rows: Sequence[Mapping[str, object]]) -> Select[Any]:
    """Rows as PostgreSQL reads them from one JSON text, each value by its column's type."""
    text = json.dumps([{name: _json(row[name]) for name in names} for row in rows])
    columns = [column(name, table.c[name].type) for name in names]
    source = func.json_to_recordset(cast(literal(text, Text), JSON)).table_valued(*columns)
    return select(*source.render_derived(name="new", with_types=True).c)


def _json(value: object) -> object:
    """A value as JSON can carry it to PostgreSQL."""
    if isinstance(value, bytes):
        return f"\\x{value.hex()}"
    return value.isoformat() if isinstance(value, datetime) else value
