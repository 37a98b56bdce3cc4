"""Rows of one second, minute or day come in any order of their ids, and need no transaction to come late."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine

from syncd.emulator.server import EmulatorServer
from syncd.pipeline.reading.late_commits import REREAD_EVERY, SLACK
from tests.support.centre import Bench, client_id
from tests.support.late import delivered
from tests.support.servers import Database

SECOND, DAY = "2026-01-31 10:00:00", "2026-01-31"
COARSE = {
    "timestamp": (SECOND, SLACK),
    "bigint": ("1769853600", SLACK),
    "text": (SECOND, SLACK),
    "minutes": (SECOND[:-3], REREAD_EVERY),
    "date": (DAY, REREAD_EVERY),
    "days": (DAY, REREAD_EVERY),
}
TYPES = {"minutes": "varchar(20)", "days": "varchar(20)", "text": "varchar(20)"}


@pytest.fixture(params=COARSE)
def kind(request: pytest.FixtureRequest) -> str:
    """A kind of mark."""
    return str(request.param)


@pytest.fixture
def orders(database: Database, kind: str, emulator: EmulatorServer, tmp_path: Path) -> Iterator[Bench]:
    """A query over an empty table whose mark is of that kind, and the id."""
    of_kind = TYPES.get(kind, kind)
    database.run(
        f"CREATE TABLE orders (n bigint, changed {of_kind}, client varchar(20), target varchar(20),"
        " paid bigint, total varchar(20))"
    )
    with closing(Bench(database, emulator.url, tmp_path, overlap="auto")) as bench:
        yield bench


def sell(database: Database, number: int, changed: str) -> None:
    """An order."""
    values = f"{number}, '{changed}', '{client_id(number)}', 'paid', 1767225600, '10'"
    database.run(f"INSERT INTO orders VALUES ({values})")


def times(emulator: EmulatorServer) -> dict[int, int]:
    """Order → how often it was received."""
    return {int(client) % 10**17: count for client, count in delivered(emulator).items()}


def come_behind(orders: Bench, changed: str) -> None:
    """An order with a lower id and the mark of one that was sent."""
    sell(orders.database, 5, changed)
    orders.run()
    sell(orders.database, 3, changed)


def test_one_that_comes_behind_the_mark_comes_with_the_next(
    orders: Bench, emulator: EmulatorServer, kind: str
) -> None:
    """At the latest."""
    changed, _ = COARSE[kind]
    come_behind(orders, changed)
    orders.run()
    sell(orders.database, 9, changed)
    orders.run()
    assert times(emulator) == {3: 1, 5: 1, 9: 1}


def test_one_that_comes_behind_the_mark_comes_by_itself(
    orders: Bench, emulator: EmulatorServer, kind: str
) -> None:
    """Also if nothing else does; and then there is rest."""
    changed, after = COARSE[kind]
    come_behind(orders, changed)
    orders.clock.forward(after + timedelta(seconds=1))
    orders.run()
    assert times(emulator) == {3: 1, 5: 1}
    orders.clock.forward(timedelta(days=1))
    for _ in range(3):
        orders.run()
    assert orders.report.read == orders.report.known <= 1


@pytest.fixture
def number(mariadb: Database) -> Iterator[Connection]:
    """A connection to a MariaDB with a sequence."""
    mariadb.run(
        "CREATE SEQUENCE numbers NOCACHE",
        "CREATE TABLE orders (n bigint, changed bigint, client text, target text, paid bigint, total text)",
    )
    engine = create_engine(mariadb.url)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


@pytest.mark.parametrize("listed", [False, True])
def test_a_number_that_was_taken_before_the_transaction_is_listed(
    mariadb: Database, number: Connection, emulator: EmulatorServer, tmp_path: Path, *, listed: bool
) -> None:
    """MariaDB lists a transaction once it has touched a table, which may be after it took a number."""
    with closing(Bench(mariadb, emulator.url, tmp_path, overlap="auto", mark=("n",), key=("n",))) as bench:
        sell(mariadb, 1, "1")
        sell(mariadb, 2, "2")
        number.exec_driver_sql("SELECT setval(numbers, 2)")
        bench.run()
        bench.clock.forward(timedelta(minutes=1))
        bench.run()
        bench.run()
        assert bench.rows("SELECT mark = safe FROM syncd_marks") == [(1,)]
        slow = number.exec_driver_sql("SELECT nextval(numbers)").scalar_one()
        sell(mariadb, 4, "4")
        bench.run()
        number.exec_driver_sql(
            f"INSERT INTO orders VALUES ({slow}, 3, '{client_id(slow)}', 'paid', 1767225600, '10')"
        )
        if listed:
            bench.run()
            bench.clock.forward(timedelta(hours=1))
            bench.run()
        number.commit()
        bench.run()
        assert times(emulator) == {1: 1, 2: 1, 3: 1, 4: 1}
        bench.clock.forward(timedelta(minutes=1))
        for _ in range(3):
            bench.run()
        assert bench.rows("SELECT mark = safe FROM syncd_marks") == [(1,)]
        assert bench.report.read <= 1
