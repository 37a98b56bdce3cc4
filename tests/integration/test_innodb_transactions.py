"""MariaDB's list of open transactions may be old by any time: only one that is of now is believed."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from threading import Event, Thread

import pytest
from sqlalchemy import Connection, create_engine

from syncd.emulator.server import EmulatorServer
from syncd.pipeline.reading.late_commits import PREPARED
from tests.support.centre import Bench, client_id, ids, open_shop_of, sent
from tests.support.servers import Database
from tests.support.source import Sources
from tests.support.waiting import eventually

SQL = "SELECT n FROM t"
READ = "SELECT count(*) FROM information_schema.innodb_trx"


@pytest.fixture
def writer(mariadb: Database) -> Iterator[Connection]:
    """A connection beside syncd, to a table of one column."""
    mariadb.run("CREATE TABLE t (n bigint PRIMARY KEY) ENGINE=InnoDB")
    engine = create_engine(mariadb.url)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


@contextmanager
def monitor(database: Database) -> Iterator[None]:
    """Somebody reads the server's list and never rests, which keeps it as it was."""
    rest, reads = Event(), Event()

    def read() -> None:
        engine = create_engine(database.url)
        with engine.connect() as connection:
            while not rest.is_set():
                connection.exec_driver_sql(READ).all()
                reads.set()
        engine.dispose()

    thread = Thread(target=read)
    thread.start()
    try:
        assert reads.wait(30)
        yield
    finally:
        rest.set()
        thread.join()


def test_while_others_read_the_list(mariadb: Database, source: Sources, writer: Connection) -> None:
    """A monitor that never rests keeps it as it was: nothing is told then, and all of it afterwards."""
    reader = source(mariadb.url, SQL, mark=("n",))
    with monitor(mariadb):
        writer.exec_driver_sql("INSERT INTO t VALUES (1)")
        assert reader.open_transactions() is None
    assert not reader.hides_transactions
    listed = reader.open_transactions()
    assert listed is not None
    assert len(listed) == 1


def test_who_was_seen_open_is_not_forgotten_for_one_list_that_is_old(
    mariadb: Database, emulator: EmulatorServer, tmp_path: Path
) -> None:
    """A row of a transaction that was open then, and began long ago, comes when it is committed."""
    open_shop_of(mariadb, "datetime(6)")

    def order(number: int, ago: int) -> str:
        changed = f"utc_timestamp(6) - interval {ago} second"
        return (
            f"INSERT INTO orders VALUES ({number}, {changed}, '{client_id(number)}', 'paid', 1767225600, '9')"
        )

    engine = create_engine(mariadb.url)
    with engine.connect() as slow, closing(Bench(mariadb, emulator.url, tmp_path, overlap="auto")) as bench:
        slow.exec_driver_sql(order(1, 900))
        mariadb.run(order(2, 890))
        bench.run()
        mariadb.run(order(3, 500))
        bench.run()
        with monitor(mariadb):
            mariadb.run(order(4, 400))
            bench.run()
        slow.commit()
        bench.clock.forward(timedelta(minutes=2))
        bench.run()
        assert sorted(sent(emulator)) == ids(1, 2, 3, 4)
    engine.dispose()


def test_many_queries_ask_at_once(mariadb: Database, source: Sources, writer: Connection) -> None:
    """They do not keep the list from each other, and none is told what was before it asked."""
    reader = source(mariadb.url, SQL, mark=("n",))
    for number in range(5):
        writer.exec_driver_sql(f"INSERT INTO t VALUES ({number})")
        with ThreadPoolExecutor(8) as pool:
            asked = [pool.submit(reader.open_transactions) for _ in range(16)]
        assert [len(one.result() or ()) for one in asked] == [1] * 16
        writer.rollback()
        assert reader.open_transactions() == {}


@pytest.mark.usefixtures("writer")
def test_a_prepared_transaction_outlives_its_connection(mariadb: Database, source: Sources) -> None:
    """It is listed under another identity, that of one which was listed before."""
    reader = source(mariadb.url, SQL, mark=("n",))
    engine = create_engine(mariadb.url, isolation_level="AUTOCOMMIT")
    with closing(engine.raw_connection()) as connection:
        cursor = connection.cursor()
        for statement in ("XA START 'x'", "INSERT INTO t VALUES (1)", "XA END 'x'"):
            cursor.execute(statement)
        attached = list(reader.open_transactions() or ())
        cursor.execute("XA PREPARE 'x'")
        connection.invalidate()  # closed without a word
    try:
        eventually(lambda: list(reader.open_transactions() or ()) != attached)
        detached = list(reader.open_transactions() or ())
    finally:
        with engine.connect() as other:
            other.exec_driver_sql("XA COMMIT 'x'")
        engine.dispose()
    assert [one.startswith(PREPARED) for one in attached + detached] == [False, True]
    assert reader.open_transactions() == {}
