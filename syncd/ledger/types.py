"""Column types of the state store: the same values in SQLite and PostgreSQL, both readable with SELECT."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import TIMESTAMP, BigInteger, Dialect, Integer, Text
from sqlalchemy.types import TypeDecorator, TypeEngine


class Moment(TypeDecorator[datetime]):
    """A moment in UTC: timestamptz in PostgreSQL, fixed-width ISO 8601 text ending in Z in SQLite.

    The fixed width makes the text sort like the moments, and SQLite's date functions understand it.
    """

    impl = TIMESTAMP(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The type as the database knows it."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(Text())
        return dialect.type_descriptor(TIMESTAMP(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """A Python datetime as the driver takes it; a naive one is a fault of the caller."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("the state store keeps aware moments only")
        moment = value.astimezone(UTC)
        if dialect.name == "sqlite":
            return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")
        return moment

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """What the driver gives, as an aware datetime in UTC."""
        if value is None:
            return None
        moment: datetime = datetime.fromisoformat(value) if dialect.name == "sqlite" else value
        return moment.astimezone(UTC)


Name = Text().with_variant(Text(collation="C"), "postgresql")
"""Texts that are compared byte by byte. The C collation keeps their indexes right when the operating
system's collations change under PostgreSQL, which would otherwise let a delivered key go unnoticed."""

Number = BigInteger().with_variant(Integer, "sqlite")
"""64 bits in both; SQLite numbers rows by itself only in a column declared INTEGER."""
