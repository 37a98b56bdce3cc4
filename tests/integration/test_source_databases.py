"""One suite for the source on all three real databases."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from syncd.model import Mark
from syncd.model.errors import SourceRefused, SourceUnavailable
from tests.support.each_database import kind, numbers
from tests.support.servers import Database
from tests.support.source import Sources, drain, first_page


def test_order_and_end(database: Database, source: Sources) -> None:
    """Rows come in the order of the mark, in full pages, and the end is known without another read."""
    numbers(database, 5, 3, 1, 4, 2, 6)
    reader = source(database.reader_url, "SELECT m, v FROM t")
    pages = reader.scan(None, page_rows=3)
    first = next(pages)
    assert first.columns == ("m", "v")
    assert [row[0] for row in first.rows] == [1, 2, 3]
    assert not first.exhausted
    second = next(pages)
    assert [row[0] for row in second.rows] == [4, 5, 6]
    assert second.exhausted
    assert second.mark == Mark((6,))
    assert list(pages) == []


def test_a_row_that_comes_beside_the_edge_of_a_page(database: Database, source: Sources) -> None:
    """What is committed between two pages is given once, an equal mark too; scans do not move each other."""
    numbers(database, 1, 2)
    reader = source(database.reader_url, "SELECT m, v FROM t")
    pages = reader.scan(None, page_rows=1)
    assert [row[0] for row in next(pages).rows] == [1]
    database.run("INSERT INTO t VALUES (1, 'late, with an equal mark')", "INSERT INTO t VALUES (3, 'new')")
    assert len(first_page(reader, None, 2).rows) == 2
    assert [row[1] for page in pages for row in page.rows] == ["late, with an equal mark", "row 2", "new"]


def test_rows_of_a_key_come_in_the_order_of_the_mark(database: Database, source: Sources) -> None:
    """Whatever order they were written or changed in: the last is what counts."""
    database.run("CREATE TABLE k (m integer, n integer)")
    for mark in (4, 1, 3, 2):
        database.run(f"INSERT INTO k VALUES ({mark}, 7)")
    database.run("UPDATE k SET m = 5 WHERE m = 1")
    (page,) = source(database.reader_url, "SELECT m, n FROM k", key=("n",)).by_key([("7",)])
    assert [row[0] for row in page.rows] == [2, 3, 4, 5]


def test_a_new_run_reads_equal_marks_again(database: Database, source: Sources) -> None:
    """A new run begins with the rows of its mark, since one of them may have been committed late."""
    numbers(database, 1, 2, 3)
    reader = source(database.reader_url, "SELECT m, v FROM t")
    assert len(first_page(reader, None, 10).rows) == 3
    assert [row[0] for row in first_page(reader, Mark((2,)), 10).rows] == [2, 3]


def test_upto(database: Database, source: Sources) -> None:
    """Nothing beyond the upper bound is read; what equals it is."""
    database.run("CREATE TABLE t (m INTEGER, n INTEGER)")
    database.many("INSERT INTO t VALUES (:m, :n)", [{"m": m, "n": n} for m in range(4) for n in range(4)])
    reader = source(database.reader_url, "SELECT m, n FROM t", mark=("m", "n"))
    page = first_page(reader, Mark((1, 2)), 100, upto=Mark((2, 1)))
    assert [tuple(row) for row in page.rows] == [(1, 2), (1, 3), (2, 0), (2, 1)]
    assert page.exhausted


def test_newest_and_count(database: Database, source: Sources) -> None:
    """The highest mark, and how many rows are to come."""
    numbers(database)
    reader = source(database.reader_url, "SELECT m, v FROM t")
    assert reader.newest() is None
    assert reader.count(None) == 0
    numbers_more: list[dict[str, object]] = [{"m": m, "v": "x"} for m in (7, 9, 8)]
    database.many("INSERT INTO t VALUES (:m, :v)", [*numbers_more, {"m": None, "v": "x"}])
    assert reader.newest() == Mark((9,))
    assert reader.count(None) == 3
    assert reader.count(Mark((8,))) == 2


@pytest.mark.parametrize(("start", "expected"), [("beginning", [1, 2, 3]), ("now", [1, 2, 3]), (2, [2, 3])])
def test_start(database: Database, source: Sources, start: str | int, expected: list[int]) -> None:
    """Without a mark the query begins where its `start` says."""
    numbers(database, 1, 2, 3)
    reader = source(database.reader_url, "SELECT m, v FROM t", start=start)
    assert [row[0] for row in first_page(reader, None, 10).rows] == expected


@pytest.mark.parametrize("start", ["x", "2026-01-01"])
def test_a_start_of_another_type(database: Database, source: Sources, start: str) -> None:
    """It is refused in the same words by all, though some would read nothing, or everything."""
    numbers(database, 1, 2, 3)
    reader = source(database.reader_url, "SELECT m, v FROM t", start=start)
    with pytest.raises(SourceRefused, match=f"start: '{start}' is no value for the mark's m, .* such as '3'"):
        first_page(reader, None, 10)


@pytest.mark.parametrize(
    ("start", "rows"),
    [
        ("2026-01-01", 1),
        ("2025-12-31T23:59:59", 2),
        ("2026-01-01T03:00:00+03:00", 1),
        ("2026-01-01 02:59:59+03:00", 2),
        ("2026-01-01T00:00:00Z", 1),
    ],
)
def test_start_at_a_date(database: Database, source: Sources, start: str, rows: int) -> None:
    """A start written as text works on a timestamp; its zone counts, and without one it is the query's."""
    database.run(
        "CREATE TABLE t (m TIMESTAMP)" if kind(database) != "mysql" else "CREATE TABLE t (m DATETIME)"
    )
    database.run(
        "INSERT INTO t VALUES ('2025-12-31 23:59:59')", "INSERT INTO t VALUES ('2026-01-01 00:00:00')"
    )
    reader = source(database.reader_url, "SELECT m FROM t", start=start)
    assert len(first_page(reader, None, 10).rows) == rows


