"""Column names that need quoting, in pages as text, on each database."""

from __future__ import annotations

from syncd.model import Column, IdKind
from syncd.source import SqlSource
from syncd.source.engines import Engines
from tests.support.servers import Database
from tests.support.source import database_settings
from tests.support.two_ways import a_query, taken_in

NAMES = {"o": "o%s", "i": "i%", "p": 'p "%%(x)s`', "d": "Select"}


def test_odd_names(database: Database) -> None:
    """Percent signs, quotes and keywords are part of a name and of nothing else."""
    mark = "`" if database.url.startswith("mysql") else '"'

    def quoted(name: str) -> str:
        return mark + name.replace(mark, mark * 2) + mark

    key, client, price, date = (quoted(NAMES[name]) for name in "oipd")
    database.run(
        f"CREATE TABLE t (m int, g varchar(9), c char(3), {key} int, {date} int, {price} int,"
        f" {client} varchar(20))",
        "INSERT INTO t VALUES (1, 'paid', 'RUB', 1, 1700000000, 5, '7')",
    )
    query = a_query(database, "UTC", (IdKind.CLIENT_ID,), None)
    columns = {
        **query.columns,
        Column.CLIENT_ID: NAMES["i"],
        Column.PRICE: NAMES["p"],
        Column.DATETIME: NAMES["d"],
    }
    query = query.model_copy(update={"key": (NAMES["o"],), "columns": columns})
    engines = Engines({"shop": database_settings(database.url)})
    for as_text in (True, False):
        chunk, texts_read = taken_in(query, SqlSource(query, engines), 10, as_text=as_text)
        assert (list(chunk.ready.lines), texts_read) == (["7,paid,1700000000,5,RUB"], int(as_text))
    engines.close()
