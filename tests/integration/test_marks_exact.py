"""Marks that a driver's type would cut: each row arrives, once, and a scan that cannot move says so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from syncd.model import Mark
from syncd.model.errors import MarkUnusable, NoProgress
from syncd.model.marks import earlier
from tests.support.each_database import kind
from tests.support.servers import Database
from tests.support.source import Sources, drain, first_page

WIDE = 12345678901234567890123456789012345678


def test_numbers_of_38_digits(database: Database, source: Sources) -> None:
    """Nothing is rounded on the way there or back, nor when ten seconds are taken from such a mark."""
    if kind(database) == "sqlite":
        return  # has none
    database.run("CREATE TABLE t (m decimal(38, 0))")
    database.many("INSERT INTO t VALUES (:m)", [{"m": WIDE + n} for n in range(30)])
    reader = source(database.reader_url, "SELECT m FROM t")
    assert [row[0] for row in drain(reader, 7)] == [WIDE + n for n in range(30)]
    newest = reader.newest()
    assert newest == Mark((Decimal(WIDE + 29),))
    before = earlier(newest, timedelta(seconds=10))
    assert before is not None
    assert before.values[0] < newest.values[0]  # type: ignore[operator]  # both are decimals
    assert first_page(reader, newest, 9).rows == [(WIDE + 29,)]


def test_letters_that_are_equal_by_their_collation(mariadb: Database, source: Sources) -> None:
    """Ties by the database's own rules, more than a page of them: eight rows, and an end."""
    mariadb.run("CREATE TABLE t (m varchar(9) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci)")
    letters = list("áaAxXéeE")
    mariadb.many("INSERT INTO t VALUES (:m)", [{"m": letter} for letter in letters])
    for rows in (1, 2, 3, 8):
        assert sorted(
            str(row[0]) for row in drain(source(mariadb.reader_url, "SELECT m FROM t"), rows)
        ) == sorted(letters)


def test_values_that_are_others_each_time(database: Database, source: Sources) -> None:
    """Rows of one mark cannot be told apart by values that change: no endless loop, but words."""
    clock = {"postgresql": "clock_timestamp()::text", "mysql": "UUID()", "sqlite": "hex(randomblob(8))"}
    database.run("CREATE TABLE t (m integer)")
    database.many("INSERT INTO t VALUES (:m)", [{"m": 1}] * 10)
    with pytest.raises(NoProgress, match="from the mark 1 on, the database gives other values"):
        drain(source(database.reader_url, f"SELECT m, {clock[kind(database)]} AS seen FROM t"), 3)


def test_a_mark_whose_column_got_another_type(postgres: Database, source: Sources) -> None:
    """A recorded mark is carried along, or told to be of no use any more."""
    postgres.run(
        "CREATE TABLE t (m timestamp)", "INSERT INTO t VALUES ('2026-03-01 12:00'), ('2026-03-01 13:00')"
    )
    reader = source(postgres.reader_url, "SELECT m FROM t")
    mark = reader.newest()
    assert mark == Mark((datetime(2026, 3, 1, 13),))  # noqa: DTZ001 — the column has no zone
    postgres.run("ALTER TABLE t ALTER COLUMN m TYPE timestamptz USING m AT TIME ZONE 'UTC'")
    reader = source(postgres.reader_url, "SELECT m FROM t")
    assert reader.carried(mark) == Mark((datetime(2026, 3, 1, 13, tzinfo=UTC),)) == reader.newest()
    assert len(first_page(reader, mark, 5).rows) == 1
    postgres.run("ALTER TABLE t ALTER COLUMN m TYPE date")
    reader = source(postgres.reader_url, "SELECT m FROM t")
    assert reader.carried(mark) == reader.newest()
    with pytest.raises(MarkUnusable, match="mark column m holds a date now"):
        first_page(reader, Mark((4711,)), 5)


def test_single_precision_money(database: Database, source: Sources) -> None:
    """Six digits are what MariaDB writes of a FLOAT by itself."""
    if kind(database) == "sqlite":
        return  # has none
    database.run("CREATE TABLE t (m integer, p float(24))", "INSERT INTO t VALUES (1, 1234567.5), (2, 0.1)")
    assert drain(source(database.reader_url, "SELECT m, p FROM t"), 5) == [(1, 1234567.5), (2, 0.1)]
