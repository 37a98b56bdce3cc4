"""What differs between databases when connecting and reading: as data, one `Driver` each.

Facts are from the drivers' documentation and from trying (docs/databases.md says which was tried). A
database that is not listed here works with SQLAlchemy's own defaults: without a read-only transaction and
without a timeout on the server, so its user must be read-only by its grants.
"""

from __future__ import annotations

import os
import socket
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import timedelta
from importlib import import_module
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection
from sqlalchemy.engine import URL

from syncd.source.families import family
from syncd.source.sessions import READER

CONNECT_SECONDS = 10
"""How long a connection may take to be made."""
GRACE = timedelta(seconds=15)
"""How much longer than its statement timeout a database may stay silent before the connection is cut."""


def _nothing(_connection: Any) -> None:
    """Some databases need nothing done to a new connection."""


def _no_timeout(_connection: Connection, _timeout: timedelta) -> None:
    """Some databases have no timeout for a statement."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one database is connected to, kept read-only, and kept from taking for ever."""

    arguments: Callable[[URL], dict[str, Any]] = lambda _url: {}
    """Arguments of the driver's connect(); what the URL says itself wins."""
    connect: Callable[[URL], Any] | None = None
    """Makes the connection instead of SQLAlchemy."""
    connected: Callable[[Any], None] = _nothing
    """Done once to each new driver connection."""
    begin: Callable[[Connection, timedelta], None] = _no_timeout
    """Done at the beginning of each transaction: read-only, statement timeout."""
    end: Callable[[Any], None] = _nothing
    """Done to the driver's connection as each transaction ends: gives back what a session would keep."""
    abort: Callable[[Any], None] | None = None
    """Ends a statement from another thread, when the server does not by itself."""
    abort_grace: timedelta = GRACE
    """How long after the statement timeout `abort` is called."""
    inline: Callable[[str, Any], str] | None = None
    """Puts the bound values into a statement, as literals that the driver writes; None: they stay apart."""
    recycle_seconds: int = 300
    """Older connections are replaced before they are used: firewalls forget idle ones without a word."""
    keeps_connections: bool = True
    """Connections wait in a pool; without, each transaction has its own, and nothing stays open between."""
    row_values: bool = False
    """`(a, b) >= (x, y)` is understood and seeks by an index."""
    loose: bool = False
    """A column may hold values of several types."""


# --- PostgreSQL ---


_CAN_LOOK = 140000
_LOOKS_FOR_CLIENT = (
    "CASE WHEN version() LIKE '%linux%' THEN set_config('client_connection_check_interval', '5000', true) END"
)
"""Has the server end the statement of a client that is gone, so many milliseconds later; else a long one goes
on until its timeout. PostgreSQL 14 and later can, and not on every platform."""


def _postgres_arguments(_url: URL) -> dict[str, Any]:
    return {
        "connect_timeout": CONNECT_SECONDS,
        "application_name": "syncd",
        "client_encoding": "utf8",  # of SQL_ASCII, psycopg gives bytes for texts
        "prepare_threshold": None,  # poolers hand each transaction another server connection
        "keepalives_idle": 60,  # notices a peer that vanished without a word
        "keepalives_interval": 10,
        "keepalives_count": 3,
    }


def _postgres_connected(connection: Any) -> None:
    from syncd.source import tolerant  # noqa: PLC0415 — psycopg, which other databases do not need

    connection.autocommit = True  # psycopg leaves the BEGIN to us (`_postgres_begin`)
    tolerant.register(connection)


def _postgres_begin(connection: Connection, timeout: timedelta) -> None:
    """In one round trip, so that the transaction bears its name from the first moment (`sessions`)."""
    version = connection.connection.driver_connection.info.server_version  # type: ignore[union-attr]  # it is open
    looks = f", {_LOOKS_FOR_CLIENT}" if version >= _CAN_LOOK else ""
    connection.exec_driver_sql(
        f"BEGIN {_POSTGRES_MODE}; SELECT {_postgres_settings(timeout)},"
        f" set_config('application_name', '{READER}', true){looks}",
        execution_options={"no_parameters": True},
    )


