"""Orders by the text that PostgreSQL writes, and row by row: the same bytes and rejects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from syncd.model import Page, TextPage
from syncd.model.kinds import OrderColumn, QueryKind
from syncd.model.settings import Constant, QuerySettings
from syncd.pipeline.chunking.intake import Intake, NothingKnown
from syncd.source import Engines, SqlSource
from syncd.source.lines import steady_offset_of_moments
from tests.support.odd_contacts import ODD_MAILS, ODD_PHONES
from tests.support.servers import Database
from tests.support.source import database_settings, query_settings
from tests.support.two_ways import assert_one, between, digits, taken_in, words, zones

COLUMNS = dict(
    zip(("o", "d", "u", "i", "e", "p", "s", "r", "k", "c"), OrderColumn, strict=True),
)
"""The table's columns, by one letter each, and what they are in the upload; `m` is the mark."""
NAMES = ("m", *COLUMNS)
MOMENT = datetime(2026, 1, 31, 20, 59, 59, 999_999, tzinfo=UTC)
STATUSES = {
    "new": "IN_PROGRESS",
    "paid": "PAID",
    "Paid": "SPAM",
    "": "PAID",
    "1": "CANCELLED",
    "it's %s :x": "OWN",
}

# In Berlin an hour came twice on 26 October 2025, and one was left out on 30 March.
moments = st.one_of(
    st.datetimes(datetime.fromisoformat("1999-12-20"), datetime.fromisoformat("2027-01-01")),
    st.datetimes(datetime.fromisoformat("2025-10-25"), datetime.fromisoformat("2025-10-27")),
    st.datetimes(datetime.fromisoformat("2025-10-26"), datetime.fromisoformat("2025-10-26T04:00")),
    st.datetimes(datetime.fromisoformat("2025-03-30"), datetime.fromisoformat("2025-03-30T04:00")),
    st.datetimes(datetime.fromisoformat("2026-02-01"), datetime.fromisoformat("2026-02-03")),
)
zoned = moments.map(lambda moment: moment.replace(tzinfo=UTC))
mails = st.sampled_from(ODD_MAILS) | st.emails() | words
plain_phones = st.tuples(
    st.sampled_from(["7", "+7", "8"]),
    st.sampled_from(["", " (", "-", " "]),
    st.sampled_from(["999", "495", "800", "321", "701", "000"]),
    st.sampled_from(["", ") ", ")", "-", " "]),
    st.sampled_from(["123", "555"]),
    st.sampled_from(["-45-67", " 45 67", "4567", "5555"]),
).map("".join)
phones = st.sampled_from(ODD_PHONES) | plain_phones | st.integers(0, 10**12).map(str) | words
prices = st.sampled_from(["1", "1.50", "1,5", "", " 1", "1e3", "-1", "nan", "9" * 41, ".5", "5."])
texts = st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=12)
KINDS: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "m": {"bigint": st.integers(1, 5), "timestamptz": zoned},
    "o": {
        "bigint": st.integers(-1, 10**6) | st.integers(1, 3),
        "text": texts | words | st.sampled_from(["A-1", "№ 5/7", "5 ", "\\", "a" * 256]),
        "numeric": st.decimals(0, 1000, places=1),
        "uuid": st.uuids(),
    },
    "d": {
        "timestamptz": zoned | st.sampled_from(["infinity", "0001-01-01", "1970-01-01Z"]),
        "timestamp": moments | st.sampled_from(["-infinity", "9999-12-31"]),
        "date": moments.map(datetime.date),
        "text": moments.map(datetime.isoformat) | words,
        "bigint": st.integers(900_000_000, 2_000_000_000),
    },
    "u": {"text": texts | words, "uuid": st.uuids(), "char(4)": st.just("ab"), "bigint": st.integers(-5, 99)},
    "i": {
        "text": digits | words | st.sampled_from(["1,2", "1;1"]),
        "bigint": st.integers(-1, 2**63 - 1),
        "numeric": st.decimals(0, 10**20, places=1) | st.integers(0, 10**20).map(Decimal),
        "char(5)": st.integers(0, 99999).map(str),
    },
    "e": {
        "text": mails,
        "varchar": mails,
        "char(300)": mails.filter(lambda mail: len(mail) < 300),
    },
    "p": {
        "text": phones,
        "bigint": st.integers(7 * 10**10, 9 * 10**10),
        "numeric": st.just(79995551111),
    },
    "s": {
        "text": st.sampled_from([*STATUSES, *STATUSES, "PAID", "lost", " paid", "paid ", "new\u00a0"])
        | texts,
        "char(6)": st.sampled_from(["new", "paid", "Paid", "x", ""]),
        "mood": st.sampled_from(["new", "paid", " lost"]),
        "integer": st.integers(0, 2),
        "boolean": st.booleans(),
    },
    "r": {
        "numeric": st.decimals(-5, 10**9, places=2) | st.sampled_from([Decimal("NaN"), Decimal("1E+30")]),
        "integer": st.integers(-2, 10**6),
        "text": prices,
        "float8": st.floats(0, 1e20),
    },
    "c": {
        "text": st.sampled_from(["RUB", "rub", "USD", "ABC", "", "XXX", " EUR", "RUBL"]),
        "char(3)": st.just("RUB"),
    },
}
KINDS["k"] = KINDS["r"]
USUAL = {name: next(iter(KINDS[name])) for name in NAMES}
# One or two columns of another type: most of them make a page one of values.
tables = st.lists(st.sampled_from([(name, kind) for name in NAMES for kind in KINDS[name]]), max_size=2).map(
    lambda others: USUAL | dict(others)
)
# And one or two cells that are odd or null: else hardly a row would be good in all of its columns.
GOOD: Mapping[str, st.SearchStrategy[Any]] = {
    "d": st.integers(0, 10**6).map(lambda n: MOMENT + n * timedelta(seconds=0.25)),
    "i": st.integers(1, 10**20 - 1).map(str) | st.none(),
    "e": st.none() | st.sampled_from(["A@b.ru", "a@b.com", "User.Name+tag@Sub.Example.com"]),
    "p": st.none() | st.sampled_from(["79995551111", "8 (999) 555-11-12", "+7 495 555-11-11"]),
    "s": st.sampled_from([*STATUSES]),
    "r": st.none() | st.decimals(0, 10**9, places=2),
    "k": st.none() | st.decimals(0, 100, places=1),
    "c": st.none() | st.sampled_from(["RUB", "USD"]),
    "u": st.none() | st.sampled_from(["c-1", "\u00c4 1"]),
}


