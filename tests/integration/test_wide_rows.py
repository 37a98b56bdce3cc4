"""Memory does not grow with the width of the rows."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from syncd.model import Column, IdKind
from syncd.model.settings import Constant
from syncd.source import Engines, SqlSource
from tests.support.each_database import kind
from tests.support.servers import Database
from tests.support.source import database_settings, query_settings

WIDTH = 300_000
ROWS = 100


def test_wide_rows(database: Database) -> None:
    """A column that is not used is not read; one that is used comes cut, or in pages of few rows."""
    wide = "hex(zeroblob(150000))" if kind(database) == "sqlite" else f"REPEAT('x', {WIDTH})"
    text = "longtext" if kind(database) == "mysql" else "text"
    database.run(
        f"CREATE TABLE t (m integer, i varchar(20), d integer, unused {text}, used {text})",
        f"INSERT INTO t VALUES (1, '7', 1767225600, {wide}, {wide})",
        *(f"INSERT INTO t SELECT m + {1 << power}, i, d, unused, used FROM t" for power in range(7)),
        f"DELETE FROM t WHERE m > {ROWS}",
    )
    settings = database_settings(database.reader_url)
    query = query_settings(settings, "SELECT * FROM t", ("m",)).model_copy(
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
        assert max(sum(len(str(row[3])) for row in page.rows) for page in pages) < 60 * WIDTH
    finally:
        engines.close()
