"""How a database writes a value exactly as text, and reads that text back: what a mark travels as. Pure.

A driver's own type may cut digits, zones or both: a nanosecond, the offset of SQL Server's datetimeoffset,
the 39th digit of an Int128. So the database is asked for its own text of each column that orders the rows,
and is given a text again, with a cast to the type of the column. Between the two a mark is a value of a type
that loses nothing: whole numbers of any size, decimals, ISO text for moments finer than a microsecond.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, tzinfo
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, bindparam, literal_column, text
from sqlalchemy.sql.compiler import IdentifierPreparer
from sqlalchemy.types import NullType

from syncd.model import MarkValue
from syncd.model.marks import fine_moment


class ExactKind(Enum):
    """What the values of a column are, whichever database it is."""

    INTEGER = "a whole number"
    DECIMAL = "a decimal number"
    FLOAT = "a floating-point number"
    TEXT = "a text"
    BYTES = "bytes"
    UUID = "a UUID"
    DATE = "a date"
    LOCAL = "a moment without a zone"
    ZONED = "a moment with a zone"
    FINE_LOCAL = "a moment without a zone, finer than a microsecond"
    FINE_ZONED = "a moment with a zone, finer than a microsecond"


@dataclass(frozen=True, slots=True)
class ExactType:
    """How one database writes and reads the values of one of its types."""

    kind: ExactKind
    cast: str
    """SQL that makes a value of the column's type of a bound text, whose place is `{}`."""
    select: str = ""
    """SQL of a column's exact text, where `{}` is the column; empty where the driver's value is exact."""
    number: str = ""
    """SQL like `cast`, of a number that a whole-number type does not hold."""

    def value_of(self, cell: object) -> object:
        """A value of the column, of what `select` (or the driver, where there is none) gave."""
        return _READERS[self.kind](cell) if self.select and isinstance(cell, str) else cell

    def bound(self, value: object) -> ColumnElement[Any]:
        """A value as SQL: its text, bound, and the cast."""
        written = self.text_of(value)
        is_whole = self.kind is not ExactKind.INTEGER or _is_small_integer(written)
        return bound_as(self.cast if is_whole else self.number or self.cast, written)

    def text_of(self, value: object) -> str:
        """The text that is bound for a value."""
        if isinstance(value, datetime) and self.kind not in (ExactKind.FINE_LOCAL, ExactKind.FINE_ZONED):
            return value.isoformat(" ")
        if isinstance(value, date | time):
            return value.isoformat()
        if isinstance(value, float):
            return repr(value)
        if isinstance(value, bytes | bytearray | memoryview):
            return bytes(value).hex()
        if self.kind is ExactKind.FINE_ZONED:
            return fine_moment(str(value) if _has_offset(str(value)) else f"{value}+00:00")
        return fine_moment(str(value)) if self.kind is ExactKind.FINE_LOCAL else str(value)

    def carried(self, value: MarkValue, zone: tzinfo) -> MarkValue | None:
        """A mark's value in the form of this type, which the column may have got since; None: there is none.

        Args:
            value: As recorded, perhaps when the column had another type.
            zone: Of moments that carry none.
        """
        try:
            return _CARRIERS.get(self.kind, _as_it_is)(value, zone)
        except (ArithmeticError, ValueError):
            return None


def bound_as(template: str, value: str) -> ColumnElement[Any]:
    """A bound text inside of SQL, at the place of `{}`."""
    parameter: Any = bindparam("syncd", value, unique=True, type_=NullType())
    sql = template.replace(":", "\\:").format(":syncd")
    bound: Any = parameter if template == "{}" else text(sql).bindparams(parameter)
    return bound  # type: ignore[no-any-return]  # SQLAlchemy takes a text wherever a column may stand


def literal_name(quotes: IdentifierPreparer, name: str) -> str:
    """A column's name, as SQL for `literal_column`, which escapes percent signs itself."""
    inner = name.replace(quotes.escape_quote, quotes.escape_quote * 2)
    return f"{quotes.initial_quote}{inner}{quotes.final_quote}"


