"""A driver's exception as one of ours."""

from __future__ import annotations

import sqlite3

import psycopg
import pymysql
import pytest
from psycopg import errors as pg
from sqlalchemy import exc

from syncd.model.errors import DatabaseMissing, SourceRefused, SourceUnavailable
from syncd.source.failures import LONGEST, failure


def wrapped(error: Exception) -> exc.DBAPIError:
    """As SQLAlchemy hands it on, with the SQL and a value in its text."""
    return exc.DBAPIError("SELECT secret_sql", {"a": "secret value"}, error)


@pytest.mark.parametrize(
    "error",
    [
        psycopg.OperationalError("connection failed"),
        pg.QueryCanceled("canceling statement due to statement timeout"),
        pg.AdminShutdown("terminating connection"),
        pg.TooManyConnections("sorry"),
        pg.InvalidPassword("password authentication failed"),
        pg.LockNotAvailable("lock timeout"),
        pg.SerializationFailure("conflict with recovery"),
        pymysql.OperationalError(2013, "Lost connection"),
        pymysql.OperationalError(1045, "Access denied"),
        pymysql.OperationalError(1969, "max_statement_time exceeded"),
        pymysql.InterfaceError(0, ""),
        TimeoutError("timed out"),
        exc.TimeoutError("QueuePool limit"),
    ],
)
def test_unavailable(error: Exception) -> None:
    """What passes by itself, or is about the connection, is unavailable."""
    for form in (error, wrapped(error)) if not isinstance(error, exc.TimeoutError | OSError) else (error,):
        assert type(failure(form, "query q")) is SourceUnavailable


def test_a_database_that_does_not_exist() -> None:
    """It is told for what it is, and tried again like whatever is unavailable."""
    error = pg.InvalidCatalogName("database does not exist")
    assert type(failure(wrapped(error), "query q")) is DatabaseMissing
    assert issubclass(DatabaseMissing, SourceUnavailable)


@pytest.mark.parametrize(
    "error",
    [
        pg.UndefinedTable("relation does not exist"),
        pg.SyntaxError("syntax error"),
        pg.InsufficientPrivilege("permission denied"),
        pg.DivisionByZero("division by zero"),
        pg.ReadOnlySqlTransaction("cannot execute INSERT"),
        pg.RaiseException("by a function"),
        pymysql.OperationalError(1054, "Unknown column"),
        pymysql.ProgrammingError(1146, "Table does not exist"),
        pymysql.OperationalError(1142, "SELECT command denied"),
        pymysql.OperationalError(3100, "something newer"),
        OverflowError("Python int too large to convert to SQLite INTEGER"),
    ],
)
def test_refused(error: Exception) -> None:
    """What is about the SQL is refused: it will fail again until a person changes something."""
    assert type(failure(error, "query q")) is SourceRefused


def test_sqlite() -> None:
    """SQLite uses one class for both: its error code decides."""
    connection = sqlite3.connect(":memory:")
    with pytest.raises(sqlite3.OperationalError) as caught:
        connection.execute("SELECT * FROM nowhere")
    connection.close()
    assert type(failure(caught.value, "query q")) is SourceRefused
    with pytest.raises(sqlite3.OperationalError) as caught:
        sqlite3.connect("file:/nowhere/at/all?mode=ro", uri=True)
    assert type(failure(caught.value, "query q")) is SourceUnavailable


def test_one_line_without_sql() -> None:
    """The message is the place and the first line of the database's words: no SQL, no values, no password."""
    error = wrapped(pg.UndefinedTable("no table hunter2\nLINE 1: SELECT secret_sql"))
    assert str(failure(error, "query q: database d", ["hunter2", ""])) == "query q: database d: no table ***"


def test_headings_and_length() -> None:
    """A first line that only announces the next is joined with it; endless words are cut."""
    headed = psycopg.OperationalError(
        "Multiple connection attempts failed. All failures were:\n- host: 'a': refused"
    )
    assert str(failure(headed, "q")).endswith("All failures were: host: 'a': refused")
    assert len(str(failure(psycopg.OperationalError("x" * 1000), "q"))) == LONGEST + len("q: ")
    assert str(failure(pymysql.OperationalError(1045, "Access denied"), "q")) == "q: Access denied (1045)"
    assert str(failure(psycopg.OperationalError(""), "q")) == "q: OperationalError"
