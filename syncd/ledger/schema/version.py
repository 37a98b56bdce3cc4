"""Which version of the schema a store has. Kept apart from Alembic, whose import takes long."""

from __future__ import annotations

from sqlalchemy import Connection, column, inspect, select, table

from syncd.language import _
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
        raise StateTooNew(
            _("the state store has version {version}, this syncd knows up to {head}").format(
                version=version, head=HEAD
            )
        )
    if version in NEVER_RELEASED:
        raise StateUnreleased(
            _("the state store has version {version}, which no release of syncd ever had").format(
                version=version
            )
        )
    return version


def check_version(database: StoreDatabase) -> None:
    """Raise StateTooNew or, where the store is older than this syncd or not there yet, StateUnavailable."""
    if database.is_missing():
        raise StateUnavailable(
            _("there is no state store yet at {file}: `syncd migrate` or `syncd run` makes it").format(
                file=database.file
            )
        )
    with database.read() as connection:
        version = read_version(database, connection)
    if version != HEAD:
        words = _("the state store has version {version}, this syncd needs {head}: run `syncd migrate`")
        if version is None:
            words = _("the state store is empty, this syncd needs {head}: run `syncd migrate`")
        raise StateUnavailable(words.format(version=version, head=HEAD))
