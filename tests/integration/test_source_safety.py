"""What the source promises a DBA: read only, short transactions, no secrets, dead connections replaced."""

from __future__ import annotations

import json
import shutil
import socket
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from syncd.model.errors import PasswordFileUnusable, SourceRefused, SourceUnavailable, UrlRefused
from syncd.source import Engines, dialects
from tests.support.fix_cli import Cli
from tests.support.servers import Database
from tests.support.source import Sources, database_settings, drain, first_page
from tests.support.waiting import eventually

PASSWORD = "correct-horse"


@pytest.fixture
def source() -> Iterator[Sources]:
    """Makes sources, and closes them after the test."""
    sources = Sources()
    yield sources
    sources.close()


def table(database: Database) -> None:
    """A table `t` with the marks 1, 2, 3."""
    database.run("CREATE TABLE t (m INTEGER)", "INSERT INTO t VALUES (1)", "INSERT INTO t VALUES (2)")
    database.run("INSERT INTO t VALUES (3)")


# --- read only ---


def test_postgres_reads_only(postgres: Database, source: Sources) -> None:
    """Even a user who may write cannot: neither by a CTE nor by a function."""
    table(postgres)
    postgres.run(
        "CREATE FUNCTION w() RETURNS int LANGUAGE sql VOLATILE AS 'INSERT INTO t VALUES (9) RETURNING m'"
    )
    for sql in ("SELECT w() AS m FROM t", "SELECT setval('s', 5) AS m"):
        postgres.run("CREATE SEQUENCE IF NOT EXISTS s")
        with pytest.raises(SourceRefused, match="read-only transaction"):
            drain(source(postgres.url, sql), 10)
    with pytest.raises(SourceRefused):
        source(postgres.url, "WITH w AS (INSERT INTO t VALUES (9) RETURNING m) SELECT m FROM w").columns()
    assert postgres.rows("SELECT count(*) FROM t") == [(3,)]


def test_mariadb_reads_only(mariadb: Database, source: Sources) -> None:
    """Even a user who may write cannot."""
    table(mariadb)
    mariadb.run(
        "CREATE FUNCTION w() RETURNS int MODIFIES SQL DATA BEGIN INSERT INTO t VALUES (9); RETURN 1; END"
    )
    with pytest.raises(SourceRefused, match="READ ONLY transaction"):
        drain(source(mariadb.url, "SELECT w() AS m FROM t"), 10)
    assert mariadb.rows("SELECT count(*) FROM t") == [(3,)]


@pytest.mark.parametrize("server", ["postgres", "mariadb", "sqlite_db"])
def test_marks_are_bound(request: pytest.FixtureRequest, server: str, source: Sources) -> None:
    """What was read goes back into the next statement as a value, whatever it would say as SQL."""
    database: Database = request.getfixturevalue(server)
    marks = ["') OR 1=1; DROP TABLE t; --", "'; DELETE FROM t; --", "\\'; %s %(m)s :m ${m}", "~ the end"]
    database.run("CREATE TABLE t (m varchar(99) PRIMARY KEY)")
    database.many("INSERT INTO t VALUES (:m)", [{"m": mark} for mark in marks])

    read = drain(source(database.url, "SELECT m FROM t"), 1)

    assert sorted(row[0] for row in read) == sorted(marks)  # type: ignore[type-var]  # they are texts
    assert database.rows("SELECT count(*) FROM t") == [(len(marks),)]


def test_sqlite_reads_only(sqlite_db: Database) -> None:
    """The connection itself refuses to write, and a missing file is not created."""
    table(sqlite_db)
    engines = Engines({"shop": database_settings(sqlite_db.url)})
    with pytest.raises(SourceRefused, match="readonly"):
        engines.database("shop").run("here", lambda connection: connection.exec_driver_sql("DELETE FROM t"))
    engines.close()


def test_sqlite_missing_file(tmp_path: Path, source: Sources) -> None:
    """A wrong path is said, not made into an empty database."""
    path = tmp_path / "no such file.db"
    with pytest.raises(SourceUnavailable, match="unable to open database file"):
        source(f"sqlite:///{path}", "SELECT 1 AS m").columns()
    assert not path.exists()


