"""What SQL a query may be, and what is refused, on each database."""

from __future__ import annotations

from collections import Counter

import pytest

from syncd.model import Mark
from syncd.model.errors import SourceRefused
from tests.support.each_database import kind, numbers
from tests.support.servers import Database
from tests.support.source import Sources, drain, first_page

SHAPES = [
    "SELECT m, v FROM t",
    "  SELECT m, v FROM t  ; -- the end",
    "SELECT m, v FROM t;;\n/* the; end */\n;",
    "SELECT m, v FROM t -- the end",
    "-- why; what\nSELECT m, v FROM t",
    "/* what; ' */ SELECT m, v FROM t",
    "WITH w AS (SELECT m, v FROM t) SELECT * FROM w",
    "SELECT m, v FROM t ORDER BY v DESC",
    "SELECT m, v FROM t WHERE v LIKE 'row %'",
    "SELECT m, v FROM t WHERE v <> '%s %(x)s :x ;'",
    "SELECT m, v FROM t WHERE v <> ':v' AND v <> 'a:b:c::d' AND v <> '\\\\:x'",
    "SELECT m, v FROM t WHERE v <> 'it''s; \"so\" --'",
    "SELECT m, v FROM t WHERE m % 100 < 50",
    "SELECT m, v FROM t UNION ALL SELECT m, v FROM t WHERE 1 = 0",
    "SELECT m, MAX(v) AS v FROM t GROUP BY m HAVING COUNT(*) > 0",
    "SELECT x.m, x.v FROM (SELECT * FROM t) AS x",
]


OWN_SHAPES = {
    "postgresql": [
        "SELECT m::bigint, v::text FROM t",
        "SELECT m, v FROM t WHERE v <> $$it's; :x $1 %$$ AND v <> $q$ $$ ; $q$",
        "SELECT m, v FROM t WHERE v <> E'it\\'s; :x'",
        "SELECT m, v FROM t /* outer /* inner; */ still; */",
        "SELECT m, v FROM t WHERE (ARRAY[1,2,3])[1:2] IS NOT NULL;",
        "SELECT m, v FROM t WHERE '{\"a\":1}'::jsonb ? 'a'",
        "TABLE t",
    ],
    "mysql": [
        "SELECT m, v FROM t WHERE v <> 'it\\'s; :x'",
        'SELECT m, v FROM t WHERE v <> "it\'s; \\" :x"',
        "SELECT m, v FROM t # the; end",
        "SELECT m, v FROM t WHERE 5--1 = 6;",
        "SELECT `m`, `v` FROM `t`;",
    ],
    "sqlite": ["SELECT [m], `v` FROM t;", "SELECT m, v FROM t WHERE v <> 'back\\';"],
}


def test_shapes_of_sql(database: Database, source: Sources) -> None:
    """Whatever a DBA writes as one statement is run as it stands."""
    numbers(database, 1, 2, 3)
    for sql in SHAPES + OWN_SHAPES[kind(database)]:
        assert drain(source(database.reader_url, sql), 2) == [(1, "row 1"), (2, "row 2"), (3, "row 3")], sql


def test_second_statement(database: Database, source: Sources) -> None:
    """SQL with more than one statement is refused before it reaches the database."""
    with pytest.raises(SourceRefused, match="query paid: the SQL holds a second statement"):
        source(database.reader_url, "SELECT 1 AS m; DELETE FROM t")


def test_nulls(database: Database, source: Sources) -> None:
    """Rows with a null in mark or key never come by the mark, and always by `without_place`."""
    database.run("CREATE TABLE t (m INTEGER, n INTEGER, k INTEGER)")
    rows = [(m, n, k) for m in (None, 1, 2) for n in (None, 1, 2) for k in (None, 1)]
    database.many("INSERT INTO t VALUES (:m, :n, :k)", [{"m": m, "n": n, "k": k} for m, n, k in rows])
    reader = source(database.reader_url, "SELECT m, n, k FROM t", mark=("m", "n"), key=("k",))
    whole = [row for row in rows if None not in row]
    assert drain(reader, 1) == whole
    assert drain(reader, 3, Mark((1, 1))) == whole
    assert Counter(reader.without_place(100).rows) == Counter(row for row in rows if None in row)
    some = reader.without_place(3)
    assert (len(some.rows), some.mark, some.exhausted) == (3, None, False)


def test_names_in_any_case(database: Database, source: Sources) -> None:
    """Mark and key are found in any case if that is unambiguous; the result keeps its own spelling."""
    numbers(database, 1, 2)
    quote = "`" if kind(database) == "mysql" else '"'
    sql = f"SELECT m AS {quote}Up%dated:At{quote} FROM t"
    reader = source(database.reader_url, sql, mark=("UP%DATED:at",))
    assert reader.columns() == ("Up%dated:At",)
    assert drain(reader, 1) == [(1,), (2,)]


