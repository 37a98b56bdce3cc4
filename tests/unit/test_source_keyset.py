"""The page query as text on databases for which there is no server here: compiled, not run."""

from __future__ import annotations

import re

import pytest
from sqlalchemy.engine import Dialect
from sqlalchemy.engine.default import DefaultDialect

from syncd.source.keyset import Keyset, SortColumn
from tests.support.source import dialect

COLUMNS = ("updated_at", "id")


def page(database: Dialect, *, row_values: bool = False, tie: bool = False) -> str:
    """The page query from ('2026', 7) up to ('2027') as one line."""
    order = tuple(map(SortColumn, COLUMNS))
    statement = Keyset("SELECT * FROM orders", row_values, order).page(("2026", 7), ("2027",), 10, tie=tie)
    compiled = statement.compile(dialect=database, compile_kwargs={"render_postcompile": True})
    return re.sub(r"\s+", " ", str(compiled))


def test_postgres() -> None:
    """PostgreSQL seeks by a row value; the values carry no cast of ours."""
    assert page(dialect("postgresql+psycopg"), row_values=True) == (
        "SELECT syncd_q.* FROM (SELECT * FROM orders ) AS syncd_q"
        ' WHERE ("updated_at", "id") >= (%(param_1)s, %(param_2)s) AND "updated_at" <= %(param_3)s'
        ' AND "id" IS NOT NULL ORDER BY "updated_at", "id" LIMIT %(param_4)s::INTEGER'
    )


def test_mysql() -> None:
    """MySQL gets the comparison spelt out, whose first condition is a range of the index."""
    assert page(dialect("mysql+pymysql")) == (
        "SELECT syncd_q.* FROM (SELECT * FROM orders ) AS syncd_q"
        " WHERE `updated_at` >= %s AND (`updated_at` > %s OR `updated_at` = %s AND `id` >= %s)"
        " AND `updated_at` <= %s AND `id` IS NOT NULL ORDER BY `updated_at`, `id` LIMIT %s"
    )


def test_mssql() -> None:
    """SQL Server gets brackets and TOP."""
    assert page(dialect("mssql+pyodbc", paramstyle="qmark")) == (
        "SELECT TOP 10 syncd_q.* FROM (SELECT * FROM orders ) AS syncd_q"
        " WHERE [updated_at] >= ? AND ([updated_at] > ? OR [updated_at] = ? AND [id] >= ?)"
        " AND [updated_at] <= ? AND [id] IS NOT NULL ORDER BY [updated_at], [id]"
    )


def test_oracle() -> None:
    """Oracle gets no AS before the table's alias, and FETCH FIRST."""
    assert page(dialect("oracle+oracledb")) == (
        "SELECT syncd_q.* FROM (SELECT * FROM orders ) syncd_q"
        ' WHERE "updated_at" >= :param_1 AND ("updated_at" > :param_1 OR "updated_at" = :param_1'
        ' AND "id" >= :param_2) AND "updated_at" <= :param_3 AND "id" IS NOT NULL'
        ' ORDER BY "updated_at", "id" FETCH FIRST 10 ROWS ONLY'
    )


def test_others() -> None:
    """ClickHouse and others get standard SQL."""
    assert page(DefaultDialect()) == (
        "SELECT syncd_q.* FROM (SELECT * FROM orders ) AS syncd_q"
        ' WHERE "updated_at" >= :param_1 AND ("updated_at" > :param_1 OR "updated_at" = :param_1'
        ' AND "id" >= :param_2) AND "updated_at" <= :param_3 AND "id" IS NOT NULL'
        ' ORDER BY "updated_at", "id" LIMIT :param_4'
    )


@pytest.mark.parametrize("database", [dialect("mssql+pyodbc"), dialect("oracle+oracledb"), DefaultDialect()])
def test_tie(database: Dialect) -> None:
    """Text cursors ask the database which rows equal them."""
    assert re.search(
        r"CASE WHEN \(.+ = .+ AND .+ = .+\) THEN 1 ELSE 0 END AS syncd_tie", page(database, tie=True)
    )


def test_nulls_of_an_unbounded_read() -> None:
    """Without a bound every cursor column is asked not to be null."""
    statement = Keyset("SELECT 1", row_values=True, order=tuple(map(SortColumn, COLUMNS))).page(None, None, 1)
    assert str(statement).count("IS NOT NULL") == 2
