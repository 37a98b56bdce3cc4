"""A page as text: the database writes the lines of the upload, and one row brings a whole page of them.

An object per row in Python costs several times what the database and the wire need. So the server is asked
for the text of the page, put together from expressions that write a good value just as `syncd.mapping` does;
what else they may write, the grammar there does not accept. Which types of columns they are good for is said
here, and for others rows are read as values. So far PostgreSQL alone is known to write the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Dialect, Select, Text, cast, func, literal, literal_column, select

from syncd.mapping.form import Cell, Form
from syncd.model import Column

ROWS = 50_000
"""In a page: some megabytes of text."""

# pg_type.oid
_WHOLE = frozenset({20, 21, 23})
_TEXTS = frozenset({25, 1043})
_PADDED = frozenset({1042})
_NUMERIC = frozenset({1700})
_UUID = frozenset({2950})
_ZONED = frozenset({1184})
_ZONELESS = frozenset({1114})

_FIT: Mapping[Column, frozenset[int]] = {
    Column.CLIENT_ID: _WHOLE | _TEXTS | _NUMERIC,
    Column.YCLID: _WHOLE | _TEXTS | _NUMERIC,
    Column.USER_ID: _WHOLE | _TEXTS | _UUID,
    Column.PURCHASE_ID: _WHOLE | _TEXTS | _UUID,
    Column.TARGET: _WHOLE | _TEXTS | _UUID,
    Column.DATETIME: _WHOLE | _ZONED | _ZONELESS,
    Column.PRICE: _WHOLE | _TEXTS | _NUMERIC,
    Column.CURRENCY: _TEXTS | _PADDED,
}
_FIT_KEY = _WHOLE | _TEXTS | _NUMERIC | _UUID


@dataclass(frozen=True, slots=True)
class TextRow:
    """The one row that a page as text comes in."""

    rows: int
    keys: str
    """Joined by newlines, each the values of a key's columns joined by `","`."""
    lines: str
    oldest: object
    """Of the DateTime column, as the driver gives it."""
    newest: object
    cursor: tuple[object, ...]
    """Mark and tie-breakers of the last row."""


def fits(form: Form, types: Sequence[object]) -> bool:
    """Whether PostgreSQL can write such lines from columns of these types."""
    cells = [cell for cell in form.cells if cell.position is not None]
    return all(types[cell.position or 0] in _FIT[cell.column] for cell in cells) and all(
        types[position] in _FIT_KEY for position in form.key
    )


def statement(
    page: Select[tuple[object, ...]],
    form: Form,
    types: Sequence[object],
    cursor: Sequence[int],
    offset: timedelta,
    dialect: Dialect,
) -> Select[tuple[object, ...]]:
    """One row (`TextRow`) for the rows of `page`; `offset` is the zone's for timestamps without one."""
    names = [_quoted(dialect, name) for name in form.columns]
    cells: list[ColumnElement[str]] = []
    for cell in form.cells:
        cells += [literal_column("','"), _cell(cell, names, types, offset)]
    key: list[ColumnElement[str]] = []
    for position in form.key:
        key += [literal_column("'\",\"'"), literal_column(names[position])]
    moment: ColumnElement[object] = literal_column(names[form.moment])
    end: ColumnElement[str] = literal_column("chr(10)")
    return select(
        func.count(),
        func.string_agg(func.concat(*key[1:]), end),
        func.string_agg(func.concat(*cells[1:]), end),
        func.min(moment),
        func.max(moment),
        *(literal_column(f"(array_agg({names[position]}))[count(*)]") for position in cursor),
    ).select_from(page.subquery("syncd_p"))


def steady_offset(zone: ZoneInfo, oldest: object, newest: object) -> timedelta | None:
    """The zone's offset if it is the same from `oldest` to `newest`, local times; None if it is not."""
    if not isinstance(oldest, datetime) or not isinstance(newest, datetime):
        return None
    offset, moment = _offset(zone, newest), oldest
    if newest - oldest > _LONGEST:
        return None
    while moment < newest:  # no zone changes twice between two looks
        if _offset(zone, moment) != offset:
            return None
        moment += _LOOK
    return offset


_LOOK = timedelta(hours=12)
_LONGEST = timedelta(days=1000)


def is_zoneless(form: Form, types: Sequence[object]) -> bool:
    """Whether the DateTime column carries no zone."""
    return types[form.moment] in _ZONELESS


def _offset(zone: ZoneInfo, local: datetime) -> timedelta:
    return local.replace(tzinfo=zone, fold=0).utcoffset() or timedelta()


def _cell(cell: Cell, names: Sequence[str], types: Sequence[object], offset: timedelta) -> ColumnElement[str]:
    """What writes a column of the line; nothing for a null."""
    if cell.position is None:
        return cast(literal(cell.text), Text)
    name, kind = names[cell.position], types[cell.position]
    if cell.column is Column.DATETIME and kind not in _WHOLE:
        seconds = round(offset.total_seconds()) if kind in _ZONELESS else 0
        # As a float, which takes infinity as well, and writes ten digits without an exponent.
        return literal_column(f"floor(date_part('epoch', {name})) - {seconds}")
    return literal_column(f"{name}::text" if kind in _PADDED else name)


def _quoted(dialect: Dialect, name: str) -> str:
    return f"syncd_p.{dialect.identifier_preparer.quote_identifier(name)}"
