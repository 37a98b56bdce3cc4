"""What many of these tests begin with: each database and a source of it, a query over a shop."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from syncd.emulator.server import EmulatorServer
from tests.support.centre import Bench, open_shop
from tests.support.servers import Database
from tests.support.source import Sources


@pytest.fixture(params=["postgres", "mariadb", "sqlite_db"])
def database(request: pytest.FixtureRequest) -> Database:
    """Each of the three real databases in turn."""
    found: Database = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def source() -> Iterator[Sources]:
    """Makes sources, and closes them after the test."""
    sources = Sources()
    yield sources
    sources.close()


@pytest.fixture
def bench(sqlite_db: Database, emulator: EmulatorServer, tmp_path: Path) -> Iterator[Bench]:
    """One query over an empty table of orders."""
    open_shop(sqlite_db)
    bench = Bench(sqlite_db, emulator.url, tmp_path)
    yield bench
    bench.close()
