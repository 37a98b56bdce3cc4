"""Databases that run inside the process, each in a folder of its own: DuckDB, ClickHouse (chdb), Firebird."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

FIRST = 24
"""Rows of each table at first."""
MORE = 7
"""Rows that come later."""


@dataclass(frozen=True)
class MarkType:
    """A column's type, and the SQL of the value of row `n`; rows 2 n and 2 n + 1 have the same."""

    declared: str
    value: Callable[[int], str]


@dataclass(frozen=True)
class LiveDatabase:
    """How to make a table with each type of mark."""

    name: str
    url: Callable[[Path], str]
    marks: Mapping[str, MarkType]
    integer: str = "BIGINT"
    text: str = "VARCHAR(40)"
    paid: str = "TIMESTAMP"
    paid_value: str = "TIMESTAMP '2026-01-02 10:00:00'"
    suffix: str = ""
    prepare: Callable[[Path], None] = lambda _folder: None

    def run(self, folder: Path, statements: Sequence[str]) -> None:
        """Run statements, each committed by itself."""
        engine = create_engine(self.url(folder), poolclass=NullPool)
        with engine.connect() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)
                connection.commit()
        engine.dispose()

    def create_tables(self, folder: Path) -> None:
        """Make a table for each type of mark, without rows."""
        self.prepare(folder)
        columns = f"id {self.integer}, client {self.text}, paid {self.paid}, m"
        self.run(
            folder,
            [
                f"CREATE TABLE {name} ({columns} {mark.declared}){self.suffix}"
                for name, mark in self.marks.items()
            ],
        )

    def insert(self, folder: Path, first: int, count: int) -> None:
        """Add rows `first` … to each table."""
        self.run(
            folder,
            [
                f"INSERT INTO {name} SELECT {n}, '{10**17 + n}', {self.paid_value}, {mark.value(n // 2)}"
                + (" FROM rdb$database" if self.name == "firebird" else "")
                for name, mark in self.marks.items()
                for n in range(first, first + count)
            ],
        )


def _create_firebird(folder: Path) -> None:
    from firebird.driver import create_database  # noqa: PLC0415 — only where its test runs

    create_database(f"{folder}/shop.fdb", user="SYSDBA", charset="UTF8").close()


DUCKDB = LiveDatabase(
    "duckdb",
    lambda folder: f"duckdb:///{folder}/shop.duckdb",
    {
        "finest": MarkType("TIMESTAMP_NS", lambda n: f"TIMESTAMP_NS '2026-01-01 00:00:00.1234567{n:02}'"),
        "zoned": MarkType("TIMESTAMPTZ", lambda n: f"TIMESTAMPTZ '2026-10-25 00:59:59.9999{n:02}+00'"),
        "seconds": MarkType("TIMESTAMP_S", lambda n: f"TIMESTAMP_S '2026-01-01 00:00:{n:02}'"),
        "days": MarkType("DATE", lambda n: f"DATE '2026-01-01' + {n}"),
        "huge": MarkType("HUGEINT", lambda n: f"170141183460469231731687303715884105000::HUGEINT + {n}"),
        "exact": MarkType("DECIMAL(38,10)", lambda n: f"1234567890123456789012345678.00000000{n:02}"),
        "inexact": MarkType("DOUBLE", lambda n: f"(0.1 + 0.2)::DOUBLE + {n}"),
        "letters": MarkType("VARCHAR", lambda n: f"'Ä{n:03}'"),
        "bytes": MarkType("BLOB", lambda n: f"unhex('00FF{n:02X}')"),
    },
)
CLICKHOUSE = LiveDatabase(
    "clickhouse",
    lambda folder: f"clickhousedb:///default?interface=chdb&path={folder}/clickhouse",
    {
        "finest": MarkType(
            "DateTime64(9, 'Europe/Moscow')",
            lambda n: f"toDateTime64('2026-01-01 00:00:00.1234567{n:02}', 9, 'Europe/Moscow')",
        ),
        "millis": MarkType("DateTime64(3)", lambda n: f"toDateTime64('2026-01-01 00:00:00.{n:03}', 3)"),
        "elsewhere": MarkType(
            "DateTime64(3, 'America/New_York')",
            lambda n: f"toDateTime64('2026-11-01 05:59:59.9{n:02}', 3, 'UTC')",
        ),
        "seconds": MarkType("DateTime", lambda n: f"toDateTime('2026-01-01 00:00:00') + {n}"),
        "days": MarkType("Date", lambda n: f"toDate('2026-01-01') + {n}"),
        "int128": MarkType("Int128", lambda n: f"toInt128('170141183460469231731687303715884105000') + {n}"),
        "uint256": MarkType("UInt256", lambda n: f"toUInt256('{2**256 - 1000}') + {n}"),
        "exact": MarkType(
            "Decimal(76, 20)", lambda n: f"toDecimal256('{10**40}.00000000000000000{n:03}', 20)"
        ),
        "inexact": MarkType("Float64", lambda n: f"0.1 + 0.2 + {n}"),
        "letters": MarkType("LowCardinality(String)", lambda n: f"'Ä{n:03}'"),
        "fixed": MarkType("FixedString(6)", lambda n: f"'A{n:03}'"),
    },
    integer="Int64",
    text="FixedString(24)",
    paid="DateTime64(3, 'Europe/Moscow')",
    paid_value="toDateTime64('2026-01-02 10:00:00', 3, 'Europe/Moscow')",
    suffix=" ENGINE = MergeTree ORDER BY id",
)
FIREBIRD = LiveDatabase(
    "firebird",
    lambda folder: f"firebird+firebird://SYSDBA@/{folder}/shop.fdb?charset=UTF8",
    {
        "finest": MarkType("TIMESTAMP", lambda n: f"CAST('2026-01-01 00:00:00.12{n:02}' AS TIMESTAMP)"),
        "days": MarkType("DATE", lambda n: f"DATEADD({n} DAY TO DATE '2026-01-01')"),
        "whole": MarkType("BIGINT", lambda n: f"{2**63 - 1000} + {n}"),
        "exact": MarkType("NUMERIC(18,4)", lambda n: f"12345678901234.00{n:02}"),
        "inexact": MarkType("DOUBLE PRECISION", lambda n: f"CAST(0.1 AS DOUBLE PRECISION) + {n}"),
        "letters": MarkType("VARCHAR(20)", lambda n: f"'A{n:03}'"),
        "fixed": MarkType("CHAR(20)", lambda n: f"'A{n:03}'"),
    },
    prepare=_create_firebird,
)
LIVE: Sequence[LiveDatabase] = (DUCKDB, CLICKHOUSE, FIREBIRD)
