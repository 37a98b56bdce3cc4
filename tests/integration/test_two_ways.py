"""The fast way of a page and the slow one deliver the same bytes and the same rejects, whatever rows hold.

A database that writes the lines itself (`source.texts`) is read twice: as text, checked by the grammar, and
as values, row by row. Nothing that is recorded or sent may tell which way it came.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from syncd.model import IdKind
from syncd.source import Engines, SqlSource
from syncd.source.lines import steady_offset
from tests.support.servers import Database
from tests.support.source import database_settings
from tests.support.two_ways import (
    NAMES,
    a_query,
    assert_one,
    between,
    digits,
    id_types,
    taken_in,
    words,
    years,
    zones,
)

text = st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=12)
numbers = st.decimals(-5, 10**9, places=2) | st.sampled_from(
    [Decimal("NaN"), Decimal("1E+30"), Decimal("0.0")]
)
KINDS: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "o": {
        "bigint": st.integers(0, 10**6),
        "text": text | words,
        "numeric": st.decimals(0, 1000, places=3),
        "uuid": st.uuids(),
    },
    "m": {
        "timestamptz": years.map(lambda moment: moment.replace(tzinfo=UTC)),
        "bigint": st.integers(1, 5),
        "timestamp": years,
    },
    "i": {
        "text": digits,
        "varchar": digits | words,
        "bigint": st.integers(-1, 2**63 - 1),
        "numeric": st.decimals(0, 10**20, places=1) | st.integers(0, 10**20).map(Decimal),
        "float8": st.floats(0, 1e15),
        "char(5)": st.integers(0, 99999).map(str),
        "boolean": st.booleans(),
    },
    "u": {"text": text | words, "uuid": st.uuids(), "integer": st.integers(-5, 99), "char(4)": st.just("ab")},
    "g": {"text": text | words | st.just("paid"), "bigint": st.integers(-9, 9)},
    "d": {
        "timestamptz": years.map(lambda moment: moment.replace(tzinfo=UTC)) | st.sampled_from(["infinity"]),
        "timestamp": years | st.sampled_from(["infinity", "-infinity"]),
        "bigint": st.integers(900_000_000, 2_000_000_000) | st.just(10**12),
        "date": years.map(datetime.date),
        "text": years.map(datetime.isoformat) | words,
    },
    "p": {
        "numeric": numbers,
        "numeric(12,2)": st.decimals(0, 10**9, places=2),
        "integer": st.integers(-2, 10**6),
        "text": st.sampled_from(["1", "1.50", "1,5", "", " 1", "1e3", "-1", "nan", "9" * 41]),
        "float8": st.floats(0, 1e6),
        "money": st.just("1.50"),
    },
    "c": {
        "text": st.sampled_from(["RUB", "rub", "USD", "ABC", "", "XXX", " EUR", "RUBL"]),
        "char(3)": st.sampled_from(["RUB", "usd", "e"]),
        "varchar": st.just("RUB"),
    },
}
# Mostly the usual types, with which a page is text: each table then has one or two that are not.
tables = st.fixed_dictionaries(
    {name: st.sampled_from([*[next(iter(KINDS[name]))] * 7, *KINDS[name]]) for name in NAMES}
)


def rows_of(kinds: dict[str, str]) -> st.SearchStrategy[list[tuple[Any, ...]]]:
    """Rows for a table; a null may stand anywhere, the key's and mark's included.

    No two have the same mark and key: in which order those come, no database says.
    """
    cells = [st.none() | KINDS[name][kinds[name]] for name in NAMES]
    good = [KINDS[name][kinds[name]] for name in NAMES]
    rows = st.tuples(*good) | st.tuples(*good) | st.tuples(*cells)
    return st.lists(rows, max_size=12, unique_by=lambda row: (str(row[0]), str(row[1])))


tables_with_rows = tables.flatmap(lambda kinds: st.tuples(st.just(kinds), rows_of(kinds)))


@pytest.fixture
def server(postgres: Database) -> Iterator[psycopg.Connection[Any]]:
    """A connection that makes the tables."""
    with psycopg.connect(postgres.url.replace("+psycopg", ""), autocommit=True) as connection:
        yield connection


@pytest.fixture
def engines(postgres: Database) -> Iterator[Engines]:
    """Connections of the source."""
    engines = Engines({"shop": database_settings(postgres.url)})
    yield engines
    engines.close()


def kinds_of(key: str, mark: str, date: str) -> dict[str, str]:
    """The types of a usual table."""
    return dict(zip(NAMES, (key, mark, "text", "text", "text", date, "numeric", "text"), strict=True))


def make(server: psycopg.Connection[Any], kinds: dict[str, str], rows: list[tuple[Any, ...]]) -> None:
    """The table `t` with these rows."""
    columns = ", ".join(f"{name} {kinds[name]}" for name in NAMES)
    server.execute(f"DROP TABLE IF EXISTS t; CREATE TABLE t ({columns})".encode())
    if rows:
        places = ", ".join(f"%s::{kinds[name]}" for name in NAMES)
        server.cursor().executemany(f"INSERT INTO t VALUES ({places})".encode(), rows)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200, deadline=None)
@given(
    table=tables_with_rows,
    zone=st.sampled_from(["UTC", "Europe/Berlin", "Europe/Moscow"]),
    ids=id_types,
    target=st.sampled_from([None, "paid", 'a "quoted", one']),
    page_rows=st.integers(2, 8),
)
def test_both_ways_are_one(
    postgres: Database,
    server: psycopg.Connection[Any],
    engines: Engines,
    table: tuple[dict[str, str], list[tuple[Any, ...]]],
    zone: str,
    ids: Sequence[IdKind],
    target: str | None,
    page_rows: int,
) -> None:
    """The same lines, keys and waiting rows in order, and the same rejects, from columns of any type."""
    make(server, *table)
    query = a_query(postgres, zone, ids, target)
    assert_one(query, SqlSource(query, engines), page_rows)


def test_good_rows_come_as_text(
    postgres: Database, server: psycopg.Connection[Any], engines: Engines
) -> None:
    """The usual columns take the fast way, so that the test above compares something."""
    kinds = kinds_of("bigint", "timestamptz", "timestamptz")
    moment = datetime(2026, 1, 31, tzinfo=UTC)
    rows = [(n, moment + n * timedelta(seconds=1), str(n), "u", "g", moment, n, "RUB") for n in range(100)]
    make(server, kinds, rows)
    query = a_query(postgres, "Europe/Moscow", (IdKind.CLIENT_ID,), "paid")
    for _ in range(2):
        chunk, as_text = taken_in(query, SqlSource(query, engines), 30, as_text=True)
        assert len(chunk.ready) == as_text == 100
        assert chunk.rows_known == 0
    zoneless = {**kinds, "d": "timestamp", "m": "bigint", "c": "char(3)", "p": "integer"}
    make(
        server,
        zoneless,
        [(n, n, str(n), "u", "g", moment.replace(tzinfo=None), n, "RUB") for n in range(100)],
    )
    assert taken_in(query, SqlSource(query, engines), 30, as_text=True)[1] == 100


def test_a_few_odd_rows_do_not_slow_the_others(
    postgres: Database, server: psycopg.Connection[Any], engines: Engines
) -> None:
    """One bad row in ten is read again by its key; the page stays text, and the order the mark's."""
    kinds = kinds_of("bigint", "bigint", "bigint")
    good = [(n, n, str(n), "u", "g", 1_700_000_000, n, "RUB") for n in range(1000)]
    rows = [(*row[:2], "GA1.2" if row[0] % 10 == 3 else row[2], *row[3:]) for row in good]
    make(server, kinds, rows)
    query = a_query(postgres, "UTC", (IdKind.CLIENT_ID,), None)
    chunk, as_text = taken_in(query, SqlSource(query, engines), 400, as_text=True)
    assert (len(chunk.ready), len(chunk.rejects), as_text) == (900, 100, 1000)
    assert [int(key[2:-2]) for key in chunk.ready.keys] == [n for n in range(1000) if n % 10 != 3]