def test_sqlite_file_that_is_replaced_or_deleted(sqlite_db: Database, source: Sources) -> None:
    """Read anew as it is now, not as it was when it was opened."""
    table(sqlite_db)
    reader = source(sqlite_db.url, "SELECT m FROM t")
    assert reader.count(None) == 3
    path = Path(sqlite_db.name)
    newer = path.with_suffix(".new")
    shutil.copy(path, newer)
    with closing(sqlite3.connect(newer)) as connection, connection:
        connection.execute("DELETE FROM t WHERE m = 1")
    newer.replace(path)
    assert reader.count(None) == 2
    path.unlink()
    with pytest.raises(SourceUnavailable, match="unable to open"):
        first_page(reader, None, 10)


def test_sqlite_while_it_is_written(sqlite_db: Database, source: Sources) -> None:
    """A writer in the middle of its transaction neither blocks reading nor shows what is not committed."""
    table(sqlite_db)
    writer = sqlite3.connect(sqlite_db.name)
    writer.execute("INSERT INTO t VALUES (4)")
    assert len(drain(source(sqlite_db.url, "SELECT m FROM t"), 10)) == 3
    writer.commit()
    writer.close()


# --- short transactions, dead connections ---


def test_postgres_leaves_no_transaction(postgres: Database, source: Sources) -> None:
    """Between reads the connection is idle, not idle in transaction, and called syncd."""
    table(postgres)
    reader = source(postgres.reader_url, "SELECT m FROM t")
    first_page(reader, None, 1)
    sessions = (
        "SELECT state FROM pg_stat_activity WHERE application_name = 'syncd' AND datname = current_database()"
    )
    assert postgres.rows(sessions) == [("idle",)]


def test_postgres_ends_the_statement_of_a_client_that_is_gone(cli: Cli, postgres: Database) -> None:
    """Killed in a long statement, syncd leaves none behind on the server."""
    table(postgres)
    sql = 'SELECT m AS "ClientId", 1767225600 AS "DateTime", m FROM t, pg_sleep(300)'
    target = {"Target": {"value": "paid"}}
    query = {"counter": 1, "id_type": "CLIENT_ID", "mark": ["m"], "columns": target, "sql": sql}
    configuration = {
        "metrica": {"token": "t", "api_url": "http://127.0.0.1:9"},  # nothing gets as far as that
        "databases": {"crm": {"url": postgres.url}},
        "queries": {"slow": query},
    }
    cli.configure(json.dumps(configuration))
    running = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(300)%' AND state = 'active'"
    running += " AND pid <> pg_backend_pid()"
    process = cli.start("run", "--once")
    eventually(lambda: postgres.rows(running) == [(1,)])
    process.kill()
    eventually(lambda: postgres.rows(running) == [(0,)], lambda: "the statement goes on")


def test_postgres_restarted(postgres: Database, source: Sources) -> None:
    """Connections that the server has closed between two polls are replaced without an error."""
    table(postgres)
    reader = source(postgres.reader_url, "SELECT m FROM t")
    pages = reader.scan(None, page_rows=1)
    next(pages)
    postgres.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'syncd'")
    assert [row[0] for page in pages for row in page.rows] == [2, 3]


def test_mariadb_restarted(mariadb: Database, source: Sources) -> None:
    """The same on MariaDB."""
    table(mariadb)
    reader = source(mariadb.reader_url, "SELECT m FROM t")
    pages = reader.scan(None, page_rows=1)
    next(pages)
    for (session,) in mariadb.rows("SELECT id FROM information_schema.processlist WHERE user = 'reader'"):
        mariadb.run(f"KILL {session}")
    assert [row[0] for page in pages for row in page.rows] == [2, 3]


def test_mute_server(source: Sources, monkeypatch: pytest.MonkeyPatch) -> None:
    """A port that is open but never speaks ends in an error, for both kinds of server."""
    monkeypatch.setattr(dialects, "CONNECT_SECONDS", 1)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        for scheme, extra in (("postgresql+psycopg", "?connect_timeout=2"), ("mysql+pymysql", "")):
            began = time.monotonic()
            with pytest.raises(SourceUnavailable):
                source(f"{scheme}://u:{PASSWORD}@127.0.0.1:{port}/d{extra}", "SELECT 1 AS m").columns()
            assert time.monotonic() - began < 30


