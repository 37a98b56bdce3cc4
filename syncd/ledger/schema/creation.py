"""Brings a store to this version: a new one is made as it is to be, an older one is migrated.

What a new store gets is in `tables` and `views`, not the sum of all migrations, since Alembic takes longer to
import than a first run takes; a test holds the two together.
"""

from __future__ import annotations

from sqlalchemy import (
    Column,
    Connection,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    func,
    insert,
    select,
    text,
)
from sqlalchemy.schema import CreateSchema

from syncd.ledger.database import StoreDatabase
from syncd.ledger.schema import views
from syncd.ledger.schema.version import HEAD, read_version, version_table


def upgrade(database: StoreDatabase) -> tuple[str | None, str] | None:
    """Make the tables, or run the migrations that are missing; they and their record are one transaction.

    Two processes may do this at once: one of them finds nothing left to do.

    Returns:
        The versions before (None: an empty store) and after; None when there was nothing to do.

    Raises:
        StateTooNew: a newer syncd wrote the store.
        StateUnavailable: it cannot be read or written.
    """
    with database.write() as connection:
        if database.schema is not None:
            _take_turn(connection, database.schema)
        before = read_version(database, connection)
        if before == HEAD:
            return None
        if before is None:
            _create(database, connection)
        else:
            from syncd.ledger.schema.migrate import migrate  # noqa: PLC0415 — Alembic, for a store that is older

            migrate(database, connection)
        return before, HEAD


def try_to_make(database: StoreDatabase) -> None:
    """Make a new store's tables in a transaction that is then rolled back.

    Raises StateUnavailable where this account may not.
    """
    with database.failures(), database.engine.connect() as connection, connection.begin() as transaction:
        if database.schema is not None:
            _take_turn(connection, database.schema)
        if read_version(database, connection) is None:
            _create(database, connection)
        transaction.rollback()


def _take_turn(connection: Connection, schema: str) -> None:
    """Wait for another who does this to this schema (to the transaction's end), and make the schema.

    In SQLite the transaction itself is such a lock.
    """
    number = func.hashtextextended(f"syncd-migrate:{schema}", 0)
    connection.execute(select(func.pg_advisory_xact_lock(number)))
    # CREATE SCHEMA IF NOT EXISTS wants the right to create schemas even when there is nothing to create.
    exists = text("SELECT 1 FROM pg_namespace WHERE nspname = :schema")
    if connection.execute(exists, {"schema": schema}).first() is None:
        connection.execute(CreateSchema(schema))


def _create(database: StoreDatabase, connection: Connection) -> None:
    """All tables and views, and the record that they are of this version, as Alembic keeps it."""
    database.tables.metadata.create_all(connection, checkfirst=False)
    views.create(database, connection)
    name = version_table(database)
    key = PrimaryKeyConstraint("version_num", name=f"{name}_pkc")
    versions = Table(name, MetaData(schema=database.schema), Column("version_num", String(32)), key)
    versions.create(connection)
    connection.execute(insert(versions).values(version_num=HEAD))
