"""What the tests of the source share: a source on a database, and reading it to its end."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import SecretStr
from sqlalchemy.engine import Dialect, make_url

from syncd.model import IdKind, Mark, Page
from syncd.model.settings import DatabaseSettings, QuerySettings
from syncd.source import Engines, SqlSource


def database_settings(
    url: str, *, password_file: Path | None = None, timeout: timedelta = timedelta(minutes=1)
) -> DatabaseSettings:
    """A database named `shop`."""
    return DatabaseSettings(
        name="shop",
        url=SecretStr(url),
        password_file=password_file,
        timezone=ZoneInfo("UTC"),
        statement_timeout=timeout,
    )


def query_settings(
    database: DatabaseSettings,
    sql: str,
    mark: tuple[str, ...] = ("m",),
    key: tuple[str, ...] | None = None,
    start: str | float = "beginning",
) -> QuerySettings:
    """A query named `paid`."""
    return QuerySettings(
        name="paid",
        database=database,
        counter=1,
        id_type=(IdKind.CLIENT_ID,),
        sql=sql,
        columns={},
        mark=mark,
        key=key or mark,
        key_is_default=key is None,
        every=timedelta(minutes=5),
        cron=None,
        start=start,
        overlap="auto",
        on_change="ignore",
        chunk_rows=50000,
        reject_limit=1000,
        enabled=True,
        token=None,
        token_file=None,
        timezone=ZoneInfo("UTC"),
    )


class Sources:
    """Makes sources, each with connections of its own, and closes them after the test."""

    def __init__(self) -> None:
        self._engines: list[Engines] = []

    def __call__(
        self,
        url: str,
        sql: str,
        *,
        timeout: timedelta = timedelta(minutes=1),
        password_file: Path | None = None,
        **query: Any,
    ) -> SqlSource:
        """A source of `query_settings(**query)` on a database."""
        database = database_settings(url, timeout=timeout, password_file=password_file)
        engines = Engines({"shop": database})
        self._engines.append(engines)
        return SqlSource(query_settings(database, sql, **query), engines)

    def close(self) -> None:
        """Close all connections."""
        while self._engines:
            self._engines.pop().close()


def dialect(name: str, **options: Any) -> Dialect:
    """The dialect of `name://…`, without its driver being installed."""
    return make_url(f"{name}://").get_dialect()(**options)


def drain(reader: SqlSource, limit: int, after: Mark | None = None) -> list[tuple[object, ...]]:
    """All rows of one scan; fails if it does not end."""
    rows: list[tuple[object, ...]] = []
    for number, page in enumerate(reader.scan(after, page_rows=limit)):
        assert number < 10_000, "the scan does not end"
        assert len(page.rows) <= limit
        assert page.rows or page.exhausted, "an empty page that is not the last"
        rows.extend(tuple(row) for row in page.rows)
    return rows


def first_page(reader: SqlSource, after: Mark | None, rows: int, *, upto: Mark | None = None) -> Page:
    """The first page of a scan of its own."""
    return next(reader.scan(after, upto=upto, page_rows=rows))
