"""Brings a store to this version with Alembic; imported only when there is something to do."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, func, select, text
from sqlalchemy.schema import CreateSchema

from syncd.ledger.database import Database
from syncd.ledger.version import HEAD, read_version, version_table


def _config() -> Config:
    """Alembic's configuration; the migrations are part of the package, so nothing else is needed on disk."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    return config


def scripts() -> ScriptDirectory:
    """The migrations there are."""
    return ScriptDirectory.from_config(_config())


def upgrade(database: Database) -> tuple[str | None, str] | None:
    """Run the migrations that are missing; they and their record are one transaction.

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
        _run(database, connection)
        return before, HEAD


def _take_turn(connection: Connection, schema: str) -> None:
    """Wait for another migration of this schema (to the transaction's end), and make the schema.

    In SQLite the transaction itself is such a lock.
    """
    number = func.hashtextextended(f"syncd-migrate:{schema}", 0)
    connection.execute(select(func.pg_advisory_xact_lock(number)))
    # CREATE SCHEMA IF NOT EXISTS wants the right to create schemas even when there is nothing to create.
    exists = text("SELECT 1 FROM pg_namespace WHERE nspname = :schema")
    if connection.execute(exists, {"schema": schema}).first() is None:
        connection.execute(CreateSchema(schema))


def _run(database: Database, connection: Connection) -> None:
    config = _config()
    config.attributes["syncd"] = {
        "connection": connection,
        "version_table": version_table(database),
        "version_table_schema": database.schema,
        "syncd_prefix": "" if database.postgresql else "syncd_",
        "syncd_schema": database.schema,
    }
    command.upgrade(config, HEAD)
