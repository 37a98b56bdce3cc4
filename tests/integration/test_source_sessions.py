"""What a server, a database or a role has set for its sessions is not to change what is read."""

from __future__ import annotations

import pymysql
import pytest
from sqlalchemy.engine import make_url

from tests.support.each_database import numbers
from tests.support.servers import Database
from tests.support.source import Sources, drain, first_page

IN_DATABASE = (
    "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET {} TO ' || quote_literal('{}'), current_database());"
    " END $$"
)


@pytest.mark.parametrize(
    "settings",
    [
        {"datestyle": "German", "extra_float_digits": "0", "bytea_output": "escape"},
        {"datestyle": "SQL, DMY", "intervalstyle": "sql_standard", "timezone": "Asia/Tokyo"},
        {"default_transaction_isolation": "serializable", "default_transaction_deferrable": "on"},
    ],
)
def test_postgresql_defaults(postgres: Database, source: Sources, settings: dict[str, str]) -> None:
    """Values are read as they are; a transaction neither waits for others nor fails with them."""
    postgres.run(
        "CREATE TABLE t (m timestamptz, d date, f float8, r real, b bytea)",
        "INSERT INTO t SELECT '2026-02-03 04:05:06.789012+00'::timestamptz + n * interval '1 hour',"
        " '2026-02-03', 0.1 + 1e-16 * n, 1234567.5, '\\x00ff' FROM generate_series(1, 5) AS n",
        *(IN_DATABASE.format(name, value) for name, value in settings.items()),
    )
    mark = ("m", "d", "f", "b")
    rows = drain(source(postgres.reader_url, "SELECT * FROM t", mark=mark), 2)
    assert len(rows) == 5
    assert rows == sorted(rows)
    assert {row[3] for row in rows} == {1234567.5}


def test_an_advisory_lock_of_the_sql_is_given_back(postgres: Database, source: Sources) -> None:
    """It would stay in the pooled session until that ends."""
    numbers(postgres, 1)
    first_page(source(postgres.reader_url, "SELECT m, pg_try_advisory_lock(7) AS taken FROM t"), None, 10)
    assert postgres.rows("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'") == [(0,)]


def test_what_is_rolled_back_is_never_read(mariadb: Database, source: Sources) -> None:
    """Also where the server's default would read it; and a lock of the SQL is given back."""
    numbers(mariadb, 1)
    mariadb.run("SET GLOBAL tx_isolation = 'READ-UNCOMMITTED'")
    url = make_url(mariadb.url)
    with pymysql.connect(
        unix_socket=str(url.query["unix_socket"]), user="root", database=url.database
    ) as writer:
        writer.begin()
        writer.cursor().execute("INSERT INTO t VALUES (2, 'rolled back')")
        reader = source(mariadb.reader_url, "SELECT m, GET_LOCK('syncd', 1) AS taken FROM t")
        try:
            assert [row[0] for row in first_page(reader, None, 10).rows] == [1]
        finally:
            mariadb.run("SET GLOBAL tx_isolation = 'REPEATABLE-READ'")
    assert mariadb.rows("SELECT IS_FREE_LOCK('syncd')") == [(1,)]
