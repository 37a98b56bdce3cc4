"""Which version of the schema a store has. Kept apart from Alembic, whose import takes long."""

from __future__ import annotations

from sqlalchemy import Connection, column, inspect, select, table

from syncd.ledger.database import StoreDatabase
from syncd.model.errors import StateTooNew, StateUnavailable, StateUnreleased

HEAD = "0008"
"""The newest migration; a test compares it with the directory of migrations."""
NEVER_RELEASED = frozenset({"0003", "0004", "0005", "0006"})
"""Versions between two commits of the development, for which there is no migration."""


def version_table(database: StoreDatabase) -> str:
    """The table in which Alembic records the version."""
    return "alembic_version" if database.postgresql else "syncd_alembic_version"


def read_version(database: StoreDatabase, connection: Connection) -> str | None:
    """Read the store's version; None when it has no tables yet. Raises StateTooNew and StateUnreleased."""
    name = version_table(database)
    if not inspect(connection).has_table(name, schema=database.schema):
        return None
    versions = table(name, column("version_num"), schema=database.schema)
    version: str | None = connection.execute(select(versions.c.version_num)).scalar_one_or_none()
    if version is not None and (not version.isdigit() or int(version) > int(HEAD)):
        raise StateTooNew(f"the state store has version {version}, this syncd knows up to {HEAD}")
    if version in NEVER_RELEASED:
        raise StateUnreleased(f"the state store has version {version}, which no release of syncd ever had")
    return version


def check_version(database: StoreDatabase) -> None:
    """Raise StateTooNew or, where the store is older than this syncd or not there yet, StateUnavailable."""
    if database.is_missing():
        raise StateUnavailable(
            f"there is no state store yet at {database.file}: `syncd migrate` or `syncd run` makes it"
        )
    with database.read() as connection:
        version = read_version(database, connection)
    if version != HEAD:
        has = "is empty" if version is None else f"has version {version}"
        raise StateUnavailable(f"the state store {has}, this syncd needs {HEAD}: run `syncd migrate`")
