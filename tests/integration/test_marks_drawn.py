"""Any type that a mark may have, any values of it, any size of page: each row arrives exactly once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import Context, Decimal
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event
from sqlalchemy.engine import Engine

from tests.support.each_database import kind
from tests.support.servers import Database
from tests.support.source import Sources, drain, first_page

Strategy = st.SearchStrategy[object]


def whole(bits: int, *, signed: bool = True) -> Strategy:
    """Whole numbers of so many bits, their extremes and those near each other."""
    low, high = (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if signed else (0, (1 << bits) - 1)
    return st.sampled_from([low, low + 1, 0, 1, 2, high - 1, high]) | st.integers(low, high)


def decimals(digits: int, scale: int) -> Strategy:
    """Decimals of all their digits, and those that differ in the last one."""
    most = 10**digits - 1
    unscaled = st.integers(-most, most) | st.sampled_from([most, most - 1, most - 2, 0, 1, -most])
    return unscaled.map(lambda value: format(Decimal(value).scaleb(-scale, CONTEXT), "f"))


CONTEXT = Context(prec=100)
LARGEST_PAGE = 200
"""Rows of a page and those that came before: no other whole number is bound, marks go as texts."""
moments = st.integers(0, 5).map(lambda step: f"2026-10-25 02:59:59.99999{step}") | st.sampled_from(
    ["0001-01-01 00:00:00", "1999-12-31 23:59:59.999999", "9999-12-31 23:59:59.999999", "2026-10-25 02:30:00"]
)
finite = st.floats(allow_nan=False, allow_infinity=False, width=64) | st.sampled_from(
    [0.1, 0.1 + 1e-17, 5e-324]
)
letters = st.text("aAáÁxX %':\\é", max_size=4)
days = st.sampled_from(["1000-01-01", "2026-01-31", "2026-02-01", "9999-12-31"])
uuids = st.uuids().map(str) | st.integers(0, 3).map(lambda n: f"a0b1c2d3-0000-0000-0000-00000000000{n}")
binary = st.binary(max_size=3).map(bytes.hex)

TYPES: dict[str, dict[str, tuple[str, Strategy]]] = {
    "postgresql": {
        "smallint": ("CAST(:m AS smallint)", whole(16)),
        "bigint": ("CAST(:m AS bigint)", whole(64)),
        "numeric(38, 0)": ("CAST(CAST(:m AS text) AS numeric)", decimals(38, 0)),
        "numeric": (
            "CAST(CAST(:m AS text) AS numeric)",
            decimals(70, 25) | st.sampled_from(["NaN", "1e300"]),
        ),
        "float8": ("CAST(:m AS float8)", finite | st.sampled_from([float("inf"), -float("inf")])),
        "timestamp": (
            "CAST(CAST(:m AS text) AS timestamp)",
            moments | st.sampled_from(["infinity", "-infinity"]),
        ),
        "timestamptz": (
            "CAST(CAST(:m AS text) AS timestamptz)",
            moments.map(lambda text: f"{text}+03")
            | st.sampled_from(["infinity", "0044-03-15 12:00:00+00 BC"]),
        ),
        "date": ("CAST(CAST(:m AS text) AS date)", days | st.sampled_from(["infinity", "12026-01-01"])),
        "text": ("CAST(:m AS text)", letters),
        "char(6)": ("CAST(:m AS text)", letters),
        "uuid": ("CAST(CAST(:m AS text) AS uuid)", uuids),
        "bytea": ("decode(CAST(:m AS text), 'hex')", binary),
    },
    "mysql": {
        "bigint": (":m", whole(64)),
        "bigint unsigned": (":m", whole(64, signed=False)),
        "decimal(65, 30)": (":m", decimals(65, 30)),
        "double": (":m", finite),
        "datetime(6)": (":m", moments | st.just("0000-00-00 00:00:00")),
        "date": (":m", days | st.just("0000-00-00")),
        "varchar(9) COLLATE utf8mb4_general_ci": (":m", letters),
        "varchar(9) COLLATE utf8mb4_bin": (":m", letters),
        "char(9) CHARACTER SET latin1": (":m", letters),
        "varbinary(9)": ("UNHEX(:m)", binary),
        "uuid": (":m", uuids),
    },
    "sqlite": {
        "integer": (":m", whole(64)),
        "real": (":m", finite),
        "text": (":m", letters | moments),
        "blob": (":m", binary | whole(64) | finite),
    },
}


@contextmanager
def bound_values() -> Iterator[list[object]]:
    """What drivers are given beside their statements meanwhile."""
    found: list[object] = []

    def note(_connection: Any, _cursor: Any, _statement: str, values: Any, *_: Any) -> None:
        found.extend(values.values() if isinstance(values, dict) else values)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(Engine, "before_cursor_execute", note)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_each_row_arrives_once(database: Database, source: Sources, data: st.DataObject) -> None:
    """Extremes, ties and finest steps, in pages that end among them; the newest mark finds its rows again."""
    name = data.draw(st.sampled_from(sorted(TYPES[kind(database)])))
    sql, values = TYPES[kind(database)][name]
    marks: Sequence[object] = data.draw(st.lists(values, min_size=1, max_size=4))
    rows = data.draw(st.lists(st.sampled_from(marks), min_size=1, max_size=12))
    key = data.draw(st.sampled_from([None, ("n",)]))
    database.run("DROP TABLE IF EXISTS t", f"CREATE TABLE t (m {name}, n integer)")
    insert = f"INSERT INTO t VALUES ({sql}, :n)"
    database.many(insert, [{"m": mark, "n": number} for number, mark in enumerate(rows)])
    reader = source(database.reader_url, "SELECT m, n FROM t", key=key)
    with bound_values() as bound:
        found = drain(reader, data.draw(st.integers(1, 5)))
        assert Counter(row[1] for row in found) == Counter(range(len(rows)))
        newest = reader.newest()
        assert newest is not None
        last = [row for row in first_page(reader, newest, 100).rows if row[1] == found[-1][1]]
        assert len(last) == 1
        assert len(first_page(reader, None, 100, upto=newest).rows) == len(rows)
    source.close()
    assert bound
    if kind(database) != "sqlite":  # its own storage classes are Python's
        assert {type(value) for value in bound} <= {str, int}
        assert all(value <= LARGEST_PAGE for value in bound if isinstance(value, int))
