"""A user from whom MariaDB hides open transactions: rows may be missed, and everybody is told."""

from __future__ import annotations

from pathlib import Path

from syncd.emulator.server import EmulatorServer
from syncd.inspect.check import Level, look_at_query
from syncd.model import UNSEEN
from syncd.model.events import Event
from syncd.model.settings import QuerySettings
from syncd.source import SqlSource
from tests.support.centre import Bench
from tests.support.servers import Database
from tests.support.source import Sources, database_settings, query_settings

TABLE = "CREATE TABLE orders (n bigint PRIMARY KEY, client varchar(20), target varchar(9), paid datetime)"
SQL = "SELECT n, client AS ClientId, target AS Target, paid AS DateTime FROM orders"


def test_the_source_tells_that_it_is_not_told(mariadb: Database, source: Sources) -> None:
    """It knows a refusal from a database that never tells; with the privilege it is told."""
    mariadb.run(TABLE)
    for url, hidden in ((mariadb.reader_url, True), (mariadb.url, False)):
        reader = source(url, SQL, mark=("n",))
        assert (reader.open_transactions() is None, reader.hides_transactions) == (hidden, hidden)


def test_a_mariadb_url_is_read_with_the_same_care(mariadb: Database, source: Sources) -> None:
    """Whichever way the URL names it."""
    assert all(source(mariadb.url.replace("mysql", name, 1), SQL).lists_late for name in ("mysql", "mariadb"))


def test_check_says_so(mariadb: Database, source: Sources, bench: Bench) -> None:
    """With what to do; a fixed overlap needs no such thing, and a user who is told neither."""
    mariadb.run(TABLE, "INSERT INTO orders VALUES (1, '1', 'paid', '2026-01-01')")

    def opened(query: QuerySettings) -> SqlSource:
        return source(query.database.url.get_secret_value(), SQL, mark=("n",))

    for url, overlap, expected in (
        (mariadb.reader_url, "auto", 1),
        (mariadb.url, "auto", 0),
        (mariadb.reader_url, bench.query.overlap, 0),
    ):
        query = query_settings(database_settings(url), SQL, ("n",)).model_copy(update={"overlap": overlap})
        findings, _ = look_at_query(query, opened, bench.clock, lambda: None)
        told = [one for one in findings if "hides open transactions" in one.message]
        assert len(told) == expected
        assert all(one.level is Level.WARNING and "GRANT PROCESS" in (one.action or "") for one in told)


def test_log_and_status_say_so(mariadb: Database, emulator: EmulatorServer, tmp_path: Path) -> None:
    """Once an hour in the log; in the state store for as long as it is so."""
    mariadb.run(
        "CREATE TABLE orders (n integer, changed integer, client varchar(20), target varchar(9),"
        " paid integer, total varchar(9))"
    )
    for url, waits_for in ((mariadb.reader_url, UNSEEN), (mariadb.url, "")):
        bench = Bench(Database(url, url), emulator.url, tmp_path, overlap="auto")
        bench.run()
        bench.run()
        assert len(bench.listener.of(Event.TRANSACTIONS_HIDDEN)) == bool(waits_for)
        assert bench.rows("SELECT waits_for FROM syncd_marks") == [(waits_for,)]
        bench.close()