def test_mostly_odd_pages_are_read_as_values(
    postgres: Database, server: psycopg.Connection[Any], engines: Engines
) -> None:
    """Where the text is no good for many rows, the next pages are not read twice."""
    kinds = kinds_of("bigint", "bigint", "bigint")
    make(server, kinds, [(n, n, str(n), "u", "g", 1_700_000_000, n, "rub") for n in range(5000)])
    query = a_query(postgres, "UTC", (IdKind.CLIENT_ID,), None)
    chunk, as_text = taken_in(query, SqlSource(query, engines), 1000, as_text=True)
    assert (len(chunk.ready), as_text) == (5000, 1000)


def test_a_database_without_the_function_is_read_as_values(
    postgres: Database, server: psycopg.Connection[Any]
) -> None:
    """As a relative of PostgreSQL would refuse it; here a user who must not call it."""
    kinds = kinds_of("bigint", "bigint", "bigint")
    make(server, kinds, [(n, n, str(n), "u", "g", 1_700_000_000, n, "RUB") for n in range(100)])
    server.execute("REVOKE EXECUTE ON FUNCTION string_agg(text, text) FROM PUBLIC")
    server.execute("GRANT SELECT ON t TO reader")
    engines = Engines({"shop": database_settings(postgres.reader_url)})
    query = a_query(postgres, "UTC", (IdKind.CLIENT_ID,), None)
    source = SqlSource(query, engines)
    refused = taken_in(query, source, 30, as_text=True)
    server.execute("GRANT EXECUTE ON FUNCTION string_agg(text, text) TO PUBLIC")
    granted = taken_in(query, source, 30, as_text=True)
    engines.close()
    assert [(len(chunk.ready), as_text) for chunk, as_text in (refused, granted)] == [(100, 0), (100, 100)]


