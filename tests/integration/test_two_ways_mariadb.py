"""As `test_two_ways`, on MariaDB: types of many kinds, session modes, zero dates and days that are none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import pymysql
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.engine import make_url

from syncd.model import IdKind
from syncd.source import Engines, SqlSource
from tests.support.servers import Database
from tests.support.source import database_settings
from tests.support.two_ways import NAMES, a_query, assert_one, digits, id_types, taken_in, words, years

SESSIONS = (
    "",
    "SET time_zone = '-05:30'",
    "SET sql_mode = 'ANSI,NO_BACKSLASH_ESCAPES,PAD_CHAR_TO_FULL_LENGTH'",
)
"""What a URL's `init_command` may say."""

text = st.text(st.characters(codec="utf-8"), max_size=12) | words
latin = st.sampled_from(["", "a", "é", " b ", "c,d"])
whole = st.integers(-5, 99)
binary = st.binary(max_size=4) | st.sampled_from([b"RUB", b"7", b"\xff"])
dates = years | st.sampled_from(
    [
        "0000-00-00 00:00:00",
        "2026-00-10 10:00:00",
        "2026-02-31 10:00:00",
        "2026-04-31 23:59:59",
        "2024-02-29 00:00:00",
    ]
)
days = st.sampled_from(["2026-01-31", "2025-10-26", "0000-00-00", "2026-02-30"])
KINDS: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "o": {
        "bigint": st.integers(0, 10**6),
        "varchar(20)": text,
        "varchar(20) collate utf8mb4_bin": text,
        "int(8) unsigned zerofill": st.integers(0, 10**4),
        "decimal(10,3)": st.decimals(0, 1000, places=3),
        "char(12)": st.text("abc ", max_size=6),
        "varbinary(20)": binary,
        "double": st.floats(0, 1e6),
        "datetime": years,
    },
    "m": {
        "datetime(6)": years,
        "bigint": st.integers(1, 5),
        "timestamp(6) null": years,
        "datetime": years,
        "varchar(20)": text,
    },
    "i": {
        "varchar(40)": digits | words,
        "text": digits,
        "bigint": st.integers(-1, 2**63 - 1),
        "bigint unsigned": st.integers(0, 2**64 - 1),
        "int(9) unsigned zerofill": st.integers(0, 999),
        "decimal(20,0)": st.integers(0, 10**20 - 1),
        "decimal(20,1)": st.decimals(0, 10**9, places=1),
        "double": st.floats(0, 1e15),
        "blob": binary,
        "bit(4)": st.integers(0, 15),
        "tinyint(1)": st.integers(-1, 2),
        "varchar(20) character set ascii": digits.filter(str.isascii),
    },
    "u": {
        "varchar(40)": text,
        "longtext": text,
        "int": whole,
        "char(4)": st.text("ab ", max_size=4),
        "varbinary(12)": binary,
        "varchar(20) character set latin1": latin,
        "enum('a','b,c','say \"x\"')": st.sampled_from(["a", "b,c", 'say "x"']),
        "json": st.sampled_from(["[]", '{"a": 1}', "7"]),
    },
    "g": {
        "varchar(40)": text | st.just("paid"),
        "smallint": whole,
        "set('a','b')": st.sampled_from(["a", "a,b", ""]),
    },
    "d": {
        "datetime(6)": dates,
        "datetime": dates,
        "timestamp(3) null": years,
        "bigint": st.integers(900_000_000, 2_000_000_000) | st.just(10**12),
        "int unsigned": st.integers(900_000_000, 2_000_000_000),
        "date": days,
        "varchar(40)": years.map(datetime.isoformat) | words,
        "year": st.integers(1999, 2030),
    },
    "p": {
        "decimal(12,2)": st.decimals(-5, 10**9, places=2),
        "decimal(65,30)": st.decimals(0, 10**30, places=10),
        "decimal(12,2) zerofill": st.decimals(0, 10**6, places=2),
        "int": st.integers(-2, 10**6),
        "varchar(60)": st.sampled_from(["1", "1.50", "1,5", "", " 1", "1e3", "-1", "nan", "9" * 41]),
        "double": st.floats(0, 1e6),
        "double(12,2)": st.floats(0, 1e6),
        "float": st.floats(0, 1e6, width=32),
    },
    "c": {
        "char(3)": st.sampled_from(["RUB", "usd", "e", ""]),
        "varchar(4)": st.sampled_from(["RUB", "rub", "USD", "ABC", "", "XXX", " EUR", "RUBL"]),
        "enum('RUB','USD')": st.sampled_from(["RUB", "USD"]),
        "varchar(4) character set latin1": st.sampled_from(["RUB", "é"]),
        "binary(3)": st.just(b"RUB"),
    },
}
# Mostly the usual types, with which a page is text: each table then has one or two that are not.
tables = st.fixed_dictionaries(
    {name: st.sampled_from([*[next(iter(KINDS[name]))] * 9, *KINDS[name]]) for name in NAMES}
)


