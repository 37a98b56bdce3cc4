"""`sqlite_db`: a fresh SQLite file per test."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tests.support.servers import Database


@pytest.fixture
def sqlite_db(tmp_path: Path) -> Database:
    """A fresh, empty SQLite database file in WAL mode."""
    path = tmp_path / "source.db"
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.close()
    url = f"sqlite:///{path}"
    return Database(url=url, reader_url=url)
