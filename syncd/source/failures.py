"""A driver's exception as one of ours: unavailable (wait and try again) or refused (a person is needed).

The message is one line: the query, the database, the database's own words. The SQL, its values, the URL and
passwords are never part of it, so the original exception is not chained either.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from sqlalchemy import exc

from syncd.model.errors import DatabaseMissing, SourceError, SourceRefused, SourceUnavailable

LONGEST = 300
"""Characters of the database's own words that are shown."""

_PG_UNAVAILABLE = ("08", "25P0", "28", "3D", "40", "53", "55", "57", "58", "XX", "HV")
"""SQLSTATE classes (PostgreSQL, Appendix A) that pass, or that are not about the SQL."""

_MYSQL_UNAVAILABLE = frozenset(
    # Connections, logins, memory, disk, locks, shutdown, killed, timed out
    # (MariaDB Knowledge Base, "MariaDB Error Codes"; MySQL 8 "Server Error Message Reference").
    {1020, 1021, 1037, 1038, 1040, 1041, 1042, 1043, 1044, 1045, 1049, 1053, 1077, 1078, 1079, 1080, 1129}
    | {1130, 1135, 1152, 1153, 1154, 1155, 1156, 1157, 1158, 1159, 1160, 1161, 1180, 1184, 1189, 1190, 1203}
    | {1205, 1213, 1226, 1317, 1698, 1836, 1927, 1969, 3024, 3118, 3159, 3168, 4031, 4150, 4151}
)

_PG_NO_DATABASE = re.compile(r'FATAL: +database ".*" does not exist|база данных ".*" не существует')
"""libpq gives a failed connection no SQLSTATE, only the server's words in the language of its lc_messages."""
_MYSQL_NO_DATABASE = 1049
_MYSQL_SERVER = 1000
"""The first number of the server's own errors."""
_MYSQL_CLIENT = range(2000, 3000)
"""The client library's errors: not connected, or no longer."""

_PASSING = frozenset({"OperationalError", "InterfaceError", "InternalError"})
"""Classes that every driver has (PEP 249), for faults that are not about the SQL."""

_SQLITE_REFUSED = frozenset({1, 8, 18, 20, 23, 25})
"""SQLITE_ERROR (SQL, names), READONLY, TOOBIG, MISMATCH, AUTH, RANGE (https://sqlite.org/rescode.html)."""


def failure(error: BaseException, where: str, secrets: Iterable[str] = ()) -> SourceError:
    """Make the error to raise for a driver's; `where` begins the message, `secrets` are blotted out of it."""
    kind = SourceRefused if is_refused(error) else _unavailable(error)
    return kind(f"{where}: {blot(words(error), secrets)}")


def _unavailable(error: BaseException) -> type[SourceUnavailable]:
    """The class of an error that passes; a database that does not exist has one of its own."""
    original = getattr(error, "orig", None) or error
    number = original.args[0] if original.args else None
    missing = getattr(original, "sqlstate", None) == "3D000" or _PG_NO_DATABASE.search(str(original))
    is_mysql = type(original).__module__.startswith("pymysql")
    if missing or (is_mysql and number == _MYSQL_NO_DATABASE):
        return DatabaseMissing
    return SourceUnavailable


def is_refused(error: BaseException) -> bool:
    """Whether a person is needed, rather than patience."""
    original = getattr(error, "orig", None) or error
    state = getattr(original, "sqlstate", None) or ""
    number = original.args[0] if original.args and isinstance(original.args[0], int) else None
    sqlite = getattr(original, "sqlite_errorcode", None)
    if isinstance(error, exc.TimeoutError | OSError):
        return False
    if sqlite is not None:
        return sqlite & 0xFF in _SQLITE_REFUSED
    if type(original).__module__.startswith("pymysql") and number is not None:
        return number not in _MYSQL_UNAVAILABLE and not number < _MYSQL_SERVER and number not in _MYSQL_CLIENT
    if state:
        return not str(state).startswith(_PG_UNAVAILABLE)
    return not _PASSING.intersection(kind.__name__ for kind in type(original).__mro__)


def words(error: BaseException) -> str:
    """The database's own, in one line."""
    if isinstance(error, exc.TimeoutError):
        return "all connections are in use, and none became free in time"
    original = getattr(error, "orig", None) or error
    args = original.args
    numbered = len(args) > 1 and isinstance(args[0], int) and not isinstance(original, OSError)
    text = f"{args[1]} ({args[0]})" if numbered else str(original)  # MySQL: (number, message)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not lines:
        return type(original).__name__
    first = lines[0]
    if first.endswith((":", ",")) and len(lines) > 1:  # a heading says nothing by itself
        first = f"{first} {lines[1].lstrip('- ')}"
    return first


def blot(text: str, secrets: Iterable[str]) -> str:
    """The text without these, and not too long."""
    for secret in secrets:
        if secret:
            text = text.replace(secret, "***")
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
