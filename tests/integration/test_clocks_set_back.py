"""Marks without a zone, on the night on which the clocks go back: the hour that comes twice is read twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from syncd.emulator.server import EmulatorServer
from tests.support.late import QUERY, delivered
from tests.support.process import Process
from tests.support.servers import Database

BEGIN = datetime(2025, 10, 26, 0, 50, tzinfo=UTC)
"""02:50 in Berlin, for the first time; ten minutes later the clocks are set back to 02:00."""
ROWS = [
    [(1, "02:50:10"), (2, "02:58:58")],  # the first pass
    [(3, "02:01:00"), (4, "02:01:00"), (5, "02:15:30")],  # the second one
    [(6, "02:58:58"), (7, "02:59:59")],
    [(8, "02:30:00"), (9, "03:00:04")],  # one was committed late
]
WHEN = [9, 26, 70, 71]
"""Minutes after BEGIN at which they are read."""


@pytest.mark.parametrize(
    ("server", "kind", "overlap"),
    [
        ("postgres", "timestamp", "auto"),
        ("postgres", "timestamp", "0s"),
        ("mariadb", "datetime(6)", "auto"),
        ("sqlite_db", "text", "auto"),
        ("sqlite_db", "text", "1m"),
    ],
)
def test_rows_of_the_second_pass(
    request: pytest.FixtureRequest,
    emulator: EmulatorServer,
    tmp_path: Path,
    server: str,
    kind: str,
    overlap: str,
) -> None:
    """Each arrives once, and a poll rests when the hour is over."""
    database: Database = request.getfixturevalue(server)
    database.run(f"CREATE TABLE orders (id integer PRIMARY KEY, client varchar(20), changed {kind})")
    sql = "SELECT id, client, changed, '2025-01-01T00:00:00Z' AS paid FROM orders"
    columns = {**QUERY["columns"], "DateTime": "paid"}
    query: dict[str, Any] = {**QUERY, "sql": sql, "columns": columns, "mark": ["changed", "id"]}
    query |= {"timezone": "Europe/Berlin", "overlap": overlap}
    expected: dict[str, int] = {}
    for part, minutes in zip(ROWS, WHEN, strict=True):
        with Process(tmp_path, database.url, emulator.url, query) as syncd:
            syncd.clock.ahead = BEGIN - datetime.now(UTC) + timedelta(minutes=minutes)
            if minutes != WHEN[-1]:
                syncd.run()  # before the rows come, so that later they come to a process that was at rest
                syncd.clock.ahead += timedelta(seconds=61)
            for number, local in part:
                database.run(f"INSERT INTO orders VALUES ({number}, '{number}', '2025-10-26 {local}')")
                expected[str(number)] = 1
            syncd.run()
            assert delivered(emulator) == expected, minutes
            for _ in range(2):
                syncd.clock.ahead += timedelta(minutes=2)
                assert syncd.run().uploads == 0


def test_a_daemon_that_was_away_all_night(
    sqlite_db: Database, emulator: EmulatorServer, tmp_path: Path
) -> None:
    """From any mark within the hour it is read from its beginning, however late."""
    sqlite_db.run("CREATE TABLE orders (id integer PRIMARY KEY, client text, changed text)")
    sql = "SELECT id, client, changed, '2025-01-01T00:00:00Z' AS paid FROM orders"
    query = {**QUERY, "sql": sql, "columns": {**QUERY["columns"], "DateTime": "paid"}}
    query |= {"mark": ["changed", "id"], "timezone": "Europe/Berlin"}
    insert = "INSERT INTO orders VALUES ({0}, '{0}', '2025-10-26 {1}')"
    with Process(tmp_path, sqlite_db.url, emulator.url, query) as syncd:
        syncd.clock.ahead = BEGIN - datetime.now(UTC) + timedelta(minutes=9)
        sqlite_db.run(insert.format(1, "02:58:58"))
        syncd.run()
    with Process(tmp_path, sqlite_db.url, emulator.url, query) as syncd:
        sqlite_db.run(insert.format(2, "02:10:00"), insert.format(3, "05:00:00"))
        syncd.run()
        assert delivered(emulator) == {"1": 1, "2": 1, "3": 1}