_POSTGRES_MODE = "ISOLATION LEVEL READ COMMITTED, READ ONLY, NOT DEFERRABLE"
"""In words: a default of the role or the database may be SERIALIZABLE and DEFERRABLE, which waits."""
_POSTGRES_FORMATS = (
    ("datestyle", "ISO"),  # the order of day and month in texts that the SQL holds stays as it was
    ("intervalstyle", "postgres"),
    ("extra_float_digits", "3"),
    ("bytea_output", "hex"),
)
"""How values are written: psycopg reads these, and marks travel in them, whatever the role's own are."""


def _postgres_end(connection: Any) -> None:
    """Give back advisory locks that the DBA's SQL has taken, in the round trip that ends the transaction."""
    connection.execute("ROLLBACK; SELECT pg_catalog.pg_advisory_unlock_all()")


def _postgres_settings(timeout: timedelta) -> str:
    """Local to the transaction, so that a pooler's next client does not inherit them."""
    milliseconds = _milliseconds(timeout)
    formats = (f"set_config('{name}', '{value}', true)," for name, value in _POSTGRES_FORMATS)
    return "".join(formats) + (
        f"set_config('statement_timeout', '{milliseconds}', true),"
        f" set_config('lock_timeout', '{milliseconds}', true),"
        " set_config('idle_in_transaction_session_timeout', '60000', true)"
    )


def _postgres_abort(connection: Any) -> None:
    """Cut the socket under a waiting psycopg: for a server that neither answers nor times out."""
    import psycopg  # noqa: PLC0415 — which other databases do not need

    with suppress(psycopg.Error, OSError):  # it has just ended by itself
        handle = socket.socket(fileno=os.dup(connection.pgconn.socket))
        with handle:
            handle.shutdown(socket.SHUT_RDWR)


# --- MySQL, MariaDB ---


def _mysql_arguments(url: URL) -> dict[str, Any]:
    if url.get_driver_name() != "pymysql":
        return {}
    return {"connect_timeout": CONNECT_SECONDS, "read_timeout": CONNECT_SECONDS, "charset": "utf8mb4"}


_LONGEST_SORTED = 1 << 14
"""Bytes by which MariaDB and MySQL put a text in order, 1024 by themselves. What is behind still counts in
comparisons, so that rows behind a cursor could come before it. More does not fit into MySQL's sort buffer."""
_LONGEST_TEXT = 1 << 26
"""Bytes, of a page as text (`texts.mysql`): some thousand times what MySQL allows by itself."""


