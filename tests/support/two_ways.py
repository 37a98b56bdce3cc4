"""What the tests of the two ways of a page share, on whatever database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from syncd.model import Chunk, Column, IdKind, Mark, TextPage
from syncd.model.settings import Constant, QuerySettings
from syncd.pipeline.chunking.intake import Intake, NothingKnown
from syncd.source import SqlSource
from tests.support.servers import Database
from tests.support.source import database_settings, query_settings

NOW = datetime(2026, 6, 1, tzinfo=UTC)
NAMES = ("o", "m", "i", "u", "g", "d", "p", "c")
"""The key, the mark, two ids, goal, date, price and currency."""

words = st.sampled_from(
    ["", " ", "a", " padded ", "x,y", 'say "x"', "tab\tbed", "line\nline", "ü€", "\u2028", "\x7f"]
)
digits = st.integers(0, 10**21).map(str) | st.sampled_from(
    ["00123", "-5", "1e5", "12.0", ".5", "5.", "٣", " 7"]
)
years = st.one_of(
    *(
        st.datetimes(datetime.fromisoformat(first), datetime.fromisoformat(last))
        for first, last in (("1999-12-20", "2027-01-01"), ("2025-10-20", "2025-11-01"))
    )
)
zones = st.sampled_from(["Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"])
id_types = st.sampled_from([(IdKind.CLIENT_ID,), (IdKind.CLIENT_ID, IdKind.USER_ID), (IdKind.USER_ID,)])


def between(oldest: datetime, newest: datetime) -> list[datetime]:
    """Two hundred moments that lie evenly from the one to the other, and the last."""
    return [oldest + n * (newest - oldest) / 200 for n in range(201)]


def taken_in(query: QuerySettings, source: SqlSource, page_rows: int, *, as_text: bool) -> tuple[Chunk, int]:
    """All rows of the query in one chunk, and how many of them came as text."""
    intake, chunk, texts_read = Intake(query, NothingKnown()), Chunk(), 0
    upto: Mark | None = source.newest()
    form = intake.form_for(source.columns())
    scan = source.scan_lines(None, form if as_text else lambda: None, upto=upto, page_rows=page_rows)
    for page in scan:
        texts_read += len(page.lines) if isinstance(page, TextPage) else 0
        intake.add(chunk, page, NOW)
    return chunk, texts_read


def assert_one(query: QuerySettings, source: SqlSource, page_rows: int) -> None:
    """Both ways deliver the same lines, keys and waiting rows in order, and the same rejects."""
    by_text, _ = taken_in(query, source, page_rows, as_text=True)
    by_value, _ = taken_in(query, source, page_rows, as_text=False)
    assert by_text.ready.keys == by_value.ready.keys
    assert by_text.ready.lines == by_value.ready.lines
    assert by_text.waiting == by_value.waiting
    assert sorted(map(repr, by_text.rejects)) == sorted(map(repr, by_value.rejects))
    assert by_text.size == by_value.size
    assert by_text.ready.oldest <= by_value.ready.oldest
    assert by_value.ready.newest <= by_text.ready.newest <= NOW.timestamp()


def a_query(database: Database, zone: str, ids: Sequence[IdKind], target: str | None) -> QuerySettings:
    """A query over such a table; `target` is a constant, or None for the column."""
    columns: dict[Column, str | Constant] = {Column.DATETIME: "d", Column.PRICE: "p", Column.CURRENCY: "c"}
    columns[Column.TARGET] = "g" if target is None else Constant(value=target)
    columns |= {kind.column: name for kind, name in zip(ids, "iu", strict=False)}
    query = query_settings(database_settings(database.url), "SELECT * FROM t", ("m",), ("o",))
    changed = {"columns": columns, "id_type": tuple(ids), "timezone": ZoneInfo(zone)}
    return query.model_copy(update=changed)
