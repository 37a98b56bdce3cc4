"""The servers the other tests stand on."""

from __future__ import annotations

import pytest

from tests.support.servers import Database


@pytest.fixture(params=["postgres", "mariadb", "sqlite_db"])
def database(request: pytest.FixtureRequest) -> Database:
    """Each of the three real databases in turn."""
    found: Database = request.getfixturevalue(request.param)
    return found


def test_fresh(database: Database) -> None:
    """A test's database is empty at first and the reader can read what is made in it."""
    database.run("CREATE TABLE t (a INTEGER)", "INSERT INTO t VALUES (1)")
    reader = Database(database.reader_url, database.reader_url)
    assert reader.rows("SELECT a FROM t") == [(1,)]


def test_fresh_again(database: Database) -> None:
    """What another test made is not seen."""
    database.run("CREATE TABLE t (a INTEGER)")
    assert not database.rows("SELECT a FROM t")