def _mysql_connected(connection: Any) -> None:
    with connection.cursor() as cursor:
        # Never READ UNCOMMITTED, where a row that is rolled back is read; SERIALIZABLE takes locks.
        cursor.execute("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute("SET SESSION TRANSACTION READ ONLY")
        # A mark may be a zero date, which comes back as text and is cast: that is not to make a null of it.
        cursor.execute(f"SET SESSION sql_mode = {_WITH_ZERO_DATES}")
        cursor.execute(f"SET SESSION group_concat_max_len = {_LONGEST_TEXT}")
        cursor.execute(f"SET SESSION max_sort_length = {_LONGEST_SORTED}")
    connection.commit()


_WITH_ZERO_DATES = "REPLACE(REPLACE(@@SESSION.sql_mode, 'NO_ZERO_IN_DATE', ''), 'NO_ZERO_DATE', '')"


def _mysql_end(connection: Any) -> None:
    """Give back locks that the DBA's SQL has taken by GET_LOCK."""
    with connection.cursor() as cursor:
        cursor.execute("DO RELEASE_ALL_LOCKS()")


def _mysql_begin(connection: Connection, timeout: timedelta) -> None:
    driver: Any = connection.connection.driver_connection
    if hasattr(driver, "_read_timeout"):
        # PyMySQL has one timeout for the greeting (short: a port that is open but mute) and for results
        # (as long as a statement may run); only the private attribute can change it in between.
        driver._read_timeout = (timeout + GRACE).total_seconds()  # noqa: SLF001 — see above
    if getattr(connection.dialect, "is_mariadb", False):
        connection.exec_driver_sql(f"SET SESSION max_statement_time = {timeout.total_seconds():.3f}")
    else:
        connection.exec_driver_sql(f"SET SESSION max_execution_time = {_milliseconds(timeout)}")


# --- SQLite ---


def _sqlite_connect(url: URL) -> sqlite3.Connection:
    """The file is opened read-only, so a wrong path is an error rather than a new, empty database."""
    path = url.database or ":memory:"
    uri = path if path.startswith("file:") else f"file:{quote(path)}?mode=ro"
    return sqlite3.connect(uri, uri=True, timeout=CONNECT_SECONDS, check_same_thread=False)


def _sqlite_connected(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA query_only = ON")
    # SQLite takes any bytes for a text; sqlite3 by itself refuses the whole page for one that is no UTF-8.
    connection.text_factory = lambda text: text.decode("utf-8", "surrogateescape")


def _sqlite_abort(connection: sqlite3.Connection) -> None:
    with suppress(sqlite3.Error):
        connection.interrupt()


# --- others: by their drivers' documentation, not tried ---


def _mssql_begin(connection: Connection, timeout: timedelta) -> None:
    """SQL Server has no read-only transaction; pyodbc has a timeout in whole seconds."""
    connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL READ COMMITTED")
    driver = connection.connection.driver_connection
    with suppress(AttributeError):
        setattr(driver, "timeout", max(1, round(timeout.total_seconds())))  # noqa: B010 - driver is Any


def _oracle_begin(connection: Connection, timeout: timedelta) -> None:
    driver = connection.connection.driver_connection
    with suppress(AttributeError):
        setattr(driver, "call_timeout", _milliseconds(timeout))  # noqa: B010 - driver is Any
    connection.exec_driver_sql("SET TRANSACTION READ ONLY")


def _oracle_arguments(_url: URL) -> dict[str, Any]:
    return {"tcp_connect_timeout": float(CONNECT_SECONDS)}


def _mssql_arguments(url: URL) -> dict[str, Any]:
    return {"timeout": CONNECT_SECONDS} if url.get_driver_name() == "pyodbc" else {}


def _clickhouse_inline(statement: str, values: Any) -> str:
    """A statement with its values, by the driver's own rules.

    Left to itself, the driver takes `{x:String}` for a parameter of its own wherever it stands, in a text of
    the SQL too, and then leaves all other values out. A statement without values is sent as it stands.
    """
    binding: Any = import_module("clickhouse_connect.driver.binding")
    return str(binding.finalize_query(statement, values))


_CLICKHOUSE = Dialect(inline=_clickhouse_inline)

_MYSQL = Dialect(arguments=_mysql_arguments, connected=_mysql_connected, begin=_mysql_begin, end=_mysql_end)

DRIVERS: Mapping[str, Dialect] = {
    "postgresql": Dialect(
        arguments=_postgres_arguments,
        connected=_postgres_connected,
        begin=_postgres_begin,
        end=_postgres_end,
        abort=_postgres_abort,
        row_values=True,
    ),
    "mysql": _MYSQL,
    "sqlite": Dialect(
        connect=_sqlite_connect,
        connected=_sqlite_connected,
        recycle_seconds=0,  # costs nothing, and a file that was deleted or replaced is noticed at once
        abort=_sqlite_abort,
        abort_grace=timedelta(0),
        row_values=True,
        loose=True,
    ),
    "clickhouse": _CLICKHOUSE,
    "clickhousedb": _CLICKHOUSE,
    "mssql": Dialect(arguments=_mssql_arguments, begin=_mssql_begin),
    # A process that has the file open, even to read, keeps others from writing it.
    "duckdb": Dialect(arguments=lambda _url: {"read_only": True}, keeps_connections=False),
    "oracle": Dialect(arguments=_oracle_arguments, begin=_oracle_begin),
}
"""By the first part of the URL's scheme."""


def driver_of(url: URL) -> Dialect:
    """Look up the dialect of the URL's database."""
    driver = DRIVERS.get(family(url.get_backend_name()), Dialect())
    if url.get_backend_name() == "postgresql" and url.get_driver_name() != "psycopg":
        return Dialect(begin=_postgres_foreign_begin, end=_postgres_foreign_end, row_values=True)
    return driver


def _postgres_foreign_begin(connection: Connection, timeout: timedelta) -> None:
    """Other PostgreSQL drivers: read-only by SQL, which needs to come first in the transaction."""
    connection.exec_driver_sql(f"SET TRANSACTION {_POSTGRES_MODE}")
    connection.exec_driver_sql(f"SELECT {_postgres_settings(timeout)}")


def _postgres_foreign_end(connection: Any) -> None:
    with closing(connection.cursor()) as cursor:
        cursor.execute("SELECT pg_catalog.pg_advisory_unlock_all()")


def _milliseconds(timeout: timedelta) -> int:
    """Never 0, which means no timeout at all."""
    return max(1, round(timeout.total_seconds() * 1000))