def rows_of(kinds: dict[str, str]) -> st.SearchStrategy[list[tuple[Any, ...]]]:
    """Rows for a table; a null may stand anywhere, the key's and mark's included.

    No two have the same mark and key, as collations see them.
    """
    cells = [st.none() | KINDS[name][kinds[name]] for name in NAMES]
    good = [KINDS[name][kinds[name]] for name in NAMES]
    rows = st.tuples(*good) | st.tuples(*good) | st.tuples(*cells)
    return st.lists(rows, max_size=12)


tables_with_rows = tables.flatmap(lambda kinds: st.tuples(st.just(kinds), rows_of(kinds)))


def connect(database: Database) -> pymysql.Connection[Any]:
    """A connection that takes days that are none."""
    url = make_url(database.url)
    return pymysql.connect(
        user=url.username,
        unix_socket=str(url.query["unix_socket"]),
        database=url.database,
        charset="utf8mb4",
        init_command="SET sql_mode = 'ALLOW_INVALID_DATES'",
        autocommit=True,
    )


@pytest.fixture
def server(mariadb: Database) -> Iterator[pymysql.Connection[Any]]:
    """A connection that makes the tables."""
    connection = connect(mariadb)
    yield connection
    connection.close()


@pytest.fixture
def engines(mariadb: Database) -> Iterator[dict[str, tuple[Database, Engines]]]:
    """Connections of the source, by what is said on each."""
    made = {}
    for said in SESSIONS:
        url = mariadb.url + (f"&init_command={quote(said)}" if said else "")
        made[said] = Database(url, url), Engines({"shop": database_settings(url)})
    yield made
    for _, each in made.values():
        each.close()


def kinds_of(key: str, mark: str, date: str) -> dict[str, str]:
    """The types of a usual table."""
    usual = (key, mark, "varchar(40)", "varchar(40)", "varchar(40)", date, "decimal(12,2)", "char(3)")
    return dict(zip(NAMES, usual, strict=True))


def make(server: pymysql.Connection[Any], kinds: dict[str, str], rows: Sequence[tuple[Any, ...]]) -> None:
    """The table `t` with these rows."""
    columns = ", ".join(f"{name} {kinds[name]}" for name in NAMES)
    with server.cursor() as cursor:
        cursor.execute(f"CREATE OR REPLACE TABLE t ({columns})")
        if rows:
            cursor.executemany(f"INSERT INTO t VALUES ({', '.join(['%s'] * len(NAMES))})", rows)
        # In which order rows with the same mark and key come, no database says.
        cursor.execute(
            "CREATE OR REPLACE TABLE twice AS SELECT o, m FROM t GROUP BY o, m HAVING count(*) > 1"
        )
        cursor.execute("DELETE t FROM t JOIN twice ON t.o <=> twice.o AND t.m <=> twice.m")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300, deadline=None)
@given(
    table=tables_with_rows,
    session=st.sampled_from(SESSIONS),
    zone=st.sampled_from(["UTC", "Europe/Berlin", "Europe/Moscow"]),
    ids=id_types,
    target=st.sampled_from([None, "paid", 'a "quoted", one', "it's 100%\\"]),
    page_rows=st.integers(2, 8),
)
def test_both_ways_are_one(
    server: pymysql.Connection[Any],
    engines: dict[str, tuple[Database, Engines]],
    table: tuple[dict[str, str], list[tuple[Any, ...]]],
    session: str,
    zone: str,
    ids: Sequence[IdKind],
    target: str | None,
    page_rows: int,
) -> None:
    """The same lines, keys and waiting rows in order, and the same rejects, from columns of any type."""
    make(server, *table)
    database, connections = engines[session]
    query = a_query(database, zone, ids, target)
    assert_one(query, SqlSource(query, connections), page_rows)