@pytest.mark.parametrize("start", ["2026-31-10", "01.11.2026", "yesterday"])
def test_a_start_that_is_no_moment(database: Database, source: Sources, start: str) -> None:
    """Of marks that are moments, also as text, which any database would compare with anything."""
    database.run("CREATE TABLE t (m VARCHAR(30))", "INSERT INTO t VALUES ('2026-01-01 00:00:00')")
    with pytest.raises(SourceRefused, match="is no value for the mark's m"):
        first_page(source(database.reader_url, "SELECT m FROM t", start=start), None, 10)


def test_a_start_is_of_the_query_s_zone_not_the_session_s(postgres: Database, source: Sources) -> None:
    """A server whose sessions have another zone reads no other rows."""
    in_tokyo = "EXECUTE format('ALTER DATABASE %I SET timezone TO %L', current_database(), 'Asia/Tokyo')"
    postgres.run(f"DO $$ BEGIN {in_tokyo}; END $$", "CREATE TABLE t (m TIMESTAMPTZ)")
    postgres.run("INSERT INTO t VALUES ('2025-12-31 23:59:59+00'), ('2026-01-01 00:00:00+00')")
    reader = source(postgres.reader_url, "SELECT m FROM t", start="2026-01-01")
    assert len(first_page(reader, None, 10).rows) == 1


