"""Marks that were moved, that no order can be told of, or that begin anew."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from syncd.emulator.server import EmulatorServer
from syncd.inspect.rewind import move, plan
from syncd.model import Mark
from tests.support.centre import Bench, client_id, ids, open_shop, open_shop_of, sell, sent
from tests.support.servers import Database


def test_a_mark_of_numbers_that_was_moved_forward(
    sqlite_db: Database, emulator: EmulatorServer, tmp_path: Path
) -> None:
    """What was passed over is not read, though the query stood before it when late rows may have begun."""
    open_shop(sqlite_db)
    with closing(Bench(sqlite_db, emulator.url, tmp_path, overlap="auto", mark=("n",))) as bench:
        sell(sqlite_db, 1, 3)
        bench.run()
        bench.clock.forward(timedelta(days=2))
        sell(sqlite_db, 4, 5)
        moved = Mark((8,))
        bench.ledger.begin_query(moved, safe=moved)
        bench.restart()
        for _ in range(3):
            bench.run()
            bench.clock.forward(timedelta(minutes=1))
        assert sent(emulator) == ids(1, 2, 3, 8)


UUIDS = {"postgres": "uuid", "mariadb": "binary(16)", "sqlite_db": "blob"}


def uuid_of(server: str, number: int) -> str:
    """As SQL."""
    return f"'{number:032x}'" if server == "postgres" else f"X'{number:032x}'"


@pytest.mark.parametrize("server", UUIDS)
def test_a_mark_of_uuids_that_was_moved_forward(
    request: pytest.FixtureRequest, server: str, emulator: EmulatorServer, tmp_path: Path
) -> None:
    """Only the database knows their order, and what was passed over is not read for that."""
    database: Database = request.getfixturevalue(server)
    open_shop_of(database, UUIDS[server])
    overlap = timedelta(minutes=1)
    with closing(Bench(database, emulator.url, tmp_path, mark=("changed",), overlap=overlap)) as bench:
        for number in range(1, 7):
            line = f"'{client_id(number)}', 'paid', 1767225600, '10'"
            database.run(f"INSERT INTO orders VALUES ({number}, {uuid_of(server, number)}, {line})")
            if number in {1, 2}:
                bench.run()
        bench.clock.forward(timedelta(hours=1))
        newest = bench.source.newest()
        assert newest is not None
        bench.ledger.begin_query(newest, safe=newest, floor=newest)
        bench.restart()
        for _ in range(3):
            bench.run()
            bench.clock.forward(timedelta(seconds=30))
        assert sent(emulator) == ids(1, 2, 6)


def test_numbers_that_begin_anew(database: Database, emulator: EmulatorServer, tmp_path: Path) -> None:
    """The table was emptied: moved back to the beginning, late rows are found as ever, and then it rests."""
    open_shop_of(database, "bigint")
    overlap = timedelta(minutes=2)
    with closing(Bench(database, emulator.url, tmp_path, mark=("n",), overlap=overlap)) as bench:
        sell(database, 1001, 3)
        bench.run()
        bench.clock.forward(timedelta(hours=1))
        bench.run()
        database.run("DELETE FROM orders")
        position = bench.ledger.position()
        assert position is not None
        move(bench.ledger, bench.query, plan(bench.compare, position, None))
        bench.restart()
        sell(database, 1, 2)
        bench.run()
        sell(database, 13)
        bench.run()
        sell(database, 12)
        bench.run()
        assert sorted(sent(emulator)) == ids(1, 2, 12, 13, 1001, 1002, 1003)


def test_a_stop_among_rows_of_one_moment(
    postgres: Database, emulator: EmulatorServer, tmp_path: Path
) -> None:
    """Those are not read again and again when the others were read, though their order is the database's."""
    open_shop_of(postgres, "timestamptz")
    postgres.run(
        "ALTER TABLE orders ADD id uuid DEFAULT gen_random_uuid()",
        "INSERT INTO orders SELECT n, '2026-01-31', 100000000000000000 + n, 'paid', 1767225600, '10'"
        " FROM generate_series(1, 50) n",
    )
    options = {"sql": "SELECT * FROM orders", "mark": ("changed", "id"), "overlap": "auto", "chunk_rows": 10}
    with closing(Bench(postgres, emulator.url, tmp_path, **options)) as bench:
        bench.stop.set()
        bench.run()
        bench.stop.clear()
        for _ in range(4):
            bench.run()
            bench.clock.forward(timedelta(minutes=1))
        assert len(set(sent(emulator))) == 50
        assert bench.report.read <= 1


def test_a_time_that_is_a_number_with_and_without_a_fraction(
    sqlite_db: Database, emulator: EmulatorServer, tmp_path: Path
) -> None:
    """Each moves the mark on from the other."""
    sqlite_db.run("CREATE TABLE orders (n integer, changed, client, target, paid, total)")
    with closing(Bench(sqlite_db, emulator.url, tmp_path, overlap="auto")) as bench:
        for number, changed in ((1, 1767225600.5), (2, 1767225700), (3, 1767225800.5)):
            sell(sqlite_db, number, changed=changed)
            bench.run()
            assert str(changed) in str(bench.mark())


def test_a_number_that_sqlite_cannot_hold(bench: Bench, emulator: EmulatorServer) -> None:
    """As the text of a key, of a row that has to be looked at by itself: the others are sent."""
    key, client = "coalesce(client, n) AS n", "n + 100000000000000000 AS client"
    sql = f"SELECT {key}, changed, {client}, target, paid, total FROM orders"
    bench.restart(sql=sql)
    sell(bench.database, 1, client=None)
    sell(bench.database, 2, client="9" * 20, total="1,5")
    sell(bench.database, 3, client=None)
    assert bench.run().rejected == 1
    assert sent(emulator) == ids(1, 3)
