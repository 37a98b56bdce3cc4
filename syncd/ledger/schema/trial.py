"""Finds out whether a run could write to the state store, and leaves nothing behind."""

from __future__ import annotations

import getpass
import os
from pathlib import Path

from sqlalchemy import text

from syncd.language import _
from syncd.ledger.database import StoreDatabase
from syncd.ledger.schema.creation import try_to_make
from syncd.ledger.store_files import files_of_root
from syncd.model.errors import StateNotWritable, StateUnavailable

_NOT_WRITABLE = text("""
SELECT c.relname FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = :schema AND c.relkind = 'r'
  AND NOT (has_table_privilege(c.oid, 'SELECT') AND has_table_privilege(c.oid, 'INSERT')
           AND has_table_privilege(c.oid, 'UPDATE') AND has_table_privilege(c.oid, 'DELETE'))
ORDER BY 1 LIMIT 1
""")
_WHO = text("SELECT current_user, current_database()")


def check_writable(database: StoreDatabase, *, is_new: bool) -> None:
    """Raise StateNotWritable where a run could not write, or not make the store. Raises StateUnavailable."""
    if database.file is not None:
        _check_file(database.file)
    elif database.schema is not None:
        _check_schema(database, database.schema, is_new=is_new)


def _check_file(file: Path) -> None:
    """The file, and its folder, in which SQLite makes the journal and syncd the lock."""
    for path in (file, file.parent):
        if path.exists() and not os.access(path, os.W_OK):
            raise StateNotWritable(
                _("{path} cannot be written by this user ({user})").format(path=path, user=_user()),
                _(
                    "Run syncd as the owner of {path} ({owner}), or give it to this user: chown {user} {path}"
                ).format(path=path, owner=_owner(path), user=_user()),
            )
    if strange := files_of_root(file):
        raise StateNotWritable(
            _("{files} belongs to root, in a folder of {owner}, who cannot use it").format(
                files=", ".join(map(str, strange)), owner=_owner(file.parent)
            ),
            _("Run `syncd migrate` as root, which gives the files to the folder's owner."),
        )


def _check_schema(database: StoreDatabase, schema: str, *, is_new: bool) -> None:
    with database.read() as connection:
        role, name = connection.execute(_WHO).one()
        table = None if is_new else connection.execute(_NOT_WRITABLE, {"schema": schema}).scalar()
    if table is not None:
        raise StateNotWritable(
            _("{role} may not write to {schema}.{table}").format(role=role, schema=schema, table=table),
            f"GRANT USAGE ON SCHEMA {schema} TO {role};"
            f" GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {role};"
            f" GRANT USAGE ON ALL SEQUENCES IN SCHEMA {schema} TO {role};",
        )
    if is_new:
        try:
            try_to_make(database)
        except StateUnavailable as error:
            raise StateNotWritable(
                _("{role} may not make syncd's tables: {error}").format(role=role, error=error),
                _(
                    "CREATE SCHEMA IF NOT EXISTS {schema} AUTHORIZATION {role}; or, for syncd to make "
                    "it, GRANT CREATE ON DATABASE {name} TO {role};"
                ).format(schema=schema, role=role, name=name),
            ) from None


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user without a name
        return str(os.geteuid())


def _owner(path: Path) -> str:
    try:
        return path.owner()
    except (KeyError, OSError):
        return str(path.stat().st_uid)