def test_missing_column(database: Database, source: Sources) -> None:
    """A missing column is named, with what there is and what it may have meant."""
    numbers(database)
    reader = source(database.reader_url, "SELECT m AS updated_at, v FROM t", mark=("updatet_at",))
    with pytest.raises(SourceRefused) as caught:
        reader.columns()
    assert str(caught.value) == (
        "query paid: mark column updatet_at is not in the result, which has updated_at, v;"
        " add updatet_at to the SELECT (did you mean updated_at?)"
    )


@pytest.mark.parametrize(
    "sql", ["SELECT m FROM nowhere", "SELECT nothing FROM t", "SELEC m FROM t", "DELETE FROM t"]
)
def test_refused(database: Database, source: Sources, sql: str) -> None:
    """SQL that the database does not take is the query's fault, said in one line without the SQL."""
    numbers(database, 1)
    with pytest.raises(SourceRefused) as caught:
        source(database.url, sql).columns()
    message = str(caught.value)
    assert message.startswith("query paid: database shop: ")
    assert "syncd_q.*" not in message
    assert "\n" not in message
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    assert database.rows("SELECT count(*) FROM t") == [(1,)]


def test_single_precision(database: Database, source: Sources) -> None:
    """A 4-byte float is refused as a mark: the driver gives it rounded, so rows would be lost."""
    if kind(database) == "sqlite":
        return  # has none
    database.run("CREATE TABLE t (m FLOAT(20))")
    with pytest.raises(SourceRefused, match="single-precision"):
        source(database.reader_url, "SELECT m FROM t").columns()


@pytest.mark.parametrize("column", ["ENUM('zz', 'mm', 'aa')", "SET('zz', 'aa')", "BIT(20)"])
@pytest.mark.parametrize("role", ["mark", "key"])
def test_what_mysql_orders_by_number(database: Database, source: Sources, column: str, role: str) -> None:
    """It compares it by its text, so that rows would be passed over: refused, and good once it is cast."""
    if kind(database) != "mysql":
        return
    database.run(f"CREATE TABLE t (m INT, r {column})")
    mark, key = (("r",), ("m",)) if role == "mark" else (("m",), ("r",))
    with pytest.raises(SourceRefused, match="column r is an ENUM, SET or BIT"):
        source(database.reader_url, "SELECT * FROM t", mark=mark, key=key).columns()
    cast = "SELECT m, CAST(r + 0 AS CHAR) AS r FROM t"
    assert source(database.reader_url, cast, mark=mark, key=key).columns() == ("m", "r")


@pytest.mark.parametrize(
    ("value", "kind_of_it"),
    [
        ("CAST('5' AS jsonb)", "jsonb"),
        ("CAST('\"a\"' AS jsonb)", "jsonb"),
        ("CAST('{\"a\": 1}' AS jsonb)", "jsonb"),
        ("CAST('5' AS json)", "json"),
        ("CAST('(1,2)' AS point)", "point"),
        ("CAST('pg_class' AS regclass)", "regclass"),
        ("ROW(1, 2)", "record"),
        ("xmin", "xid"),
    ],
)
@pytest.mark.parametrize("role", ["mark", "key"])
def test_types_without_a_place_in_an_order(
    postgres: Database, source: Sources, value: str, kind_of_it: str, role: str
) -> None:
    """Refused by their type before a row is read, not at the second page by the server's words."""
    sql = f"SELECT oid AS m, {value} AS k FROM pg_class"
    mark, key = (("k",), ("m",)) if role == "mark" else (("m",), ("k",))
    with pytest.raises(SourceRefused, match=f"query paid: column k is of type {kind_of_it},") as caught:
        source(postgres.reader_url, sql, mark=mark, key=key).columns()
    assert ("cast it" in str(caught.value)) is (kind_of_it != "xid")


def test_a_number_in_a_jsonb_is_a_mark_once_it_is_cast(postgres: Database, source: Sources) -> None:
    """As the refusal says."""
    postgres.run(
        "CREATE TABLE t (m jsonb)", "INSERT INTO t SELECT to_jsonb(n) FROM generate_series(1, 5) AS n"
    )
    assert drain(source(postgres.reader_url, "SELECT CAST(m AS bigint) AS m FROM t"), 2) == [
        (n,) for n in range(1, 6)
    ]


def test_a_key_without_a_place_in_an_order(postgres: Database, source: Sources) -> None:
    """Refused by its name at the first page, not at the second by the driver's words."""
    reader = source(postgres.reader_url, "SELECT 1 AS m, ARRAY[1, 2] AS k", key=("k",))
    with pytest.raises(SourceRefused, match="key column k holds a list"):
        first_page(reader, None, 10)
