"""One row with a mark far ahead, by mistake: it is sent and named, and takes the query nowhere."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from syncd.emulator.server import EmulatorServer
from syncd.model.events import Event
from syncd.monitoring.overview import overview
from tests.support.late import QUERY, delivered
from tests.support.process import Process
from tests.support.servers import Database

NOW = int(time.time())


def open_table(database: Database, kind: str) -> dict[str, Any]:
    """A table whose mark is of that type, and the query over it."""
    database.run(f"CREATE TABLE orders (id {kind}, client varchar(20), paid_at varchar(20))")
    columns = {**QUERY["columns"], "DateTime": "paid_at"}
    return {**QUERY, "sql": "SELECT * FROM orders", "columns": columns, "mark": ["id"]}


def insert(database: Database, *ids: object) -> None:
    """Orders of these ids; the client is named after the id's digits."""
    for one in ids:
        client = "".join(char for char in str(one) if char.isdigit()) or "77"
        database.run(f"INSERT INTO orders VALUES ('{one}', '{int(client)}', '2026-01-01 00:00:00')")


def status(syncd: Process) -> list[str]:
    """What `status` says of the query."""
    report = overview(syncd.resources.store, [syncd.query], syncd.clock)
    return [str(finding) for finding in report.queries[0].findings]


CASES: dict[str, tuple[str, str, Any, object, Any, str]] = {
    "id": ("postgres", "bigint", range(10_001, 10_006), 9_000_000_000, range(10_006, 10_017), "auto"),
    "id-0s": ("sqlite_db", "integer", range(10_001, 10_006), 9_000_000_000, range(10_006, 10_017), "0s"),
    "id-5m": ("mariadb", "bigint", range(10_001, 10_006), 9_000_000_000, range(10_006, 10_017), "5m"),
    "ms": (
        "postgres",
        "bigint",
        range(NOW - 500, NOW - 495),
        NOW * 1000,
        range(NOW - 400, NOW - 389),
        "auto",
    ),
    "future": (
        "sqlite_db",
        "integer",
        range(NOW - 50, NOW - 45),
        NOW + 90_000,
        range(NOW - 40, NOW - 29),
        "5m",
    ),
    "text": (
        "mariadb",
        "varchar(30)",
        ["ORD-01", "ORD-02", "ORD-03"],
        "zzz",
        ["ORD-04", "ORD-05", "ORD-06"],
        "auto",
    ),
    "iso": (
        "sqlite_db",
        "text",
        ["2026-01-01 10:00:01"],
        "zzz",
        ["2026-01-01 10:00:03", "2026-01-01 10:00:04"],
        "0s",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_it_takes_the_query_nowhere(
    request: pytest.FixtureRequest,
    emulator: EmulatorServer,
    tmp_path: Path,
    case: str,
) -> None:
    """Whether it came with the first rows or later, and across a restart; each row arrives once."""
    server, kind, first, odd, then, overlap = CASES[case]
    database: Database = request.getfixturevalue(server)
    query = {**open_table(database, kind), "overlap": overlap}
    with Process(tmp_path, database.url, emulator.url, query) as syncd:
        insert(database, *first, odd)
        syncd.run()
        assert len(syncd.told.of(Event.MARK_AHEAD)) == 1
        assert any(str(odd) in words and "does not follow" in words for words in status(syncd))
    with Process(tmp_path, database.url, emulator.url, query) as syncd:
        insert(database, *then[:-1])
        syncd.run()
        assert syncd.run().uploads == 0
        assert set(delivered(emulator).values()) == {1}
        assert len(delivered(emulator)) == len([*first, odd, *then]) - 1
        database.run(f"DELETE FROM orders WHERE id = '{odd}'")
        insert(database, then[-1])
        syncd.run()
        assert not any("does not follow" in words for words in status(syncd))


def test_where_many_rows_follow_it_the_query_goes_on_there(
    postgres: Database, emulator: EmulatorServer, tmp_path: Path
) -> None:
    """A jump of ids that is meant costs some rows read again, until the rows there are many."""
    query = open_table(postgres, "bigint")
    with Process(tmp_path, postgres.url, emulator.url, query) as syncd:
        insert(postgres, *range(1, 31), 5_000_000_000)
        syncd.run()
        postgres.run(
            "INSERT INTO orders SELECT 5000000000 + n, 5000000000 + n, '2026-01-01 00:00:00'"
            " FROM generate_series(1, 120) AS n"
        )
        syncd.run()
        assert "5000000120" in str(syncd.resources.store.positions()["orders"].mark)
        assert syncd.run().uploads == 0
        assert len(delivered(emulator)) == 151
        assert set(delivered(emulator).values()) == {1}
        assert not any("does not follow" in words for words in status(syncd))