TYPES = {
    "postgresql": [
        ("timestamptz", "'2026-01-31 10:00:00.12345{}+03'"),
        ("timestamp", "'2026-01-31 10:00:00.12345{}'"),
        ("timestamp", "CASE WHEN {0} < 3 THEN '2026-01-1{0}' ELSE 'infinity' END::timestamp"),
        ("timestamptz", "'0044-03-1{} 12:00:00 BC'"),
        ("date", "'2026-01-01'::date + {}"),
        ("date", "'12026-01-01'::date + {}"),
        ("bigint", "922337203685477580{}"),
        ("numeric", "1e30 + {}"),
        ("numeric(30,10)", "0.123456789{}"),
        ("float8", "0.1 + 1e-15 * {}"),
        ("text", "'ü%:x\\''{}'"),
        ("char(10)", "'a{}'"),
        ("varchar", "'{}'"),
        ("uuid", "'a0b1c2d3-0000-0000-0000-00000000000{}'"),
        ("bytea", "'\\x00ff0{}'"),
    ],
    "mysql": [
        ("datetime(6)", "'2026-01-31 10:00:00.12345{}'"),
        ("timestamp(6)", "'2026-01-31 10:00:00.12345{}'"),
        ("datetime", "IF({0} = 0, '0000-00-00', '2026-01-31 10:00:0{0}')"),
        ("date", "'2026-01-1{}'"),
        ("bigint", "922337203685477580{}"),
        ("bigint unsigned", "1844674407370955161{}"),
        ("decimal(60,10)", "1e30 + {}"),
        ("double", "0.1e0 + 1e-15 * {}"),
        ("varchar(50)", "'ü%:x''{}'"),
        ("varchar(50) character set latin1", "'ü{}'"),
        ("char(10)", "'a{}'"),
        ("uuid", "'a0b1c2d3-0000-0000-0000-00000000000{}'"),
        ("varbinary(10)", "x'00ff0{}'"),
    ],
    "sqlite": [
        ("timestamp", "'2026-01-31 10:00:00.12345{}'"),
        ("integer", "922337203685477580{}"),
        ("real", "0.1 + 1e-15 * {}"),
        ("text", "'ü%:x\\''{}'"),
        ("blob", "x'00ff0{}'"),
    ],
}


def test_marks_are_exact(database: Database, source: Sources) -> None:
    """For each type: the mark of every row finds that row again, and from there on no row before it."""
    for number, (sql_type, literal) in enumerate(TYPES[kind(database)]):
        table = f"t{number}"
        database.run(f"CREATE TABLE {table} (m {sql_type}, n INTEGER)")
        database.run(*(f"INSERT INTO {table} VALUES ({literal.format(i)}, {i})" for i in range(6)))
        expected = [row[0] for row in database.rows(f"SELECT n FROM {table} ORDER BY m, n")]
        reader = source(database.reader_url, f"SELECT m, n FROM {table}", key=("n",))
        assert [row[1] for row in drain(reader, 1)] == expected, sql_type
        rows = list(first_page(reader, None, 100).rows)
        for row in rows:
            mark = first_page(reader, None, rows.index(row) + 1).mark
            same = [place for place, other in enumerate(rows) if other[0] == row[0]]
            assert first_page(reader, mark, 100).rows == rows[same[0] :], sql_type
            assert first_page(reader, None, 100, upto=mark).rows == rows[: same[-1] + 1], sql_type


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(
        st.tuples(st.integers(0, 2), st.sampled_from(["a", "A", "b", "ä"]), st.integers(0, 1)), max_size=40
    ),
    limit=st.integers(1, 7),
    text_first=st.booleans(),
    keyed=st.booleans(),
)
def test_ties(
    database: Database,
    source: Sources,
    rows: list[tuple[int, str, int]],
    limit: int,
    text_first: bool,  # noqa: FBT001 - hypothesis passes by name
    keyed: bool,  # noqa: FBT001 - the same
) -> None:
    """Every row comes exactly once, identical ones by their number, wherever pages end, in any collation."""
    collation = {
        "postgresql": "",  # the packaged server has no ICU, so no collation but exact ones
        "mysql": " CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci",
        "sqlite": " COLLATE NOCASE",
    }[kind(database)]
    database.run("DROP TABLE IF EXISTS t", f"CREATE TABLE t (m INTEGER, s VARCHAR(10){collation}, k INTEGER)")
    if rows:
        database.many(
            "INSERT INTO t VALUES (:m, :s, :k)", [{"m": m, "s": text, "k": key} for m, text, key in rows]
        )
    mark = ("s", "m") if text_first else ("m", "s")
    reader = source(database.reader_url, "SELECT m, s, k FROM t", mark=mark, key=("k",) if keyed else None)
    assert Counter(drain(reader, limit)) == Counter(rows)
    source.close()