def test_ties_across_pages(postgres: Database, server: psycopg.Connection[Any], engines: Engines) -> None:
    """More rows of one mark and key than a page: each is looked at, and reading ends."""
    kinds = kinds_of("bigint", "bigint", "bigint")
    rows = [(n // 40, 1, str(n // 40), "u", "g", 1_700_000_000, n % 2, "RUB") for n in range(200)]
    make(server, kinds, rows)
    query = a_query(postgres, "UTC", (IdKind.CLIENT_ID,), None)
    chunk, _ = taken_in(query, SqlSource(query, engines), 10, as_text=True)
    assert sorted(chunk.ready.keys) == [f'["{n}"]' for n in range(5)]


def test_a_zone_that_changes_its_offset(
    postgres: Database, server: psycopg.Connection[Any], engines: Engines
) -> None:
    """Local times around both changes of the clock, in pages across them."""
    kinds = kinds_of("bigint", "bigint", "timestamp")
    start = datetime.fromisoformat("2025-03-29")
    rows = [(n, n, str(n), "u", "g", start + n * timedelta(minutes=37), n, "RUB") for n in range(9000)]
    make(server, kinds, rows)
    query = a_query(postgres, "Europe/Berlin", (IdKind.CLIENT_ID,), None)
    by_text, as_text = taken_in(query, SqlSource(query, engines), 500, as_text=True)
    by_value, _ = taken_in(query, SqlSource(query, engines), 500, as_text=False)
    assert by_text.ready == by_value.ready
    assert 0 < as_text < 9000


@given(
    years,
    years,
    zones,
)
def test_a_steady_offset_is_that_of_every_moment(one: datetime, other: datetime, name: str) -> None:
    """Where an offset is given, all moments between have it."""
    zone, (oldest, newest) = ZoneInfo(name), sorted((one, other))
    offset = steady_offset(zone, oldest, newest)
    offsets = {moment.replace(tzinfo=zone).utcoffset() for moment in between(oldest, newest)}
    assert offset is None or offsets == {offset}
