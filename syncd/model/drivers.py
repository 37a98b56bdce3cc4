"""The kinds of database there are, their drivers, and the packages that bring those. Connects to nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from typing import NamedTuple


class Driver(NamedTuple):
    """What a driver is made of."""

    module: str
    """Whether it can be found tells whether the driver is installed."""
    package: str
    """What pip takes."""


_MYSQL = {
    "pymysql": Driver("pymysql", "syncd[mysql]"),
    "mysqldb": Driver("MySQLdb", "mysqlclient"),
    "mysqlconnector": Driver("mysql", "mysql-connector-python"),
    "mariadbconnector": Driver("mariadb", "mariadb"),
    "cymysql": Driver("cymysql", "cymysql"),
    "pyodbc": Driver("pyodbc", "pyodbc"),
}
DRIVERS: Mapping[str, Mapping[str, Driver]] = {
    "postgresql": {
        "psycopg": Driver("psycopg", "psycopg[binary]"),
        "psycopg2": Driver("psycopg2", "psycopg2-binary"),
        "psycopg2cffi": Driver("psycopg2cffi", "psycopg2cffi"),
        "pg8000": Driver("pg8000", "pg8000"),
    },
    "mysql": _MYSQL,
    "mariadb": _MYSQL,
    "sqlite": {"pysqlite": Driver("sqlite3", "")},
    "mssql": {
        "pyodbc": Driver("pyodbc", "syncd[mssql]"),
        "pymssql": Driver("pymssql", "pymssql"),
        "mssqlpython": Driver("mssql_python", "mssql-python"),
    },
    "oracle": {
        "oracledb": Driver("oracledb", "syncd[oracle]"),
        "cx_oracle": Driver("cx_Oracle", "cx_Oracle"),
    },
    "duckdb": {"duckdb": Driver("duckdb_engine", "syncd[duckdb]")},
    "firebird": {"firebird": Driver("sqlalchemy_firebird", "syncd[firebird]")},
    "clickhousedb": {"connect": Driver("clickhouse_connect", "syncd[clickhouse]")},
}
"""SQLAlchemy's own dialects and those of our extras, with the drivers that wait for an answer (its others are
for asyncio). The first of each is the one that is meant where a URL names none."""


def kinds() -> list[str]:
    """What a URL may begin with on this machine."""
    return sorted({*DRIVERS, *(kind for kind, _ in _plugged_in())})


def drivers_of(kind: str) -> list[str]:
    """What may stand behind the `+`."""
    plugged_in = (driver for of, driver in _plugged_in() if of == kind and driver)
    return list(dict.fromkeys((*DRIVERS.get(kind, ()), *plugged_in)))


def lacking(url: str) -> Driver | None:
    """The driver that the URL needs and that is not installed."""
    kind, _, named = url.partition("://")[0].partition("+")
    known = DRIVERS.get(kind.lower(), {})
    driver = known.get(named or next(iter(known), ""))
    return driver if driver and find_spec(driver.module) is None else None


def _plugged_in() -> Iterator[tuple[str, str]]:
    """Kind and driver ("": the kind's usual one) of what other packages bring to SQLAlchemy."""
    from importlib.metadata import entry_points  # noqa: PLC0415 — only where a URL is not of the usual ones

    for plugin in entry_points(group="sqlalchemy.dialects"):
        kind, _, driver = plugin.name.partition(".")
        yield kind, driver
