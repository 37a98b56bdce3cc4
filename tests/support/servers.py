"""Real servers for tests: found or skipped, and never left behind, however the test run ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, Never

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool

REAPER = """
import os, shutil, signal, sys, time
sys.stdin.buffer.read()  # returns when the test process is gone, also after kill -9
pid, directory = int(sys.argv[1]), sys.argv[2]
for sign in (signal.SIGQUIT, signal.SIGKILL):
    try:
        os.kill(pid, sign)
    except ProcessLookupError:
        break
    for _ in range(50):
        time.sleep(0.1)  # no child of ours, so nothing tells us of its end
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            break
shutil.rmtree(directory, ignore_errors=True)
"""


def missing(server: str) -> Never:
    """A desk without the server skips the test; CI must have it."""
    if os.environ.get("CI"):
        pytest.fail(f"{server} is missing, and CI must not skip its tests")
    pytest.skip(f"{server} is not installed")


def reaper(pid: int, directory: str) -> subprocess.Popen[bytes]:
    """A helper that outlives a killed test run by as long as it takes to stop server `pid`.

    It waits for the end of its standard input, which comes when this process ends in whatever way. After a
    proper stop `dismiss` ends it instead, so that it can never hit a process that was given the same id.
    """
    return subprocess.Popen(
        [sys.executable, "-c", REAPER, str(pid), directory],
        stdin=subprocess.PIPE,
        start_new_session=True,
    )


def dismiss(helper: subprocess.Popen[bytes]) -> None:
    """End a reaper whose server has been stopped properly."""
    helper.send_signal(signal.SIGKILL)
    helper.communicate()


@lru_cache(maxsize=64)
def _engine(url: str, isolation_level: Literal["AUTOCOMMIT"] | None = None) -> Engine:
    """Each connection is a new one; what SQLAlchemy asks a server at the first is asked once."""
    level: dict[str, Any] = {} if isolation_level is None else {"isolation_level": isolation_level}
    return create_engine(url, poolclass=NullPool, **level)


@dataclass(frozen=True, slots=True)
class Database:
    """A fresh database of one test, on a real server."""

    url: str
    """A SQLAlchemy URL text of a user who may do anything in it."""
    reader_url: str
    """The same database for the user `reader`, password `correct-horse`, who may SELECT. SQLite: `url`."""

    def run(self, *statements: str) -> None:
        """Run SQL statements verbatim (no parameters), each committed by itself."""
        self._run(statements)

    def rows(self, statement: str) -> list[tuple[object, ...]]:
        """The rows of one SQL statement, run verbatim."""
        return self._run([statement])

    def many(self, statement: str, parameters: Sequence[dict[str, object]]) -> None:
        """Run one statement with `:name` parameters once per element, in one transaction."""
        with _engine(self.url).begin() as connection:
            connection.execute(text(statement), parameters)

    def _run(self, statements: Sequence[str]) -> list[tuple[object, ...]]:
        rows: list[tuple[object, ...]] = []
        # AUTOCOMMIT because CREATE DATABASE and VACUUM refuse a transaction.
        with _engine(self.url, "AUTOCOMMIT").connect() as connection:
            for statement in statements:
                result = connection.exec_driver_sql(statement, execution_options={"no_parameters": True})
                rows = [tuple(row) for row in result] if result.returns_rows else []
        return rows

    @property
    def name(self) -> str:
        """The database's name, or the file's path."""
        return make_url(self.url).database or ""
