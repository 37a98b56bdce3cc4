"""Memory does not grow with the width of the rows."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from zoneinfo import ZoneInfo

from syncd.emulator.server import EmulatorServer
from syncd.model import Column, IdKind
from syncd.model.settings import Constant
from syncd.source import Engines, SqlSource
from tests.support.each_database import kind
from tests.support.servers import Database
from tests.support.source import Sources, database_settings, drain, query_settings

WIDTH = 300_000
ROWS = 100
MANY_ROWS = 4000
LIMIT_KB = 200_000
"""Of the whole process, half of which are libraries."""

_SENDS = """\
import re, sys
from syncd.cli.main import run
code = run(["run", "--once"])
print(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1], file=sys.stderr)
sys.exit(code)
"""
"""What getrusage gives would begin with the size of the process that started it."""


def wide_text(database: Database) -> str:
    """SQL of a text that is wide."""
    return "hex(zeroblob(150000))" if kind(database) == "sqlite" else f"REPEAT('x', {WIDTH})"


def test_wide_rows(database: Database) -> None:
    """A column that is not used is not read; of one that is used, the beginning is."""
    database.run("CREATE TABLE t (m integer, i varchar(20), d integer)")
    database.many("INSERT INTO t VALUES (:m, '7', 1767225600)", [{"m": m + 1} for m in range(ROWS)])
    settings = database_settings(database.reader_url)
    wide = wide_text(database)
    query = query_settings(settings, f"SELECT m, i, d, {wide} AS unused, {wide} AS used FROM t").model_copy(
        update={
            "columns": {Column.CLIENT_ID: "i", Column.DATETIME: "d", Column.TARGET: "used"},
            "id_type": (IdKind.CLIENT_ID,),
            "timezone": ZoneInfo("UTC"),
        }
    )
    narrow = query.model_copy(update={"columns": {**query.columns, Column.TARGET: Constant(value="paid")}})
    engines = Engines({"shop": settings})
    try:
        assert SqlSource(narrow, engines).columns() == ("m", "i", "d")
        pages = list(SqlSource(query, engines).scan(None))
        assert pages[0].columns == ("m", "i", "d", "used")
        assert [row[0] for page in pages for row in page.rows] == list(range(1, ROWS + 1))
        assert max(len(str(row[3])) for page in pages for row in page.rows) == 1000
    finally:
        engines.close()


_WIDE_TYPES = {
    "postgresql": {
        "bytea": "decode({}, 'hex')",
        "json": "to_json({})",
        "jsonb": "to_jsonb({})",
        "char": "CAST({} AS char(300000))",
        "domain": "CAST({} AS syncd_note)",
        "enum": "CAST('short' AS syncd_mood)",
    },
    "mysql": {"bytes": "CAST({} AS binary)", "json": "JSON_QUOTE({})", "char": "CAST({} AS char)"},
    "sqlite": {"bytes": "CAST({} AS blob)", "number": "7", "real": "0.5", "null": "NULL"},
}


def test_wide_values_of_other_types(database: Database, source: Sources) -> None:
    """Bytes, documents and texts of types of one's own come cut; what is narrow comes as it is."""
    found = _WIDE_TYPES[kind(database)]
    wide = "repeat('ab', 150000)" if kind(database) != "sqlite" else wide_text(database)
    if kind(database) == "postgresql":
        database.run("CREATE DOMAIN syncd_note AS text", "CREATE TYPE syncd_mood AS ENUM ('short', 'long')")
    columns = ", ".join(f"{sql.format(wide)} AS c{place}" for place, sql in enumerate(found.values()))
    database.run("CREATE TABLE t (m integer)", "INSERT INTO t VALUES (1)")
    rows = drain(source(database.reader_url, f"SELECT m, {columns} FROM t"), 5)
    assert len(rows) == 1
    assert all(len(value) <= 1010 for value in rows[0] if isinstance(value, str | bytes))


def test_memory_of_the_process(database: Database, emulator: EmulatorServer, tmp_path: Path) -> None:
    """4,000 rows with two texts of 300 KB, one not used and one mapped: under 200 MB, and each has its fate.

    Nine in ten can be sent, so that both ways of reading are gone, as lines and as values.
    """
    database.run("CREATE TABLE t (m integer)")
    database.many("INSERT INTO t VALUES (:m)", [{"m": m} for m in range(MANY_ROWS)])
    wide = wide_text(database)
    sql = (
        f"SELECT m, 100000000000000000 + m AS client, 1767225600 + m AS paid, {wide} AS unused,"
        f" CASE WHEN m % 10 = 3 THEN {wide} ELSE 'paid' END AS target FROM t"
    )
    document = {
        "metrica": {"token": "y0_of-a-test-process", "api_url": emulator.url, "settle": "1s"},
        "databases": {"shop": {"url": database.reader_url}},
        "state": {"url": f"sqlite:///{tmp_path}/state.db"},
        "queries": {
            "orders": {
                "counter": 101,
                "id_type": "CLIENT_ID",
                "sql": sql,
                "columns": {"ClientId": "client", "Target": "target", "DateTime": "paid"},
                "mark": ["m"],
                "every": "1h",
            }
        },
    }
    (tmp_path / "syncd.yaml").write_text(json.dumps(document))
    done = subprocess.run(
        [sys.executable, "-c", _SENDS],
        cwd=tmp_path, env={**os.environ, "SYNCD_CONFIG": str(tmp_path / "syncd.yaml")},
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.stdout.split()[-7:-1] == ["orders", "4000", "0", "3600", "1", "400"], done.stdout
    assert int(done.stderr.split()[-1]) < LIMIT_KB
