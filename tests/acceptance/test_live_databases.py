"""DuckDB, ClickHouse and Firebird for real: every type of mark, ties at pages' edges, later rows."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path

import pytest

from syncd.emulator.server import EmulatorServer
from tests.support.fix_cli import Cli
from tests.support.live import FIRST, LIVE, MORE, LiveDatabase
from tests.support.servers import missing

DRIVERS = {"duckdb": "duckdb", "clickhouse": "chdb", "firebird": "firebird"}


def configure(cli: Cli, database: LiveDatabase, folder: Path, api_url: str) -> dict[str, int]:
    """A query for each type of mark, one more with the id behind it; the counter of each."""
    queries: dict[str, object] = {}
    for name in database.marks:
        for mark in (["m"], ["m", "id"]) if name == "finest" else (["m"],):
            queries[f"{name}_{len(mark)}"] = {
                "counter": 101 + len(queries),
                "sql": f"SELECT id, client, paid, m FROM {name}",
                "mark": mark,
            }
    document = {
        "metrica": {"token": "t", "api_url": api_url, "settle": "1s"},
        "databases": {"shop": {"url": database.url(folder), "timezone": "Europe/Moscow"}},
        "state": {"url": f"sqlite:///{cli.folder}/state.db"},
        "http": None,
        "defaults": {
            "id_type": "CLIENT_ID",
            "columns": {"ClientId": "client", "Target": {"value": "order_paid"}, "DateTime": "paid"},
            "key": ["id"],
            "overlap": "0s",
            "chunk_rows": 5,
        },
        "queries": queries,
    }
    cli.configure(json.dumps(document))
    return {name: 101 + place for place, name in enumerate(queries)}


def delivered(done: str) -> dict[str, int]:
    """How many rows of each query one `run --once --json` uploaded."""
    return {query["query"]: query["uploaded"] for query in json.loads(done)["queries"]}


@pytest.mark.parametrize("database", LIVE, ids=lambda database: database.name)
def test_every_row_comes_once(
    cli: Cli, database: LiveDatabase, emulator: EmulatorServer, tmp_path: Path
) -> None:
    """Each type of mark brings every row once, rows that come later too, and then rests."""
    if find_spec(DRIVERS[database.name]) is None or (
        database.name == "firebird" and not Path("/var/log/firebird").exists()
    ):
        missing(DRIVERS[database.name])
    database.create_tables(tmp_path)
    database.insert(tmp_path, 0, FIRST)
    counters = configure(cli, database, tmp_path, emulator.url)

    for expected in (FIRST, 0):
        done = cli.run("run", "--once", "--json")
        assert done.returncode == 0, done.stderr
        assert delivered(done.stdout) == dict.fromkeys(counters, expected)
    database.insert(tmp_path, FIRST, MORE)
    done = cli.run("run", "--once", "--json")
    assert delivered(done.stdout) == dict.fromkeys(counters, MORE), done.stderr
    checked = cli.run("check")
    assert "ERROR" not in checked.stdout, checked.stdout
