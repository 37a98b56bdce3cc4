"""Migrates an older store with Alembic; imported only when there is one."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from syncd.ledger.database import StoreDatabase
from syncd.ledger.schema.version import HEAD, version_table


def _config() -> Config:
    """Alembic's configuration; the migrations are part of the package, so nothing else is needed on disk."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    return config


def scripts() -> ScriptDirectory:
    """The migrations there are."""
    return ScriptDirectory.from_config(_config())


def migrate(database: StoreDatabase, connection: Connection) -> None:
    """Run the migrations that are missing, from the very first in a store without any table."""
    config = _config()
    config.attributes["syncd"] = {
        "connection": connection,
        "version_table": version_table(database),
        "version_table_schema": database.schema,
        "syncd_prefix": "" if database.postgresql else "syncd_",
        "syncd_schema": database.schema,
    }
    command.upgrade(config, HEAD)
