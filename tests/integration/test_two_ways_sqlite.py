"""As `test_two_ways`, on SQLite: where every value has a type of its own, whatever its column says."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event
from sqlalchemy.engine import Engine

from syncd.emulator.server import EmulatorServer
from syncd.model import Column, IdKind
from syncd.source import Engines, SqlSource
from tests.support.centre import Bench, open_shop, sell
from tests.support.servers import Database
from tests.support.source import database_settings
from tests.support.two_ways import NAMES, a_query, assert_one, digits, id_types, taken_in, words, years

text = st.text(st.characters(codec="utf-8"), max_size=12) | words | st.just("12\0")
rubbish = (
    st.none()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False)
    | st.binary(max_size=4)
    | text
    | st.sampled_from([b"RUB", b"7", b"1767225600", "1767225600", 0, 10**12, 947000000, 1767225600.5, -0.0])
)
zones = st.sampled_from(
    ["", "", "Z", "z", "+00:00", "+03:00", "-11:30", "+14:59", "+15:00", "+24:00", " ", "\0", "+03"]
)
fractions = st.sampled_from(["", "", ".5", ".123", ".999", ".999999", ".9999999", ".", ",123", ".12a", "3"])
days = st.sampled_from(
    [
        "2026-02-28",
        "2026-02-29",
        "2024-02-29",
        "2026-04-31",
        "2025-10-26",
        "2026-00-10",
        "20260131",
        "2026-1-31",
    ]
)
hours = st.sampled_from(
    ["00:00:00", "23:59:59", "24:00:00", "02:30:00", "10:60:00", "10:00:60", "10:00", "1:00:00"]
)
separators = st.sampled_from(["T", " ", "t", "\t", "  ", ""])
odd_dates = st.tuples(days, separators, hours, fractions, zones).map("".join)
dates = (
    st.tuples(years, separators.filter(lambda one: one in "T "), fractions, zones).map(
        lambda parts: parts[0].replace(microsecond=0).isoformat(parts[1] or " ") + parts[2] + parts[3]
    )
    | odd_dates
    | st.integers(900_000_000, 2_000_000_000)
)
prices = (
    st.decimals(0, 10**12, places=2).map(float)
    | st.floats(0, 1e13)
    | st.integers(-2, 10**6)
    | st.sampled_from(
        [0.1 + 0.2, 1.005, 1e15, 1e22, 12.0, 100.0, 0.0, -0.0, 1e10, 9999999999.99, "1.50", "1,5", ""]
    )
)
GOOD: dict[str, st.SearchStrategy[Any]] = {
    "o": st.integers(0, 10**6) | text,
    "m": st.integers(1, 5) | years.map(datetime.isoformat),
    "i": digits | st.integers(-1, 2**63 - 1),
    "u": text | st.integers(-5, 99),
    "g": text | st.just("paid"),
    "d": dates,
    "p": prices,
    "c": st.sampled_from(["RUB", "rub", "USD", "ABC", "", "XXX", " EUR", "RUBL"]),
}
rows_of_values = st.lists(
    st.tuples(*(GOOD[name] for name in NAMES))
    | st.tuples(*(GOOD[name] for name in NAMES))
    | st.tuples(*(GOOD[name] | rubbish for name in NAMES)),
    max_size=12,
    unique_by=lambda row: (str(row[0]), str(row[1])),
)
affinities = st.lists(
    st.sampled_from(["", "", "text", "integer", "real", "numeric", "blob"]), min_size=8, max_size=8
)


@pytest.fixture
def engines(sqlite_db: Database) -> Iterator[Engines]:
    """Connections of the source."""
    engines = Engines({"shop": database_settings(sqlite_db.url)})
    yield engines
    engines.close()


def make(database: Database, kinds: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """The table `t` with these rows."""
    with closing(sqlite3.connect(database.url.removeprefix("sqlite:///"))) as connection:
        columns = ", ".join(f"{name} {kind}" for name, kind in zip(NAMES, kinds, strict=True))
        connection.execute("DROP TABLE IF EXISTS t")
        connection.execute(f"CREATE TABLE t ({columns})")
        connection.executemany(f"INSERT INTO t VALUES ({', '.join('?' * len(NAMES))})", rows)
        connection.commit()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300, deadline=None)
@given(
    kinds=affinities,
    rows=rows_of_values,
    zone=st.sampled_from(["UTC", "Europe/Berlin", "Europe/Moscow"]),
    ids=id_types,
    target=st.sampled_from([None, "paid", 'a "quoted", one', "it's 100%"]),
    page_rows=st.integers(2, 8),
)
def test_both_ways_are_one(
    sqlite_db: Database,
    engines: Engines,
    kinds: Sequence[str],
    rows: list[tuple[Any, ...]],
    zone: str,
    ids: Sequence[IdKind],
    target: str | None,
    page_rows: int,
) -> None:
    """The same lines, keys and waiting rows in order, and the same rejects, from values of any type."""
    make(sqlite_db, kinds, rows)
    query = a_query(sqlite_db, zone, ids, target)
    assert_one(query, SqlSource(query, engines), page_rows)


@pytest.mark.parametrize("zone", ["", "Z", "+00:00", "+03:00"])
@pytest.mark.parametrize("fraction", ["", ".250", ".250123"])
def test_good_rows_come_as_text(sqlite_db: Database, engines: Engines, zone: str, fraction: str) -> None:
    """The usual forms of a date take the fast way, with prices as floats, integers and texts."""
    moment = datetime.fromisoformat("2026-01-31")
    rows = [
        (n, n, str(n), "u", "g", f"{moment + n * timedelta(hours=1)}{fraction}{zone}", price, "RUB")
        for n in range(99)
        for price in [[n, n / 4, f"{n}.50"][n % 3]]
    ]
    make(sqlite_db, [""] * 8, rows)
    for as_text in (True, False):
        query = a_query(sqlite_db, "Europe/Moscow", (IdKind.CLIENT_ID,), None)
        chunk, texts_read = taken_in(query, SqlSource(query, engines), 30, as_text=as_text)
        assert (len(chunk.ready), texts_read) == (99, 99 if as_text else 0)
        assert not chunk.rejects


def test_a_few_odd_rows_do_not_slow_the_others(sqlite_db: Database, engines: Engines) -> None:
    """One bad row in ten is read again by its key, whatever the key's type; the page stays text."""
    good = [(n if n % 2 else str(n), n, str(n), "u", "g", 1_700_000_000, n, "RUB") for n in range(1000)]
    make(sqlite_db, [""] * 8, [(*row[:2], "GA1.2" if row[1] % 10 == 3 else row[2], *row[3:]) for row in good])
    query = a_query(sqlite_db, "UTC", (IdKind.CLIENT_ID,), None)
    chunk, as_text = taken_in(query, SqlSource(query, engines), 400, as_text=True)
    assert (len(chunk.ready), len(chunk.rejects), as_text) == (900, 100, 1000)
    assert [int(key[2:-2]) for key in chunk.ready.keys] == [n for n in range(1000) if n % 10 != 3]


