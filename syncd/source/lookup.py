"""Rows by their keys' texts: what a person or the state store calls a row, as the database compares it.

The state store keeps keys as texts (`keys.value_text`). Casting the key column to text would compare alike,
but no index helps there. So the texts are turned back into values of the type that the column really gives,
as one row of it shows, and bound like any other value. What the database's own comparison finds beyond that,
such as 'a' for 'A', is left out again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ColumnElement, and_, bindparam, column, false, or_
from sqlalchemy.sql import quoted_name
from sqlalchemy.types import NullType

from syncd.model.keys import value_text

AT_ONCE = 200
"""Keys in one statement: SQL Server takes 2100 values, Oracle 1000 in a list."""
_LARGEST_INTEGER = (1 << 63) - 1

_READERS: dict[type, Callable[[str], object]] = {
    bool: lambda text: {"True": True, "False": False}[text],
    int: int,
    float: float,
    Decimal: Decimal,
    datetime: datetime.fromisoformat,
    date: date.fromisoformat,
    UUID: UUID,
    bytes: bytes.fromhex,
    bytearray: bytes.fromhex,
    memoryview: bytes.fromhex,
}
"""How to undo `value_text`; what is not here (text, and a driver's own types) is bound as the text itself."""


def value_of(text: str, kind: type) -> object | None:
    """The value that such a column shows as this text; None when it cannot hold it."""
    try:
        return _READERS[kind](text) if kind in _READERS else text
    except (ArithmeticError, KeyError, ValueError):
        return None


def condition(
    names: Sequence[str], wanted: Sequence[Sequence[str]], kinds: Sequence[type], *, loose: bool
) -> ColumnElement[bool]:
    """The rows whose columns `names`, which hold `kinds`, are one of the wanted keys.

    `loose`: a column may hold values of several types (SQLite), so the text itself is looked for too.
    """
    listed = [
        [_values(text, kind, loose=loose) for text, kind in zip(key, kinds, strict=True)] for key in wanted
    ]
    if len(names) == 1:  # a plain list, of which every database makes the most
        return _is_one_of(names[0], [value for (values,) in listed for value in values])
    return or_(false(), *(and_(*map(_is_one_of, names, values)) for values in listed))


def is_row(key: Sequence[str], row: Sequence[object], kinds: Sequence[type]) -> bool:
    """Whether a row's key values are exactly those of the texts."""
    return all(
        value_text(value) in {text, value_text(value_of(text, kind))}
        for text, value, kind in zip(key, row, kinds, strict=True)
    )


def _values(text: str, kind: type, *, loose: bool) -> list[object]:
    """What to bind for a text; nothing when the column cannot hold it."""
    found = {value_of(text, kind)}
    if loose:
        found |= {text, value_of(text, int)}
        found = {value for value in found if not isinstance(value, int) or abs(value) <= _LARGEST_INTEGER}
    return [value for value in found if value is not None]


def _is_one_of(name: str, values: Sequence[object]) -> ColumnElement[bool]:
    place = column(quoted_name(name, quote=True), NullType())
    if not values:
        return false()
    return place.in_([bindparam(None, value, type_=NullType()) for value in values])
