"""What the account of a source may do beyond reading."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqlalchemy import Connection, text

from syncd.language import _
from syncd.source.engines import Database

_POSTGRESQL = text("""
SELECT current_user, rolsuper,
       (SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname)
        FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p', 'v', 'f') AND n.nspname <> 'information_schema'
          AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> :state_schema
          AND has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')
        ORDER BY 1 LIMIT 1)
FROM pg_catalog.pg_roles WHERE rolname = current_user
""")
_GRANT = re.compile(r"GRANT (?P<rights>.+?) ON (?P<what>\S+) TO (?P<account>\S+)", re.IGNORECASE)
_WRITING = re.compile(
    r"\b(ALL PRIVILEGES|INSERT|UPDATE|DELETE|CREATE|DROP|ALTER|SUPER|FILE|TRIGGER|EVENT|DELETE HISTORY"
    r"|CREATE USER|GRANT OPTION)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class WritingAccount:
    """An account that may do more than read."""

    may: str
    """What it may do, in words."""
    remedy: str
    """The statements that make an account that may only read."""


def writing_account(database: Database, state_schema: str = "") -> WritingAccount | None:
    """What the account may do beyond reading; None: nothing, or that cannot be told. Raises SourceError.

    `state_schema`: the schema of syncd's own tables, if they may lie in this very database.
    """
    where = f"database {database.name}"
    if database.family == "postgresql":
        return database.run(where, lambda connection: _postgresql(connection, state_schema))
    return database.run(where, _mysql) if database.family == "mysql" else None


def _postgresql(connection: Connection, state_schema: str) -> WritingAccount | None:
    name, is_superuser, table = connection.execute(_POSTGRESQL, {"state_schema": state_schema}).one()
    if not is_superuser and table is None:
        return None
    may = (
        _("{name} is a superuser").format(name=name)
        if is_superuser
        else _("{name} may write, for one to {table}").format(name=name, table=table)
    )
    schema = table.split(".")[0] if table else "public"
    return WritingAccount(
        may,
        _(
            "Give syncd an account that only reads: CREATE ROLE syncd LOGIN PASSWORD '…'; "
            "GRANT USAGE ON SCHEMA {schema} TO syncd; GRANT SELECT ON {table} TO syncd;"
        ).format(schema=schema, table=table or _("the tables of the sql")),
    )


def _mysql(connection: Connection) -> WritingAccount | None:
    grants = [str(row[0]) for row in connection.exec_driver_sql("SHOW GRANTS")]
    found = [grant for line in grants if (grant := _GRANT.match(line)) and _WRITING.search(grant["rights"])]
    if not found:
        return None
    account, what = found[0]["account"].replace("`", "'"), found[0]["what"]
    rights = _WRITING.search(found[0]["rights"])
    return WritingAccount(
        _("{account} may write: {rights} ON {what}").format(
            account=account.replace(chr(39), ""), rights=rights[0].upper() if rights else "", what=what
        ),
        _(
            "Give syncd an account that only reads: CREATE USER 'syncd'@'%' IDENTIFIED BY '…'; "
            "GRANT SELECT, SHOW VIEW ON {schema} TO 'syncd'@'%'; and, to see open transactions, "
            "GRANT PROCESS ON *.* TO 'syncd'@'%';"
        ).format(schema=_schema(connection, what)),
    )


def _schema(connection: Connection, what: str) -> str:
    database = connection.exec_driver_sql("SELECT DATABASE()").scalar()
    return f"`{database}`.*" if what == "*.*" and database else what