@pytest.mark.parametrize("length", [260, 520, 3000])
def test_long_texts_that_differ_at_their_end(database: Database, source: Sources, length: int) -> None:
    """A mark is compared and put in order as a whole, however long: MariaDB by itself sorts by 1024 bytes."""
    database.run("CREATE TABLE t (k VARCHAR(4000) NOT NULL, n INTEGER)")
    texts = [f"{'п' * length}{(n * 7919) % 1000:06}" for n in range(1000)]
    database.many("INSERT INTO t VALUES (:k, :n)", [{"k": text, "n": n} for n, text in enumerate(texts)])
    reader = source(database.reader_url, "SELECT k, n FROM t", mark=("k",), key=("n",))
    assert [row[0] for row in drain(reader, 100)] == sorted(texts)


def test_one_huge_tie(database: Database, source: Sources) -> None:
    """Thousands of rows with one mark, and no key to tell them apart, come once each, in full pages."""
    database.run("CREATE TABLE t (m INTEGER, v INTEGER)")
    database.many("INSERT INTO t VALUES (:m, :v)", [{"m": v // 4000, "v": v} for v in range(9000)])
    reader = source(database.reader_url, "SELECT m, v FROM t")
    rows = drain(reader, 700)
    assert sorted(row[1] for row in rows if isinstance(row[1], int)) == list(range(9000))


def test_text_marks_in_full_pages(database: Database, source: Sources) -> None:
    """A text mark costs no more memory than a page, and pages stay full."""
    database.run("CREATE TABLE t (m VARCHAR(20))")
    database.many("INSERT INTO t VALUES (:m)", [{"m": f"{number:06d}"} for number in range(3000)])
    reader = source(database.reader_url, "SELECT m FROM t")
    pages = [[row[0] for row in page.rows] for page in reader.scan(None, page_rows=300)]
    assert pages == [[f"{number * 300 + i:06d}" for i in range(300)] for number in range(10)]


def test_statement_timeout(database: Database, source: Sources) -> None:
    """A statement that takes too long is ended by the timeout, and the next one works."""
    numbers(database, 1)
    endless = {
        "postgresql": "SELECT 1 AS m FROM pg_sleep(100)",
        "mysql": "SELECT SLEEP(100) AS m FROM t",
        "sqlite": "WITH RECURSIVE r(m) AS (SELECT 1 UNION ALL SELECT m + 1 FROM r) SELECT max(m) AS m FROM r",
    }[kind(database)]
    reader = source(database.reader_url, endless, timeout=timedelta(seconds=0.3))
    with pytest.raises(SourceUnavailable):
        drain(reader, 1)
    assert len(drain(source(database.reader_url, "SELECT m FROM t"), 1)) == 1


def test_count_gives_up(database: Database, source: Sources) -> None:
    """Counting is for progress only: when it takes too long there is no number, and no error."""
    numbers(database, 1)
    slow = {
        "postgresql": "SELECT m FROM t WHERE pg_sleep(m * 100) IS NOT NULL",
        "mysql": "SELECT m FROM t WHERE SLEEP(m * 100) = 0",
        "sqlite": "SELECT m FROM t WHERE (WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r)"
        " SELECT max(n + t.m) FROM r) > 0",
    }[kind(database)]
    assert source(database.reader_url, slow, timeout=timedelta(seconds=0.3)).count(None) is None


def test_index_hint(database: Database, source: Sources) -> None:
    """The check can tell an index behind the mark from none."""
    numbers(database, *range(5000))
    database.run("CREATE TABLE u (m INTEGER, v VARCHAR(100))", "INSERT INTO u SELECT m, v FROM t")
    analyze = {"postgresql": "ANALYZE", "mysql": "ANALYZE TABLE t, u", "sqlite": "ANALYZE"}[kind(database)]
    database.run(analyze)
    good = source(database.reader_url, "SELECT m, v FROM t")
    bad = source(database.reader_url, "SELECT m, v FROM u")
    assert good.index_hint(Mark((4990,))) is True
    assert bad.index_hint(Mark((4990,))) is False
    plan = good.explain(Mark((4990,)))
    assert plan is not None
    assert "t_m" in plan
