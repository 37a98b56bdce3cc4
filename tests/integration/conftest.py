"""Each database that syncd is tested on, and a source of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.servers import Database
from tests.source_help import Sources


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
