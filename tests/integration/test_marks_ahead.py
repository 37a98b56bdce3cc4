"""Rows that bear a mark of the future, by mistake: they are delivered, and hide none that come after them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from syncd.emulator.server import EmulatorServer
from syncd.model.events import Event
from tests.support.late import BY_NUMBER, QUERY, delivered, make_table
from tests.support.process import Process
from tests.support.servers import Database

IN_AN_HOUR = "in an hour"
"""Beyond any difference between the clocks of two machines."""


@pytest.mark.parametrize(
    ("server", "kind", "future", "further"),
    [
        ("postgres", "timestamptz", "2099-01-01 10:00:00", "2099-01-02 10:00:00"),
        ("postgres", "timestamptz", IN_AN_HOUR, "2099-01-02 10:00:00"),
        ("postgres", "timestamp", "infinity", "infinity"),
        ("postgres", "timestamptz", "infinity", "infinity"),
        ("postgres", "date", "12026-01-01", "infinity"),
        ("sqlite_db", "text", "2099-01-01 10:00:00", "2099-01-02 10:00:00"),
        ("sqlite_db", "text", IN_AN_HOUR, "2099-01-02 10:00:00"),
        ("sqlite_db", "text", "9999-12-31", "never"),
    ],
)
def test_a_mark_of_the_future_does_not_take_the_query_along(
    request: pytest.FixtureRequest,
    emulator: EmulatorServer,
    tmp_path: Path,
    server: str,
    kind: str,
    future: str,
    further: str,
) -> None:
    """A row that bears one by mistake is delivered; the rows that come after it are read as ever."""
    if future == IN_AN_HOUR:
        future = f"{datetime.now(UTC) + timedelta(hours=1):%Y-%m-%d %H:%M:%S}"
    database: Database = request.getfixturevalue(server)
    database.run(
        f"CREATE TABLE orders (id integer PRIMARY KEY, client text, created_at {kind}, paid_at text)"
    )
    query = {**QUERY, "sql": "SELECT * FROM orders", "columns": {**QUERY["columns"], "DateTime": "paid_at"}}
    insert = "INSERT INTO orders VALUES ({0}, '{0}', '{1}', '2026-01-01 00:00:00')"
    with Process(tmp_path, database.url, emulator.url, query) as syncd:
        database.run(insert.format(1, "2026-01-01 10:00:00"), insert.format(2, future))
        syncd.run()
        database.run(insert.format(3, "2026-01-02 11:00:00"), insert.format(4, further))
        syncd.run()
        database.run(insert.format(5, "2026-01-03 12:00:00"))
        syncd.run()
        assert delivered(emulator) == {"1": 1, "2": 1, "3": 1, "4": 1, "5": 1}
        assert 1 <= len(syncd.told.of(Event.MARK_AHEAD)) <= 2
        assert syncd.run().uploads == 0
        assert "2026-01-03" in str(syncd.resources.store.positions()["orders"].mark)


@pytest.mark.parametrize("others", [True, False])
@pytest.mark.parametrize("future", ["infinity", "2099-01-01"])
def test_a_query_that_starts_now_begins_before_it(
    postgres: Database, emulator: EmulatorServer, tmp_path: Path, future: str, *, others: bool
) -> None:
    """What was there before is not sent, the row of the future neither; what comes after is."""
    make_table(postgres)
    insert = "INSERT INTO orders (client, created_at) VALUES ({}, '{}')"
    query = {**QUERY, "start": "now", "sql": "SELECT id, client, created_at, now() AS paid FROM orders"}
    query["columns"] = {**QUERY["columns"], "DateTime": "paid"}
    with Process(tmp_path, postgres.url, emulator.url, query) as syncd:
        postgres.run(insert.format(1, future), *([insert.format(2, "2026-01-01")] if others else []))
        syncd.run()
        assert delivered(emulator) == {}
        syncd.clock.ahead += timedelta(hours=1)
        in_a_while = f"{datetime.now(UTC) + timedelta(minutes=30):%Y-%m-%d %H:%M:%S}+00"
        postgres.run(insert.format(3, in_a_while))
        syncd.run()
        assert delivered(emulator) == {"3": 1}


@pytest.mark.parametrize("kind", ["numeric", "float8"])
@pytest.mark.parametrize("highest", ["NaN", "Infinity"])
def test_what_is_beyond_all_numbers_does_not_take_the_query_along(
    postgres: Database, emulator: EmulatorServer, tmp_path: Path, kind: str, highest: str
) -> None:
    """Nothing could ever come behind it."""
    postgres.run(f"CREATE TABLE orders (id {kind}, client text, created_at timestamptz DEFAULT now())")
    with Process(tmp_path, postgres.url, emulator.url, BY_NUMBER) as syncd:
        postgres.run(f"INSERT INTO orders VALUES (1, '1'), ('{highest}', '2')")
        syncd.run()
        postgres.run("INSERT INTO orders VALUES (3, '3')")
        syncd.run()
        assert delivered(emulator) == {"1": 1, "2": 1, "3": 1}
        assert syncd.run().uploads == 0