def written_as(template: str, column: str) -> ColumnElement[Any]:
    """SQL of a column, at the place of `{}`."""
    return literal_column(template.format(column))


_LARGEST = (1 << 63) - 1


def _is_small_integer(written: str) -> bool:
    digits = written.removeprefix("-")
    return digits.isdecimal() and digits.isascii() and int(digits) <= _LARGEST


def _has_offset(value: str) -> bool:
    return value.endswith("Z") or value[-6:-5] in ("+", "-")


# --- from the database's text to a value ---


def _moment(written: object) -> MarkValue:
    """A moment of at most microseconds; the text itself where Python has no such time (`infinity`, BC)."""
    try:
        moment = datetime.fromisoformat(str(written))
        return moment if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return str(written)


def _day(written: object) -> MarkValue:
    try:
        return date.fromisoformat(str(written))
    except ValueError:
        return str(written)


_READERS: Mapping[ExactKind, Callable[[object], MarkValue]] = {
    ExactKind.INTEGER: lambda written: int(str(written)),
    ExactKind.DECIMAL: lambda written: Decimal(str(written)),
    ExactKind.FLOAT: lambda written: float(str(written)),
    ExactKind.TEXT: str,
    ExactKind.BYTES: lambda written: bytes.fromhex(str(written)),
    ExactKind.UUID: lambda written: UUID(str(written)),
    ExactKind.DATE: _day,
    ExactKind.LOCAL: _moment,
    ExactKind.ZONED: _moment,
    ExactKind.FINE_LOCAL: lambda written: fine_moment(str(written)),
    ExactKind.FINE_ZONED: lambda written: fine_moment(str(written)),
}


# --- from the form that a column had to the one that it has ---


def _as_it_is(value: MarkValue, _zone: tzinfo) -> MarkValue:
    return value


def _as_number(value: MarkValue, _zone: tzinfo) -> MarkValue | None:
    if isinstance(value, int | float | Decimal):
        return value
    return Decimal(value) if isinstance(value, str) else None


def _as_text(value: MarkValue, _zone: tzinfo) -> MarkValue:
    return value if isinstance(value, str) else str(value)


def _as_zoned(value: MarkValue, zone: tzinfo) -> MarkValue | None:
    moment = _as_moment(value)
    if not isinstance(moment, datetime):
        return moment
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)


def _as_local(value: MarkValue, zone: tzinfo) -> MarkValue | None:
    moment = _as_moment(value)
    if not isinstance(moment, datetime) or moment.tzinfo is None:
        return moment
    return moment.astimezone(zone).replace(tzinfo=None)


def _as_moment(value: MarkValue) -> MarkValue | None:
    """A datetime of a date and of a text; a text that is none stays, since it is the database's own word."""
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)  # noqa: DTZ001 — its zone is still to come
    return _moment(value) if isinstance(value, str) else None


def _as_fine(
    value: MarkValue, zone: tzinfo, like: Callable[[MarkValue, tzinfo], MarkValue | None]
) -> MarkValue | None:
    if isinstance(value, str):
        return value
    moment = like(value, zone)
    return fine_moment(moment.isoformat(" ")) if isinstance(moment, datetime) else moment


def _as_day(value: MarkValue, zone: tzinfo) -> MarkValue | None:
    if isinstance(value, datetime):
        return (value.astimezone(zone) if value.tzinfo else value).date()
    if isinstance(value, date):
        return value
    return _day(value) if isinstance(value, str) else None


_CARRIERS: Mapping[ExactKind, Callable[[MarkValue, tzinfo], MarkValue | None]] = {
    ExactKind.INTEGER: _as_number,
    ExactKind.DECIMAL: _as_number,
    ExactKind.FLOAT: _as_number,
    ExactKind.TEXT: _as_text,
    ExactKind.DATE: _as_day,
    ExactKind.LOCAL: _as_local,
    ExactKind.ZONED: _as_zoned,
    ExactKind.FINE_LOCAL: lambda value, zone: _as_fine(value, zone, _as_local),
    ExactKind.FINE_ZONED: lambda value, zone: _as_fine(value, zone, _as_zoned),
}
