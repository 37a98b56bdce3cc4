"""A limit on the rows of a whole query is found by its tokens, not in a string or beside other sources."""

from __future__ import annotations

import pytest

from syncd.source.limits import find_row_limit
from syncd.source.statement import LEXIS


@pytest.mark.parametrize(
    ("family", "sql", "words"),
    [
        ("postgresql", "SELECT * FROM t ORDER BY a LIMIT 2", "LIMIT 2"),
        ("postgresql", "SELECT a FROM t limit\n -- of a page\n 5;", "LIMIT 5"),
        ("postgresql", "SELECT a FROM t LIMIT (1 + 1)", "LIMIT"),
        ("postgresql", "SELECT a FROM t OFFSET 5", "OFFSET 5"),
        ("postgresql", "SELECT a FROM t FETCH FIRST 10 ROWS ONLY", "FETCH FIRST 10"),
        ("postgresql", "(SELECT a FROM t) UNION ALL (SELECT a FROM u LIMIT 3)", "LIMIT 3"),
        ("postgresql", "WITH c AS (SELECT 1) SELECT * FROM c LIMIT 9", "LIMIT 9"),
        ("mysql", "SELECT a FROM t LIMIT 2, 10", "LIMIT 2"),
        ("mysql", "SELECT a FROM t WHERE ROWNUM() <= 10", "ROWNUM ( <"),
        ("mssql", "SELECT DISTINCT TOP 5 a FROM t", "TOP 5"),
        ("mssql", "SELECT TOP (5) a FROM t", "TOP"),
        ("mssql", "SELECT a FROM t ORDER BY a OFFSET 0 ROWS FETCH NEXT 5 ROWS ONLY", "FETCH NEXT 5"),
        ("oracle", "SELECT a FROM t WHERE rownum <= 10", "ROWNUM < ="),
        ("firebird", "SELECT FIRST 10 a FROM t", "FIRST 10"),
    ],
)
def test_a_limit_is_found(family: str, sql: str, words: str) -> None:
    """Each database's own way to say it."""
    found = find_row_limit(sql, LEXIS.get(family, LEXIS["oracle"]), family)
    assert found is not None
    assert found.words == words
    assert sql[found.position :].upper().startswith(words.split(maxsplit=1)[0])


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM (SELECT * FROM t ORDER BY a LIMIT 2) AS x",
        "SELECT a, b FROM (SELECT * FROM (SELECT * FROM t LIMIT 2)) x WHERE a IN (1, 2) ORDER BY a, b",
        "WITH c AS (SELECT * FROM t LIMIT 2) SELECT * FROM c AS x WHERE a > 0",
        "WITH d AS (SELECT 1), c (a, b) AS MATERIALIZED (SELECT * FROM t LIMIT 2) SELECT * FROM c",
        "WITH c AS (SELECT * FROM t LIMIT 2), d AS (SELECT * FROM c) SELECT * FROM d",
    ],
)
def test_a_limit_in_all_that_is_read_is_found(sql: str) -> None:
    """A subquery that is the only source, and a table of WITH, cut the query off as its own end does."""
    found = find_row_limit(sql, LEXIS["postgresql"], "postgresql")
    assert found is not None
    assert (found.words, found.is_inside) == ("LIMIT 2", True)
    assert sql[found.position :].startswith("LIMIT 2")


@pytest.mark.parametrize(
    ("family", "sql"),
    [
        ("postgresql", "SELECT limit FROM t"),
        ("postgresql", "SELECT t.limit, credit AS limit, 'LIMIT 2', (SELECT 1 LIMIT 1) FROM t -- LIMIT 3"),
        ("postgresql", "WITH c AS (SELECT 1 LIMIT 1) SELECT * FROM t, c WHERE a IN (SELECT 1)"),
        ("postgresql", "WITH c AS (SELECT 1 LIMIT 1), d(a) AS (SELECT 2) SELECT * FROM d ORDER BY a, b"),
        ("postgresql", "WITH RECURSIVE c(n) AS (SELECT n FROM c) SELECT * FROM c"),
        ("postgresql", "SELECT * FROM (SELECT 1 LIMIT 1) AS r CROSS JOIN t"),
        ("postgresql", "SELECT * FROM public.c WHERE extract(day FROM b) = (SELECT 1 LIMIT 1)"),
        ("postgresql", "SELECT * FROM t LEFT JOIN LATERAL (SELECT 1 FROM u LIMIT 1) AS l ON true"),
        ("postgresql", "SELECT a FROM t LIMIT ALL OFFSET 0"),
        ("postgresql", "SELECT rownum, top FROM t WHERE rownum <= 10"),
        ("mysql", "SELECT a FROM t LIMIT 18446744073709551615"),
        ("sqlite", "SELECT a FROM t LIMIT -1"),
        ("mssql", "SELECT TOP 100 PERCENT a FROM t"),
        ("clickhouse", "SELECT a FROM t LIMIT 1 BY id"),
    ],
)
def test_what_cuts_nothing_off_is_none(family: str, sql: str) -> None:
    """Columns of that name, subqueries, comments, strings, and limits without an end."""
    assert find_row_limit(sql, LEXIS[family], family) is None