def rows_of(kinds: dict[str, str]) -> st.SearchStrategy[list[tuple[Any, ...]]]:
    """Rows for a table. No two have the same mark and key."""
    odd = {name: KINDS[name][kinds[name]] for name in NAMES}
    good = [GOOD[name] if name in GOOD and kinds[name] == USUAL[name] else odd[name] for name in NAMES]
    spots = [st.tuples(st.just(at), st.none() | odd[name]) for at, name in enumerate(NAMES)]
    rows = st.builds(_spoilt, st.tuples(*good), st.just([]) | st.lists(st.one_of(spots), max_size=2))
    return st.lists(rows, max_size=12, unique_by=lambda row: (str(row[0]), str(row[1])))


def _spoilt(row: tuple[Any, ...], cells: Sequence[tuple[int, Any]]) -> tuple[Any, ...]:
    others = dict(cells)
    return tuple(others.get(at, value) for at, value in enumerate(row))


tables_with_rows = tables.flatmap(lambda kinds: st.tuples(st.just(kinds), rows_of(kinds)))


@pytest.fixture
def server(postgres: Database) -> Iterator[psycopg.Connection[Any]]:
    """A connection that makes the tables."""
    with psycopg.connect(postgres.url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("CREATE TYPE mood AS ENUM ('new', 'paid', ' lost')")
        yield connection


@pytest.fixture
def engines(postgres: Database) -> Iterator[Engines]:
    """Connections of the source."""
    engines = Engines({"shop": database_settings(postgres.url)})
    yield engines
    engines.close()


def make(server: psycopg.Connection[Any], kinds: dict[str, str], rows: Sequence[tuple[Any, ...]]) -> None:
    """The table `t` with these rows."""
    columns = ", ".join(f"{name} {kinds[name]}" for name in NAMES)
    server.execute(f"DROP TABLE IF EXISTS t; CREATE TABLE t ({columns})".encode())
    if rows:
        places = ", ".join(f"%s::{kinds[name]}" for name in NAMES)
        server.cursor().executemany(f"INSERT INTO t VALUES ({places})".encode(), rows)


def orders(
    database: Database, zones: tuple[str, str] = ("UTC", "Europe/Moscow"), without: str = "", **changed: Any
) -> QuerySettings:
    """A query over the table, all of its columns or some; the zones of its times, and of the counter."""
    columns: dict[OrderColumn, str | Constant] = {
        column: Constant(value=None) if name in without else name for name, column in COLUMNS.items()
    }
    query = query_settings(database_settings(database.url), "SELECT * FROM t", ("m",), ("o",))
    zone, counter = map(ZoneInfo, zones)
    kind = {"kind": QueryKind.ORDERS, "columns": columns, "id_type": (), "statuses": STATUSES}
    return query.model_copy(update=kind | {"timezone": zone, "counter_timezone": counter} | changed)


@settings(suppress_health_check=list(HealthCheck), max_examples=250, deadline=None)
@given(
    table=tables_with_rows,
    zones=st.tuples(*[st.sampled_from(["UTC", "Europe/Berlin", "Europe/Moscow", "America/New_York"])] * 2),
    without=st.sampled_from(["", "", "", "s", "iu", "ep", "uirkc", "srkc"]),
    hashed=st.sampled_from([True, True, False]),
    own_words=st.sampled_from([False, False, False, True]),
    page_rows=st.integers(2, 8),
)
def test_both_ways_are_one(  # each argument is what the drawn rows are read with
    postgres: Database,
    server: psycopg.Connection[Any],
    engines: Engines,
    table: tuple[dict[str, str], list[tuple[Any, ...]]],
    *,
    zones: tuple[str, str],
    without: str,
    hashed: bool,
    own_words: bool,
    page_rows: int,
) -> None:
    """The same lines, keys and waiting rows in order, and the same rejects, from columns of any type."""
    make(server, *table)
    statuses = {} if own_words else STATUSES
    query = orders(postgres, zones, without, hash_contacts=hashed, statuses=statuses)
    assert_one(query, SqlSource(query, engines), page_rows)


def usual(number: int, **changed: object) -> tuple[object, ...]:
    """A good row: half of them have a ClientId, half a mail and a phone."""
    has_id = number % 2 == 0
    row = {
        "m": number,
        "o": number,
        "d": MOMENT + number * timedelta(seconds=1),
        "u": "c-1",
        "i": str(number) if has_id else None,
        "e": None if has_id else f"Secret{number}@Mail.example",
        "p": None if has_id else f"8 (999) 555-{number // 100:02}-{number % 100:02}",
        "s": "paid",
        "r": number,
        "k": None,
        "c": "RUB",
    }
    return tuple((row | changed).values())


@pytest.mark.parametrize("date", ["timestamptz", "timestamp"])
@pytest.mark.parametrize("counter", ["UTC", "Europe/Moscow", "Europe/Berlin", "America/New_York"])
def test_good_orders_come_as_text(
    postgres: Database, server: psycopg.Connection[Any], engines: Engines, date: str, counter: str
) -> None:
    """The usual columns take the fast way, so that the test above compares something.

    The first page may be written with another zone's offset, which it shows.
    """
    make(server, {**USUAL, "d": date, "s": "mood"}, [usual(n) for n in range(100)])
    query = orders(postgres, ("UTC", counter))
    source = SqlSource(query, engines)
    taken_in(query, source, 10, as_text=True)
    chunk, as_text = taken_in(query, source, 30, as_text=True)
    assert len(chunk.ready) == as_text == 100
    assert not chunk.rejects
    assert_one(query, source, 30)


def test_a_few_odd_orders_do_not_slow_the_others(
    postgres: Database, server: psycopg.Connection[Any], engines: Engines
) -> None:
    """Orders with two mails in a cell are read again by their keys; the pages stay text."""
    make(server, USUAL, [usual(n, e="a@b.ru, c@d.ru") if n % 10 == 3 else usual(n) for n in range(1000)])
    query = orders(postgres, ("UTC", "UTC"))
    chunk, as_text = taken_in(query, SqlSource(query, engines), 400, as_text=True)
    assert (len(chunk.ready), as_text) == (1000, 1000)
    assert [int(key[2:-2]) for key in chunk.ready.keys] == [*range(1000)]


@pytest.mark.parametrize("hashed", [True, False])
def test_each_odd_contact_is_read_alike(
    postgres: Database, server: psycopg.Connection[Any], engines: Engines, *, hashed: bool
) -> None:
    """Each that is odd in some way, alone in its row and beside a ClientId."""
    cells = [{"e": mail, "p": None} for mail in ODD_MAILS] + [{"e": None, "p": phone} for phone in ODD_PHONES]
    rows = [usual(n, **cell, i=i) for n, cell in enumerate(cells) for i in (None, "5")]
    make(server, USUAL, [(n, n, *row[2:]) for n, row in enumerate(rows)])
    query = orders(postgres, ("UTC", "UTC"), hash_contacts=hashed)
    source = SqlSource(query, engines)
    assert taken_in(query, source, 1000, as_text=True)[1] == len(rows)
    assert_one(query, source, 1000)


def test_a_page_that_begins_in_the_hour_that_comes_again(
    postgres: Database, server: psycopg.Connection[Any], engines: Engines
) -> None:
    """Its moments all have one offset, and the first of them are times that have been before."""
    start = datetime(2025, 10, 26, 1, 10, tzinfo=UTC)
    make(server, USUAL, [usual(n, d=start + n * timedelta(minutes=10)) for n in range(20)])
    query = orders(postgres, ("UTC", "Europe/Berlin"))
    source = SqlSource(query, engines)
    assert len(taken_in(query, source, 30, as_text=True)[0].rejects) == 5
    assert_one(query, source, 30)


def test_no_contact_stands_in_a_page(
    postgres: Database, server: psycopg.Connection[Any], engines: Engines
) -> None:
    """Neither a plain one nor one that is odd: the database writes its MD5, or that it is to be looked at."""
    odd = {"e": "Secret-Mail@почта.рф", "p": "+375 29 555-11-11"}
    make(server, USUAL, [usual(n, **odd) if n % 3 == 0 else usual(n) for n in range(60)])
    query = orders(postgres, ("UTC", "UTC"))
    source = SqlSource(query, engines)
    seen = [page for page in pages_of(query, source) if isinstance(page, TextPage)]
    assert seen
    text = "".join(page.lines.joined for page in seen).lower()
    assert not any(secret in text for secret in ("secret", "@", "999) 555", "почта", "999555", "+375"))


def pages_of(query: QuerySettings, source: SqlSource) -> Iterator[Page | TextPage]:
    """The pages of the query, as a run reads them."""
    form = Intake(query, NothingKnown()).form_for(source.columns())
    yield from source.scan_lines(None, form, upto=source.newest(), page_rows=20)


def test_an_hour_that_comes_twice(
    postgres: Database, server: psycopg.Connection[Any], engines: Engines
) -> None:
    """Orders around both changes of the counter's clocks: the second of two equal times is rejected."""
    start = datetime(2025, 3, 29, tzinfo=UTC)
    make(server, USUAL, [usual(n, d=start + n * timedelta(minutes=37)) for n in range(9000)])
    query = orders(postgres, ("UTC", "Europe/Berlin"))
    source = SqlSource(query, engines)
    by_text, as_text = taken_in(query, source, 500, as_text=True)
    by_value, _ = taken_in(query, source, 500, as_text=False)
    assert by_text.ready == by_value.ready
    assert 1 <= len(by_text.rejects) == len(by_value.rejects) <= 2
    assert 0 < as_text < 9000


@example(
    datetime.fromisoformat("2025-10-26T01:10"), datetime.fromisoformat("2025-10-26T03:00"), "Europe/Berlin"
)
@given(
    moments,
    moments,
    zones,
)
def test_a_steady_offset_is_that_of_every_moment(one: datetime, other: datetime, name: str) -> None:
    """Where an offset is given, all moments between have it, and none is a time that has been before."""
    zone, (oldest, newest) = ZoneInfo(name), sorted((one, other))
    offset = steady_offset_of_moments(zone, oldest, newest)
    there = [moment.replace(tzinfo=UTC).astimezone(zone) for moment in between(oldest, newest)]
    assert offset is None or {(one.utcoffset(), one.fold) for one in there} == {(offset, 0)}


@pytest.mark.parametrize("moment", ["infinity", None, date(2026, 1, 1), datetime.min, datetime.max])  # noqa: DTZ901 — the ends of time, in no zone
def test_no_offset_where_a_moment_is_none(moment: object) -> None:
    """Nor where it is no moment of an order."""
    assert steady_offset_of_moments(ZoneInfo("Europe/Moscow"), moment, moment) is None