@pytest.mark.parametrize("session", SESSIONS)
@pytest.mark.parametrize("key", ["bigint", "int(8) unsigned zerofill", "varchar(20)"])
@pytest.mark.parametrize("date", ["datetime(6)", "timestamp null", "bigint"])
def test_good_rows_come_as_text(
    server: pymysql.Connection[Any],
    engines: dict[str, tuple[Database, Engines]],
    session: str,
    key: str,
    date: str,
) -> None:
    """The usual columns take the fast way, so that the test above compares something."""
    kinds = {**kinds_of(key, "datetime(6)", date), "i": "bigint unsigned"}
    start = datetime.fromisoformat("2026-01-31 00:00:00.25")
    rows = [
        (
            n,
            start + n * timedelta(seconds=1),
            n,
            "u",
            "g",
            1_700_000_000 if date == "bigint" else start,
            Decimal(n) / 4,
            "RUB",
        )
        for n in range(100, 200)
    ]
    make(server, kinds, rows)
    database, connections = engines[session]
    query = a_query(database, "Europe/Moscow", (IdKind.CLIENT_ID,), "paid")
    by_text, as_text = taken_in(query, SqlSource(query, connections), 30, as_text=True)
    by_value, as_value = taken_in(query, SqlSource(query, connections), 30, as_text=False)
    assert (len(by_text.ready), as_text, as_value) == (100, 100, 0)
    assert (by_text.rows_known, by_text.rejects) == (0, [])
    assert by_text.ready == by_value.ready


def test_a_few_odd_rows_do_not_slow_the_others(
    server: pymysql.Connection[Any], engines: dict[str, tuple[Database, Engines]]
) -> None:
    """One bad row in ten is read again by its key; the page stays text, and the order the mark's."""
    good = [(n, n, str(n), "u", "g", 1_700_000_000, n, "RUB") for n in range(1000)]
    rows = [(*row[:2], "GA1.2" if row[0] % 10 == 3 else row[2], *row[3:]) for row in good]
    make(server, kinds_of("bigint", "bigint", "bigint"), rows)
    database, connections = engines[""]
    query = a_query(database, "UTC", (IdKind.CLIENT_ID,), None)
    chunk, as_text = taken_in(query, SqlSource(query, connections), 400, as_text=True)
    assert (len(chunk.ready), len(chunk.rejects), as_text) == (900, 100, 1000)
    assert [int(key[2:-2]) for key in chunk.ready.keys] == [n for n in range(1000) if n % 10 != 3]


def test_a_page_that_the_server_cuts_short(
    server: pymysql.Connection[Any], engines: dict[str, tuple[Database, Engines]]
) -> None:
    """A limit on texts, wherever it cuts, costs the fast way and no row."""
    rows = [(n, n, str(n), "u", "g", 1_700_000_000, n, "RUB") for n in range(100)]
    make(server, kinds_of("bigint", "bigint", "bigint"), rows)
    database, connections = engines[""]
    query = a_query(database, "UTC", (IdKind.CLIENT_ID,), None)
    line, found = len("99,g,1700000000,99.00,RUB\n"), set()
    for limit in range(90 * line, 102 * line, 5):
        with connections.database("shop").engine.connect() as connection:
            connection.exec_driver_sql(f"SET SESSION group_concat_max_len = {limit}")
        chunk, as_text = taken_in(query, SqlSource(query, connections), 100, as_text=True)
        found.add((len(chunk.ready), as_text))
    assert found == {(100, 0), (100, 100)}


def test_days_that_are_none(
    server: pymysql.Connection[Any], engines: dict[str, tuple[Database, Engines]]
) -> None:
    """MariaDB counts the seconds of a 31st of February; nothing of it is delivered."""
    good = ["2026-01-31", "2024-02-29", "2025-12-31"]
    odd = ["2026-02-29", "2026-02-31", "2025-04-31", "2026-00-31", "2026-01-00"]
    rows = [(n, n, str(n), "u", "g", f"{day} 10:00:00", n, "RUB") for n, day in enumerate(good + odd)]
    make(server, kinds_of("bigint", "bigint", "datetime"), rows)
    database, connections = engines[""]
    query = a_query(database, "UTC", (IdKind.CLIENT_ID,), None)
    by_text, as_text = taken_in(query, SqlSource(query, connections), 100, as_text=True)
    by_value, _ = taken_in(query, SqlSource(query, connections), 100, as_text=False)
    assert (len(by_text.ready), len(by_text.rejects), as_text) == (3, 5, 8)
    assert by_text.ready.lines == by_value.ready.lines