def test_frozen_server(postgres: Database, source: Sources, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the server does not keep its own timeout the connection is cut from here."""
    table(postgres)
    monkeypatch.setattr(dialects, "_milliseconds", lambda _timeout: 600_000)
    patient = dialects.DRIVERS["postgresql"]
    monkeypatch.setitem(
        dialects.DRIVERS,
        "postgresql",
        dialects.Dialect(
            arguments=patient.arguments,
            connected=patient.connected,
            begin=patient.begin,
            abort=patient.abort,
            abort_grace=timedelta(0),
            row_values=True,
        ),
    )
    reader = source(postgres.reader_url, "SELECT 1 AS m FROM pg_sleep(100)", timeout=timedelta(seconds=6))
    reader.columns()
    with pytest.raises(SourceUnavailable):
        first_page(reader, None, 1)


# --- words ---


def test_dates_beyond_python(postgres: Database, source: Sources) -> None:
    """A date that Python cannot hold comes as PostgreSQL's text, and the page's other rows are read."""
    postgres.run(
        "CREATE TABLE t (m int, a timestamptz, b timestamp, c date)",
        "INSERT INTO t VALUES (1, 'infinity', '0044-03-15 BC', '12026-01-01'), (2, now(), now(), now())",
    )
    first, second = first_page(source(postgres.reader_url, "SELECT * FROM t"), None, 10).rows
    assert first[1:] == ("infinity", "0044-03-15 00:00:00 BC", "12026-01-01")
    assert not any(isinstance(value, str) for value in second)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("time", "'24:00'"),
        ("timetz", "'24:00+00'"),
        ("json", "repeat('[', 2000) || repeat(']', 2000)"),
        ("jsonb", "repeat('[', 2000) || repeat(']', 2000)"),
        ("jsonb", "repeat('9', 5000)"),
    ],
)
def test_values_beyond_python(postgres: Database, source: Sources, kind: str, value: str) -> None:
    """So do other values, in columns that syncd may not even need: one must not stop the query."""
    postgres.run(
        f"CREATE TABLE t (m int, v {kind})", f"INSERT INTO t VALUES (1, ({value})::{kind}), (2, NULL)"
    )
    first, second = first_page(source(postgres.reader_url, "SELECT * FROM t"), None, 10).rows
    assert isinstance(first[1], str)
    assert second == (2, None)


def test_postgres_without_an_encoding(postgres: Database, source: Sources) -> None:
    """A database of SQL_ASCII is read as UTF-8."""
    name = f"{make_url(postgres.url).database}_ascii"
    postgres.run(f"CREATE DATABASE {name} ENCODING 'SQL_ASCII' TEMPLATE template0 LOCALE 'C'")
    url = make_url(postgres.url).set(database=name).render_as_string(hide_password=False)
    assert first_page(source(url, "SELECT 1 AS m, 'ж' AS v"), None, 10).rows == [(1, "ж")]


def test_sqlite_text_that_is_no_utf8(sqlite_db: Database, source: Sources) -> None:
    """It comes as what nobody takes for a text, and the page's other rows are read."""
    sqlite_db.run(
        "CREATE TABLE t (m int, v text)", "INSERT INTO t VALUES (1, CAST(x'e4f6' AS TEXT)), (2, 'ж')"
    )
    reader = source(sqlite_db.url, "SELECT * FROM t")
    assert first_page(reader, None, 10).rows == [(1, "\udce4\udcf6"), (2, "ж")]


@pytest.mark.parametrize("server", ["postgres", "mariadb"])
def test_wrong_password(request: pytest.FixtureRequest, server: str, source: Sources) -> None:
    """A refused login says whose, and not with which password."""
    database: Database = request.getfixturevalue(server)
    url = database.reader_url.replace(PASSWORD, "wr0ng-p%40ss")
    with pytest.raises(SourceUnavailable) as caught:
        source(url, "SELECT 1 AS m").columns()
    text = f"{caught.value!r} {caught.value.__cause__!r} {caught.value.__context__!r}"
    assert "reader" in text
    assert "wr0ng-p" not in text


@pytest.mark.parametrize("server", ["postgres", "mariadb"])
def test_password_file(request: pytest.FixtureRequest, server: str, source: Sources, tmp_path: Path) -> None:
    """The password is read at each new connection, so a rotated one needs no restart."""
    database: Database = request.getfixturevalue(server)
    table(database)
    file = tmp_path / "password"
    reader = source(database.reader_url.replace(":" + PASSWORD, ""), "SELECT m FROM t", password_file=file)
    where = f"query paid: database shop: password_file {file}: "
    with pytest.raises(PasswordFileUnusable, match=f"{where}cannot be read: No such file") as missing:
        reader.columns()
    assert "file that password_file names" in missing.value.action
    file.write_bytes(b"hunter2\xff")
    with pytest.raises(PasswordFileUnusable, match=f"{where}is not UTF-8 text$") as odd:
        reader.columns()
    assert "hunter2" not in f"{odd.value!r} {odd.value.__cause__!r} {odd.value.__context__!r}"
    file.write_text("the old one\n")
    with pytest.raises(SourceUnavailable) as caught:
        reader.columns()
    assert "the old one" not in str(caught.value)
    file.write_text(PASSWORD + "\n")
    assert len(drain(reader, 10)) == 3


def test_permission(postgres: Database, source: Sources) -> None:
    """A missing grant is a refusal that names the table."""
    table(postgres)
    postgres.run("REVOKE ALL ON t FROM reader")
    with pytest.raises(SourceRefused, match="query paid: database shop: permission denied for table t"):
        source(postgres.reader_url, "SELECT m FROM t").columns()


def test_mark_of_a_wrong_type(postgres: Database, source: Sources) -> None:
    """A mark that cannot be kept exactly is refused in words."""
    table(postgres)
    reader = source(postgres.reader_url, "SELECT m = 1 AS m FROM t")
    with pytest.raises(SourceRefused, match="mark column m holds a bool"):
        first_page(reader, None, 10)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("no url at all hunter2", "not a SQLAlchemy URL"),
        ("nosuch://u:hunter2@h/d", "cannot use nosuch"),
        ("mssql+pymssql://u:hunter2@h/d", "cannot use mssql.pymssql: `pip install 'pymssql'`"),
        ("postgresql+psycopg://u:hunter2@127.0.0.1/d?nosuch=1", 'invalid connection option "nosuch"'),
        ("mysql+pymysql://u:hunter2@h/d?nosuch=1", "unexpected keyword argument 'nosuch'"),
        ("mysql+pymysql://u:hunter2@h/d?read_timeout=soon", "cannot use mysql.pymysql: .*'soon'"),
    ],
)
def test_unusable_url(url: str, words: str, source: Sources) -> None:
    """A URL that is none, whose driver is missing, or with a wrong option is refused without being shown.

    And not for the sql, which has nothing to do with it.
    """
    with pytest.raises(UrlRefused, match=words) as caught:
        source(url, "SELECT 1 AS m").columns()
    assert caught.value.code == "source.url"
    assert "hunter2" not in f"{caught.value!r} {caught.value.__cause__!r} {caught.value.__context__!r}"


def test_unreachable(source: Sources) -> None:
    """A database that does not run is unavailable, and the password in its URL stays unsaid."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    for scheme in ("postgresql+psycopg", "mysql+pymysql"):
        with pytest.raises(SourceUnavailable) as caught:
            source(f"{scheme}://u:hunter2@127.0.0.1:{port}/d", "SELECT 1 AS m").columns()
        assert "hunter2" not in str(caught.value)
        assert "refused" in str(caught.value)


def test_columns_change_under_a_run(postgres: Database, source: Sources) -> None:
    """A column that gets another type in the middle of a scan loses no row; one that goes is named."""
    table(postgres)
    reader = source(postgres.reader_url, "SELECT * FROM t")
    pages = reader.scan(None, page_rows=2)
    assert [row[0] for row in next(pages).rows] == [1, 2]
    postgres.run("ALTER TABLE t ALTER COLUMN m TYPE numeric(20, 1)")
    assert {row[0] for page in pages for row in page.rows} >= {3}
    postgres.run("ALTER TABLE t RENAME COLUMN m TO n")
    with pytest.raises(SourceRefused):
        first_page(reader, None, 2)
    with pytest.raises(SourceRefused, match="mark column m is not in the result, which has n"):
        first_page(reader, None, 2)
