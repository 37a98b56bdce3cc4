"""Queries and pages for the tests of mapping and payload, with only what a test is about spelt out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from pydantic import SecretStr

from syncd.mapping import Mapper, layout
from syncd.model import Column, IdKind, Mapped, Page
from syncd.model.settings import Constant, DatabaseSettings, QuerySettings

NOW = datetime(2026, 6, 1, tzinfo=UTC)
COLUMNS = ("order_id", "updated_at", "ClientId", "Target", "DateTime", "Price", "Currency")
GOOD: tuple[object, ...] = (1, 10, "123", "paid", 1_767_225_600, "9.90", "RUB")
"""A row of COLUMNS that can be sent."""


def a_query(  # each argument is what some test varies
    *,
    id_type: tuple[IdKind, ...] = (IdKind.CLIENT_ID,),
    columns: dict[Column, str | Constant] | None = None,
    mark: tuple[str, ...] = ("updated_at",),
    key: tuple[str, ...] = ("order_id",),
    zone: str = "UTC",
) -> QuerySettings:
    """A query; columns that are not given are found by Metrica's names."""
    database = DatabaseSettings(name="crm", url=SecretStr("sqlite://"), timezone=ZoneInfo(zone))
    return QuerySettings(
        name="paid",
        database=database,
        counter=1,
        id_type=id_type,
        sql="SELECT 1",
        columns=columns or {},
        mark=mark,
        key=key,
        key_is_default=key == mark,
        every=timedelta(minutes=5),
        cron=None,
        start="beginning",
        overlap="auto",
        on_change="ignore",
        chunk_rows=50_000,
        reject_limit=1000,
        enabled=True,
        token=None,
        token_file=None,
        timezone=ZoneInfo(zone),
    )


def a_page(*rows: Sequence[object], columns: tuple[str, ...] = COLUMNS) -> Page:
    """A page of these rows."""
    return Page(columns, rows, None, exhausted=True)


def row(**changed: object) -> tuple[object, ...]:
    """The good row with some columns changed."""
    return tuple(changed.get(column, value) for column, value in zip(COLUMNS, GOOD, strict=True))


def map_rows(
    *rows: Sequence[object],
    query: QuerySettings | None = None,
    columns: tuple[str, ...] = COLUMNS,
    now: datetime = NOW,
) -> Mapped:
    """What the rows come to."""
    query = query or a_query()
    return Mapper(query, layout(query, columns)).map(a_page(*rows, columns=columns), now)
