"""Which places of a result row are the mark and the key: configured names among the result's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from syncd.model import Mark, MarkValue
from syncd.model.errors import SourceRefused
from syncd.model.marks import is_mark_value
from syncd.model.settings import QuerySettings
from syncd.source.orderless import why_orderless

_SINGLE_PRECISION = {"postgresql": 700, "mysql": 4}
"""The type code of a 4-byte float in the cursor's description (pg_type.oid, FIELD_TYPE.FLOAT)."""
_BIT = {"mysql": 16}
"""FIELD_TYPE.BIT: a number that the driver gives as bytes."""
_NUMBERED = 1 << 8 | 1 << 11
"""FLAG.ENUM and FLAG.SET of MySQL's protocol."""


@dataclass(frozen=True, slots=True)
class Shape:
    """The result of a query."""

    query: str
    columns: tuple[str, ...]
    """As the database gives them."""
    cursor: tuple[int, ...]
    """Places that order the rows: the mark's columns, then those of the key that are not among them."""
    mark_size: int
    """How many of `cursor` are the mark."""
    key: tuple[int, ...]
    """Places that make a row the same row, in the configured order."""
    types: tuple[object, ...] = ()
    """The driver's codes of the columns' types."""

    def single_precision(self, dialect: str) -> tuple[str, ...]:
        """The columns that are 4-byte floats."""
        code = _SINGLE_PRECISION.get(dialect, ())
        return tuple(name for name, kind in zip(self.columns, self.types, strict=False) if kind == code)

    @property
    def cursor_columns(self) -> tuple[str, ...]:
        """The names that order the rows."""
        return tuple(self.columns[place] for place in self.cursor)

    @property
    def mark_columns(self) -> tuple[str, ...]:
        """The names of the mark's columns."""
        return self.cursor_columns[: self.mark_size]

    def cursor_of(self, row: Sequence[object]) -> tuple[object, ...]:
        """Where a row stands among its likes."""
        return tuple(row[place] for place in self.cursor)

    def mark_of(self, row: Sequence[object]) -> Mark:
        """The row's mark. Raises SourceRefused for a type that no mark may have."""
        return self.mark_of_cursor(self.cursor_of(row))

    def mark_of_cursor(self, cursor: Sequence[object]) -> Mark:
        """The mark in `cursor_of` a row. Raises SourceRefused for a type that no mark may have."""
        for place, value in zip(self.cursor, cursor, strict=True):
            if isinstance(value, dict | list):
                raise SourceRefused(
                    f"query {self.query}: key column {self.columns[place]} holds a {type(value).__name__},"
                    " which has no place in an order: name its parts in the sql, or cast it to text"
                )
        values = zip(self.cursor[: self.mark_size], cursor, strict=False)
        return Mark(tuple(self._value(value, place) for place, value in values))

    def _value(self, value: object, place: int) -> MarkValue:
        if isinstance(value, bytearray | memoryview):
            return bytes(value)
        if not is_mark_value(value):
            raise SourceRefused(
                f"query {self.query}: mark column {self.columns[place]} holds a {type(value).__name__};"
                " a mark needs a number, text, date, timestamp, UUID or bytes: cast it in the sql"
            )
        return value  # type: ignore[return-value]  # is_mark_value has just said so


def shape_of(query: QuerySettings, dialect: str, description: Sequence[Sequence[Any]], result: Any) -> Shape:
    """Resolve mark and key in a cursor's description. Raises SourceRefused naming what is missing.

    `result` is the driver's cursor, which may tell more than its description.
    """
    columns = tuple(str(column[0]) for column in description)
    mark = [_place(query.name, "mark", name, columns) for name in query.mark]
    key = [_place(query.name, "key", name, columns) for name in query.key]
    cursor = tuple(dict.fromkeys([*mark, *key]))  # each once, in order
    for place in cursor:
        if why := why_orderless(dialect, description[place][1]):
            raise SourceRefused(f"query {query.name}: column {columns[place]} {why}")
        if description[place][1] == _SINGLE_PRECISION.get(dialect, ()):
            raise SourceRefused(
                f"query {query.name}: column {columns[place]} is a single-precision float, which the driver"
                " rounds, so no row can be found again by it: cast it to numeric in the sql"
            )
        if description[place][1] == _BIT.get(dialect, ()) or _is_numbered(result, place):
            raise SourceRefused(
                f"query {query.name}: column {columns[place]} is an ENUM, SET or BIT, which the server orders"
                " by number and compares by text, so rows would be lost: leave it out of mark and key where"
                " the others suffice, or write CAST(… AS CHAR) AS … in the sql (for a BIT: … + 0)"
            )
    types = tuple(column[1] for column in description)
    return Shape(query.name, columns, cursor, len(dict.fromkeys(mark)), tuple(key), types)


def _is_numbered(result: Any, place: int) -> bool:
    """Whether a column is an ENUM or SET: the DB-API has no word for it, PyMySQL keeps what was said."""
    fields = getattr(getattr(result, "_result", None), "fields", None) or ()
    return any(field.flags & _NUMBERED for field in fields[place : place + 1])


def _place(query: str, role: str, name: str, columns: tuple[str, ...]) -> int:
    """Exactly, else in any case if that is unique (Oracle upper-cases names, PostgreSQL lower-cases them)."""
    exact = [place for place, column in enumerate(columns) if column == name]
    found = exact or [place for place, column in enumerate(columns) if column.lower() == name.lower()]
    if len(found) == 1:
        return found[0]
    if found:
        raise SourceRefused(
            f"query {query}: {role} column {name} is {len(found)} times in the result;"
            " give each column of the sql its own name"
        )
    lower = {column.lower(): column for column in columns}
    near = get_close_matches(name.lower(), lower, n=1)
    hint = f" (did you mean {lower[near[0]]}?)" if near else ""
    there = ", ".join(columns)
    raise SourceRefused(f"query {query}: {role} column {name} is not in the result, which has {there}{hint}")