def test_ties_across_pages(sqlite_db: Database, engines: Engines) -> None:
    """More rows of one mark and key than a page: each is looked at, and reading ends."""
    rows = [(n // 40, 1, str(n // 40), "u", "g", 1_700_000_000, n % 2, "RUB") for n in range(200)]
    make(sqlite_db, [""] * 8, rows)
    query = a_query(sqlite_db, "UTC", (IdKind.CLIENT_ID,), None)
    chunk, _ = taken_in(query, SqlSource(query, engines), 10, as_text=True)
    assert sorted(chunk.ready.keys) == [f'["{n}"]' for n in range(5)]


def test_days_that_are_none(sqlite_db: Database, engines: Engines) -> None:
    """SQLite reads the 31st of February as a day of March, and half past 24; neither is delivered."""
    good = ["2026-01-31", "2024-02-29", "2025-12-31"]
    odd = ["2026-02-29", "2026-02-31", "2025-04-31", "2026-01-32", "2026-13-01", "2026-00-31"]
    moments = [f"{day} 10:00:00{zone}" for day in good + odd for zone in ("", "Z", "+03:00")]
    moments += ["2026-01-31 24:00:00", "2026-01-31T24:30:00Z", "2026-01-31T23:60:00Z"]
    rows = [(n, n, str(n), "u", "g", moment, n, "RUB") for n, moment in enumerate(moments)]
    make(sqlite_db, [""] * 8, rows)
    query = a_query(sqlite_db, "UTC", (IdKind.CLIENT_ID,), None)
    by_text, as_text = taken_in(query, SqlSource(query, engines), 100, as_text=True)
    by_value, _ = taken_in(query, SqlSource(query, engines), 100, as_text=False)
    assert (len(by_text.ready), as_text) == (10, 30)  # 24:00:00 is the next midnight
    assert by_text.ready.lines == by_value.ready.lines


def test_one_column_for_the_moment_and_more(
    sqlite_db: Database, emulator: EmulatorServer, tmp_path: Path
) -> None:
    """A page leaves out what no line has; what is DateTime alone is such, what is an id as well is not."""
    open_shop(sqlite_db)
    sell(sqlite_db, 1)
    columns = {Column.USER_ID: "paid", Column.TARGET: "target", Column.DATETIME: "paid"}
    bench = Bench(sqlite_db, emulator.url, tmp_path, id_type=(IdKind.USER_ID,), columns=columns)
    statements: list[str] = []

    def note(*arguments: Any) -> None:
        statements.append(arguments[2])

    event.listen(Engine, "before_cursor_execute", note)
    try:
        bench.run()
    finally:
        event.remove(Engine, "before_cursor_execute", note)
        bench.close()
    assert any("group_concat" in one for one in statements)
    assert [(one.id, one.moment) for one in emulator.conversions()] == [("1767225601", 1_767_225_601)]
